package org.ringfence.cli;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A module that is compiled and run on the module path, in a JVM without a class path.
 *
 * @param modules the other modules of the module path
 * @param directory an existing directory for the sources and the classes
 */
record ModularApplication(List<Path> modules, Path directory) {
  private static final Set<String> AUTOMATIC =
      Set.of(
          "agent.sandbox.core",
          "langchain4j.core",
          "org.ringfence.agentsandbox",
          "org.ringfence.langchain4j");

  /**
   * Finds the entries of this test's class path that are Ringfence's modules, and the modules that
   * these require.
   */
  static List<Path> modulesOfThisTest() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(Files::exists)
        .filter(ModularApplication::isUsed)
        .toList();
  }

  /** Returns those modules, and JUnit's, for the adapter that fits into JUnit. */
  static List<Path> modulesOfThisTestAndJUnit() {
    Stream<Path> junit =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .filter(Files::exists)
            .filter(
                entry ->
                    Stream.of("org.junit", "org.opentest4j", "org.apiguardian", "org.jspecify")
                        .anyMatch(name(entry)::startsWith));
    return Stream.concat(modulesOfThisTest().stream(), junit).distinct().toList();
  }

  /**
   * Returns those modules, the libraries without a descriptor, and the adapters for them. A module
   * without a descriptor is an archive: one is made of an adapter's classes in a directory.
   */
  static List<Path> modulesOfThisTestAndAutomaticOnes(Path archives) throws IOException {
    List<Path> found = new ArrayList<>(modulesOfThisTest());
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry);
      String adapter = adapter(path);
      if (Files.isRegularFile(path) && AUTOMATIC.contains(name(path))) {
        found.add(path);
      } else if (Files.isDirectory(path) && !adapter.isEmpty()) {
        found.add(archive(path, "org.ringfence." + adapter, archives.resolve(adapter + ".jar")));
      }
    }
    return found;
  }

  private static String adapter(Path classes) {
    return Stream.of("agentsandbox", "langchain4j")
        .filter(each -> Files.isDirectory(classes.resolve("org/ringfence").resolve(each)))
        .filter(each -> classes.endsWith(Path.of("target", "classes")))
        .collect(Collectors.joining());
  }

  /** Makes an archive as the build does; the name stands in its manifest. */
  private static Path archive(Path classes, String name, Path archive) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Automatic-Module-Name", name);
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(archive), manifest);
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
        Files.copy(file, out);
      }
    }
    return archive;
  }

  /** Returns the name of the module at a path; empty without one. */
  static String name(Path entry) {
    return ModuleFinder.of(entry).findAll().stream()
        .map(found -> found.descriptor().name())
        .collect(Collectors.joining());
  }

  private static boolean isUsed(Path entry) {
    String name = name(entry);
    // An application has no test libraries on its module path, and not every adapter's library.
    return !name.isEmpty()
        && Stream.of("org.junit", "org.assertj", "org.opentest4j", "com.tngtech", "net.bytebuddy")
            .noneMatch(name::startsWith)
        && !name.startsWith("surefire")
        && !AUTOMATIC.contains(name);
  }

  /** Returns one without some of the modules. */
  ModularApplication without(Predicate<String> unwanted) {
    return new ModularApplication(
        modules.stream().filter(entry -> !unwanted.test(name(entry))).toList(), directory);
  }

  /** Writes a source, such as {@code com/example/app/Main.java}. */
  ModularApplication source(String name, String text) throws IOException {
    Path file = directory.resolve("sources").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return this;
  }

  /**
   * Compiles all sources.
   *
   * @return the errors, as the compiler's code and its message; empty when it compiles
   */
  List<String> compile(String... options) throws IOException {
    List<Path> sources;
    try (Stream<Path> files = Files.walk(directory.resolve("sources"))) {
      sources = files.filter(Files::isRegularFile).toList();
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    List<String> words = new ArrayList<>(List.of("-p", path(modules), "-d", classes().toString()));
    words.addAll(List.of(options));
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(found, null, StandardCharsets.UTF_8)) {
      compiler
          .getTask(null, files, found, words, null, files.getJavaFileObjectsFromPaths(sources))
          .call();
    }
    return found.getDiagnostics().stream()
        .filter(each -> each.getKind() == Diagnostic.Kind.ERROR)
        .map(each -> each.getCode() + ": " + each.getMessage(null))
        .toList();
  }

  /**
   * Runs a class.
   *
   * @param options options of the JVM besides the module path
   * @param main the module and the class, separated by a slash
   * @param arguments the arguments
   */
  CommandLineProcess.Result run(List<String> options, String main, String... arguments)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(options);
    List<Path> all = new ArrayList<>(modules);
    if (Files.isDirectory(classes())) {
      all.add(classes());
    }
    words.addAll(List.of("-p", path(all), "-m", main));
    words.addAll(List.of(arguments));
    return CommandLineProcess.run(new ProcessBuilder(words).directory(directory.toFile()));
  }

  private Path classes() {
    return directory.resolve("classes");
  }

  private static String path(List<Path> entries) {
    return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }
}
