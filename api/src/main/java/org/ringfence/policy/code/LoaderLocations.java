package org.ringfence.policy.code;

import java.io.IOException;
import java.lang.module.ResolvedModule;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Set;

/**
 * The archives and directories from which class loaders and module layers of this JVM take classes.
 * The property {@code java.class.path} has none of them: the loaders of application servers, of
 * build tools' plugins and of the jars that a jar's {@code Class-Path} names.
 */
final class LoaderLocations {
  private static final String MANIFEST = "META-INF/MANIFEST.MF";

  private LoaderLocations() {}

  /**
   * Adds what loaders and layers list by themselves: those of Ringfence's own classes and of the
   * calling thread, and all above them. This opens no archive.
   */
  static void addListed(Set<Path> named) {
    Set<ClassLoader> done = new HashSet<>();
    for (ClassLoader first : loaders()) {
      for (ClassLoader each = first; each != null && done.add(each); each = each.getParent()) {
        if (each instanceof URLClassLoader listing) {
          for (URL url : listing.getURLs()) {
            addFile(url.toString(), named);
          }
        }
      }
    }
    CodeSource source = LoaderLocations.class.getProtectionDomain().getCodeSource();
    if (source != null && source.getLocation() != null) {
      addFile(source.getLocation().toString(), named);
    }
    addLayers(named);
  }

  private static void addLayers(Set<Path> named) {
    Deque<ModuleLayer> open = new ArrayDeque<>();
    ModuleLayer own = LoaderLocations.class.getModule().getLayer();
    if (own != null) {
      open.add(own);
    }
    Set<ModuleLayer> done = new HashSet<>();
    while (!open.isEmpty()) {
      ModuleLayer layer = open.remove();
      if (done.add(layer)) {
        open.addAll(layer.parents());
        for (ResolvedModule module : layer.configuration().modules()) {
          module.reference().location().ifPresent(location -> addFile(location.toString(), named));
        }
      }
    }
  }

  /**
   * Adds each archive with a manifest, and each directory, in which these loaders look for a
   * resource. That finds what a {@code Class-Path} names and what a loader does not list; each
   * loader opens its archives for it.
   */
  static void addSearched(Set<Path> named) {
    for (ClassLoader each : loaders()) {
      for (String name : new String[] {MANIFEST, ""}) {
        try {
          Enumeration<URL> all = each.getResources(name);
          while (all.hasMoreElements()) {
            String url = all.nextElement().toString();
            addFile(
                url.startsWith("jar:") || !url.endsWith(name)
                    ? url
                    : url.substring(0, url.length() - name.length()),
                named);
          }
        } catch (IOException | RuntimeException e) {
          // This loader cannot read them either: one that is closed, or has a malformed URL.
          continue;
        }
      }
    }
  }

  private static Set<ClassLoader> loaders() {
    Set<ClassLoader> loaders = new HashSet<>();
    loaders.add(LoaderLocations.class.getClassLoader());
    loaders.add(Thread.currentThread().getContextClassLoader());
    loaders.remove(null);
    return loaders;
  }

  private static void addFile(String url, Set<Path> named) {
    FileUrls.file(url).ifPresent(named::add);
  }
}
