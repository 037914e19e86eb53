package org.ringfence.file;

import java.io.File;
import java.lang.module.ModuleReference;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The archives and directories from which this JVM loads classes besides Java's own. */
public final class LoadedArchives {
  private LoadedArchives() {}

  /**
   * Finds the entries of the class path, then the modules of the module path that this JVM uses.
   *
   * @return the paths, as a class path of another JVM would name them
   */
  public static List<String> paths() {
    Set<String> found = new LinkedHashSet<>();
    for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator)) {
      if (!entry.isEmpty()) {
        found.add(entry);
      }
    }
    // Without a module path each module of this layer is Java's, and listing them takes time.
    if (System.getProperty("jdk.module.path") != null) {
      ModuleLayer.boot().configuration().modules().stream()
          .map(ResolvedModule::reference)
          .map(ModuleReference::location)
          .flatMap(Optional::stream)
          .filter(location -> "file".equals(location.getScheme()))
          .map(LoadedArchives::path)
          .forEach(found::add);
    }
    return List.copyOf(found);
  }

  private static String path(URI location) {
    return Path.of(location).toString();
  }
}
