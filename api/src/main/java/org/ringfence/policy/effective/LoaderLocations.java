package org.ringfence.policy.effective;

import java.io.IOException;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
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
  static void addListed(Collection<String> named) {
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

  private static void addLayers(Collection<String> named) {
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
  static void addSearched(Collection<String> named) {
    for (ClassLoader each : loaders()) {
      for (String name : new String[] {MANIFEST, ""}) {
        try {
          for (URL found : Collections.list(each.getResources(name))) {
            String url = found.toString();
            addFile(
                url.startsWith("jar:") || !url.endsWith(name)
                    ? url
                    : url.substring(0, url.length() - name.length()),
                named);
          }
        } catch (IOException e) {
          // This loader cannot read them either.
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

  /**
   * Adds the file of a URL: itself, or the outermost archive of {@code jar:file:/a.jar!/b} and of
   * Spring Boot's {@code jar:nested:/a.jar/!b.jar!/c}. A URL of another kind names no file.
   */
  private static void addFile(String url, Collection<String> named) {
    String file = url;
    if (url.startsWith("jar:")) {
      boolean nested = url.startsWith("nested:", "jar:".length());
      int end = url.indexOf(nested ? "/!" : "!/");
      String inner = url.substring("jar:".length(), end < 0 ? url.length() : end);
      file = nested ? "file:" + inner.substring("nested:".length()) : inner;
    }
    if (!file.startsWith("file:")) {
      return;
    }
    try {
      named.add(Path.of(new URI(file)).toString());
    } catch (URISyntaxException e) {
      // Some loaders leave blanks as they are.
      named.add(file.substring("file:".length()));
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      // A file of another machine, or a name that no file has: nothing here to protect.
      return;
    }
  }
}
