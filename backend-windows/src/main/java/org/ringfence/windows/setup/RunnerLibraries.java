package org.ringfence.windows.setup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.ringfence.SandboxException;

/**
 * The runner's copy of its class path and of JNA's unpacked library: administrators write it, the
 * sandbox's users read it, and no other user can replace a file.
 */
final class RunnerLibraries {
  private static final String NATIVE = "jnidispatch.dll";
  private static final String NATIVE_ENTRY = nativeEntry(System.getProperty("os.arch"));

  private final Path directory;
  private final List<Path> sources;

  /**
   * Prepares a copy.
   *
   * @param directory the directory of the copy
   * @param sources archives, and directories of classes
   */
  RunnerLibraries(Path directory, List<String> sources) {
    this.directory = directory;
    this.sources = sources.stream().map(Path::of).toList();
  }

  /**
   * Returns JNA's library for a JVM: the runner's JVM is this one, and a native JVM of ARM64 loads
   * no library of x86-64.
   */
  static String nativeEntry(String architecture) {
    return "com/sun/jna/win32-"
        + (architecture.equals("aarch64") ? "aarch64" : "x86-64")
        + "/"
        + NATIVE;
  }

  /** Returns the source of each file by its target. */
  private Map<Path, Path> files() throws IOException {
    Map<Path, Path> files = new TreeMap<>();
    int number = 0;
    for (Path source : sources) {
      if (Files.isDirectory(source)) {
        Path target = directory.resolve("classes-" + number++);
        try (Stream<Path> tree = Files.walk(source)) {
          for (Path file : tree.filter(Files::isRegularFile).toList()) {
            files.put(target.resolve(source.relativize(file).toString()), file);
          }
        }
      } else {
        files.put(directory.resolve(source.getFileName()), source);
      }
    }
    return files;
  }

  Optional<String> problem() throws IOException {
    for (Map.Entry<Path, Path> file : files().entrySet()) {
      if (!Files.isRegularFile(file.getKey(), LinkOption.NOFOLLOW_LINKS)) {
        return Optional.of(file.getKey() + " is missing");
      }
      if (Files.mismatch(file.getKey(), file.getValue()) != -1) {
        return Optional.of(file.getKey() + " is of another version");
      }
    }
    return Files.isRegularFile(directory.resolve(NATIVE))
        ? Optional.empty()
        : Optional.of(NATIVE + " is missing");
  }

  void copy() throws IOException {
    remove();
    Files.createDirectories(directory);
    boolean unpacked = false;
    for (Map.Entry<Path, Path> file : files().entrySet()) {
      Files.createDirectories(file.getKey().getParent());
      Files.copy(file.getValue(), file.getKey(), StandardCopyOption.REPLACE_EXISTING);
      unpacked |= unpacked(file.getValue());
    }
    if (!unpacked) {
      throw new SandboxException("no library of the runner contains " + NATIVE_ENTRY);
    }
  }

  private boolean unpacked(Path source) throws IOException {
    if (!source.toString().endsWith(".jar")) {
      return false;
    }
    try (JarFile jar = new JarFile(source.toFile())) {
      if (jar.getEntry(NATIVE_ENTRY) == null) {
        return false;
      }
      try (InputStream library = jar.getInputStream(jar.getEntry(NATIVE_ENTRY))) {
        Files.copy(library, directory.resolve(NATIVE), StandardCopyOption.REPLACE_EXISTING);
      }
      return true;
    }
  }

  void remove() throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(directory)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** Returns the class path of a copy: short, because logons limit the command line. */
  static String classPath(Path directory) throws IOException {
    try (Stream<Path> parts = Files.list(directory)) {
      List<String> path = new ArrayList<>(List.of(directory + "\\*"));
      parts.filter(Files::isDirectory).map(Path::toString).sorted().forEach(path::add);
      return String.join(";", path);
    }
  }
}
