package org.ringfence.windows.setup;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.SandboxException;

/** Finds the parts of the runner's class path: the sources of the same classes in this process. */
public final class RunnerClassPath {
  /** A class of each library that the runner needs. */
  private static final List<String> CLASSES =
      List.of(
          "org.ringfence.windows.program.RunnerMain",
          "org.ringfence.SandboxException",
          "org.ringfence.kit.remote.Frames",
          "com.sun.jna.Native",
          "com.sun.jna.platform.win32.Kernel32",
          "com.fasterxml.jackson.databind.ObjectMapper",
          "com.fasterxml.jackson.core.JsonFactory",
          "com.fasterxml.jackson.annotation.JsonTypeInfo",
          "org.slf4j.Logger");

  private RunnerClassPath() {}

  /**
   * Finds the libraries.
   *
   * @return archives, and directories of classes
   * @throws SandboxException if a library has another source
   */
  public static List<String> ofThisProcess() throws SandboxException {
    Set<String> found = new LinkedHashSet<>();
    for (String name : CLASSES) {
      try {
        CodeSource source =
            Class.forName(name, false, RunnerClassPath.class.getClassLoader())
                .getProtectionDomain()
                .getCodeSource();
        if (source == null || !"file".equals(source.getLocation().getProtocol())) {
          throw new SandboxException(
              "runner: " + name + " comes from no file; use archives on the class path");
        }
        found.add(Path.of(source.getLocation().toURI()).toString());
      } catch (ClassNotFoundException | URISyntaxException e) {
        throw new SandboxException("runner: " + name + " cannot be found", e);
      }
    }
    return List.copyOf(found);
  }
}
