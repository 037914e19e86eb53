package org.ringfence.conformance.probe;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * The command that runs a probe in a JVM of its own, from copies of its classes in one directory,
 * which the policies of the suite grant.
 *
 * <p>A suite starts hundreds of these JVMs. After a few of them, an archive of their classes (class
 * data sharing) replaces most of the work of a start. The archive changes nothing else: a JVM that
 * cannot use it loads the classes from the copies.
 *
 * <p>Threads may share an instance.
 */
public final class ProbeCommand {
  /** A run of fewer probes would take longer with the archive than without. */
  private static final int USES_BEFORE_ARCHIVE = 6;

  private static final int ARCHIVE_SECONDS = 60;

  private final Path library;
  private final boolean windows;
  private final List<Path> classPath = new ArrayList<>();
  private final AtomicInteger uses = new AtomicInteger();
  private volatile List<String> archive = List.of();

  private ProbeCommand(Path library, boolean windows) {
    this.library = library;
    this.windows = windows;
  }

  /**
   * Copies the probe's classes and libraries.
   *
   * @param library an empty directory that the commands may read
   * @return the command
   * @throws IOException if the copies cannot be written
   */
  public static ProbeCommand copiedTo(Path library) throws IOException {
    ProbeCommand command = new ProbeCommand(library, false);
    command.copyClasses(Probe.class);
    command.copyClasses(com.sun.jna.Native.class);
    command.copyNativeLibrary();
    return command;
  }

  /**
   * Copies the classes of {@link WindowsProbe}, which makes no native calls.
   *
   * @param library an empty directory that the commands may read
   * @return the command
   * @throws IOException if the copies cannot be written
   */
  public static ProbeCommand onWindows(Path library) throws IOException {
    ProbeCommand command = new ProbeCommand(library, true);
    command.copyClasses(WindowsProbe.class);
    return command;
  }

  /**
   * Returns the command line that tries one operation.
   *
   * @param arguments the operation's name and its arguments
   * @return the program and its arguments
   */
  public List<String> tries(List<String> arguments) {
    if (!windows && uses.incrementAndGet() == USES_BEFORE_ARCHIVE) {
      archive = archived();
    }
    List<String> options = new ArrayList<>(archive);
    if (!windows && Probe.isBrief(arguments.get(0))) {
      options.add("-Xint");
    }
    return command(options, arguments);
  }

  private List<String> command(List<String> options, List<String> arguments) {
    List<String> command = new ArrayList<>();
    String java = windows ? "java.exe" : "java";
    command.add(Path.of(System.getProperty("java.home"), "bin", java).toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx256m"));
    command.addAll(windows ? List.of() : nativeOptions());
    command.addAll(options);
    command.add("-cp");
    command.add(
        classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
    command.add((windows ? WindowsProbe.class : Probe.class).getName());
    command.addAll(arguments);
    return command;
  }

  private List<String> nativeOptions() {
    List<String> options =
        new ArrayList<>(
            List.of(
                "-Xshare:auto",
                "-Xlog:disable",
                "-Djna.boot.library.path=" + library,
                "-Djna.nosys=true",
                "-Djna.platform.library.path="));
    if (Runtime.version().feature() >= 22) {
      options.add("--enable-native-access=ALL-UNNAMED");
    }
    return options;
  }

  /** Returns the options that use a new archive, or none where this JVM cannot make one. */
  private List<String> archived() {
    Path file = library.resolve("probe.jsa");
    List<String> command =
        command(
            List.of("-XX:ArchiveClassesAtExit=" + file),
            List.of("read", classPath.get(0).toString()));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean ended = process.waitFor(ARCHIVE_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      return ended && process.exitValue() == 0 && Files.exists(file)
          ? List.of("-XX:SharedArchiveFile=" + file)
          : List.of();
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  /** Copies a jar; packs a directory into one, because an archive covers classes of jars only. */
  private void copyClasses(Class<?> type) throws IOException {
    Path source;
    try {
      source = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
    Path target = library.resolve("part" + classPath.size() + ".jar");
    if (Files.isDirectory(source)) {
      pack(source, target);
    } else {
      Files.copy(source, target);
    }
    classPath.add(target);
  }

  private static void pack(Path source, Path target) throws IOException {
    try (OutputStream out = Files.newOutputStream(target);
        JarOutputStream jar = new JarOutputStream(out);
        Stream<Path> all = Files.walk(source)) {
      jar.setLevel(0);
      for (Path path : (Iterable<Path>) all.sorted()::iterator) {
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          String entry = source.relativize(path).toString().replace(File.separatorChar, '/');
          jar.putNextEntry(new ZipEntry(entry));
          Files.copy(path, jar);
          jar.closeEntry();
        }
      }
    }
  }

  private void copyNativeLibrary() throws IOException {
    String arch = NativeCalls.X86 ? "x86-64" : "aarch64";
    String name = NativeCalls.LINUX ? "libjnidispatch.so" : "libjnidispatch.jnilib";
    String directory = (NativeCalls.LINUX ? "linux-" : "darwin-") + arch;
    try (InputStream in = com.sun.jna.Native.class.getResourceAsStream(directory + "/" + name)) {
      if (in != null) {
        Files.copy(in, library.resolve(name));
      }
    }
  }
}
