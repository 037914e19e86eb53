package org.ringfence.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import org.ringfence.conformance.stage.PosixFixture;

/**
 * Starts JVMs as an ordinary user if the build runs as root: root hides faults. It copies the class
 * path to a directory that the user can read.
 */
final class OrdinaryUser implements AutoCloseable {
  /** The uid of {@code nobody} on Debian; it needs no entry in a user database. */
  static final int ID = 65534;

  private final Path home;
  private final List<String> classPath = new ArrayList<>();

  private OrdinaryUser(Path home) {
    this.home = home;
  }

  /** Returns whether the build runs as root and can start a JVM as another user. */
  static boolean available() {
    return POSIXFactory.getNativePOSIX().geteuid() == 0
        && Files.isExecutable(Path.of("/usr/bin/setpriv"));
  }

  /** Copies the class path; skips the test if the build does not run as root. */
  static OrdinaryUser create() throws IOException {
    POSIX posix = POSIXFactory.getNativePOSIX();
    assumeTrue(posix.geteuid() == 0, "the build and all its tests already run as an ordinary user");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "setpriv (util-linux) is missing");
    OrdinaryUser user =
        new OrdinaryUser(
            Files.createTempDirectory(
                Path.of("/var/tmp"),
                "ringfence-user-",
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rwxr-xr-x"))));
    int number = 0;
    for (String entry : System.getProperty("java.class.path").split(":")) {
      Path source = Path.of(entry);
      if (Files.exists(source)) {
        Path target = user.home.resolve(number++ + "-" + source.getFileName());
        copy(source, target);
        user.classPath.add(target.toString());
      }
    }
    posix.chown(user.home.toString(), ID, ID);
    return user;
  }

  private static void copy(Path source, Path target) throws IOException {
    try (Stream<Path> all = Files.walk(source)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        Path to = target.resolve(source.relativize(path).toString());
        Files.copy(path, to);
        Files.setPosixFilePermissions(
            to,
            PosixFilePermissions.fromString(Files.isExecutable(path) ? "rwxr-xr-x" : "rw-r--r--"));
      }
    }
  }

  /** Copies a tree to a directory that the user can read. */
  Path copyOf(Path tree) throws IOException {
    Path target = home.resolve("copy-" + tree.getFileName());
    copy(tree, target);
    return target;
  }

  /** Creates a directory that belongs to the user. */
  Path directory(String name) throws IOException {
    Path made = Files.createDirectory(home.resolve(name));
    POSIXFactory.getNativePOSIX().chown(made.toString(), ID, ID);
    return made;
  }

  /** Returns the command of a JVM that runs as the user. */
  ProcessBuilder java(String mainClass, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "/usr/bin/setpriv",
                "--reuid=" + ID,
                "--regid=" + ID,
                "--clear-groups",
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.add("-Dringfence.test.full=" + Boolean.getBoolean("ringfence.test.full"));
    // The JVM's warnings would mix with the output.
    command.addAll(List.of("-Xlog:disable", "-cp", String.join(":", classPath), mainClass));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(home.toFile());
    builder.environment().put("HOME", home.toString());
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    return builder;
  }

  @Override
  public void close() throws IOException {
    PosixFixture.deleteTree(home);
  }
}
