package org.ringfence.cli;

import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Runs the command line from archives that are not on the class path of the JVM. */
final class LoadedCommandLine {
  private static final String MAIN = "org.ringfence.cli.Main";

  private LoadedCommandLine() {}

  /**
   * Takes "loader" or "layer", the directory of the archives, and the words of the command line.
   */
  public static void main(String[] args) throws Exception {
    ClassLoader java = ClassLoader.getPlatformClassLoader();
    // An application need not tell its threads about a loader.
    Thread.currentThread().setContextClassLoader(java);
    Path library = Path.of(args[1]);
    ClassLoader loader;
    if (args[0].equals("layer")) {
      Configuration modules =
          ModuleLayer.boot()
              .configuration()
              .resolveAndBind(
                  ModuleFinder.of(library), ModuleFinder.of(), Set.of("org.ringfence.cli"));
      ModuleLayer.Controller layer =
          ModuleLayer.defineModulesWithOneLoader(modules, List.of(ModuleLayer.boot()), java);
      Module program = layer.layer().findModule("org.ringfence.cli").orElseThrow();
      layer.addExports(program, program.getName(), LoadedCommandLine.class.getModule());
      loader = program.getClassLoader();
    } else {
      List<URL> archives = new ArrayList<>();
      try (Stream<Path> jars = Files.list(library)) {
        for (Path jar : jars.toList()) {
          archives.add(jar.toUri().toURL());
        }
      }
      loader = new URLClassLoader(archives.toArray(URL[]::new), java);
    }
    Object words = Arrays.copyOfRange(args, 2, args.length);
    Class<?> main = Class.forName(MAIN, true, loader);
    main.getMethod("main", String[].class).invoke(null, words);
  }
}
