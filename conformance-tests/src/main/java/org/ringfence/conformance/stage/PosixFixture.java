package org.ringfence.conformance.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.probe.ProbeCommand;

/**
 * The environment of cases: a workspace, a directory outside it, servers of the host and a process
 * outside. All files lie below one directory and are removed at the end.
 */
public final class PosixFixture implements HostFixture {
  /** The value of a variable that looks like a secret; no command may see it. */
  public static final String SECRET = "ringfence-secret-value";

  private static final String VICTIM_VARIABLE = "RINGFENCE_VICTIM_TOKEN";

  private final Path base;
  private final Path library;
  private final ProbeCommand probe;
  private final HostServers servers;
  private final Optional<OutsideWorld> world;
  private final Process victim;
  private final Process remover;

  private PosixFixture(Path base) throws IOException {
    this.base = base;
    this.remover = remover(base);
    this.library = Files.createDirectory(base.resolve("library"));
    this.probe = ProbeCommand.copiedTo(library);
    reset();
    Files.createDirectory(base.resolve("sockets"));
    this.servers = HostServers.start(base.resolve("sockets"));
    Path files = Files.createDirectory(base.resolve("world"));
    this.world = NativeCalls.LINUX ? Optional.of(OutsideWorld.start(files)) : Optional.empty();
    // It reads from this JVM, so that it ends with this JVM, even when killed.
    ProcessBuilder waiting = new ProcessBuilder("cat");
    waiting.environment().put(VICTIM_VARIABLE, SECRET);
    this.victim = waiting.start();
  }

  /**
   * Starts a process that removes the files of a killed JVM: it waits for the end of its input,
   * which comes with the end of this JVM. It ignores an interrupt from a terminal.
   */
  private static Process remover(Path base) throws IOException {
    return new ProcessBuilder(
            "/bin/sh",
            "-c",
            "trap '' INT HUP TERM QUIT; cat >/dev/null; chmod -R u+rwx \"$1\" 2>/dev/null;"
                + " rm -rf -- \"$1\" \"/tmp/${1##*/}\"",
            "sh",
            base.toString())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Creates a fixture below /var/tmp, which no policy of the suite grants. */
  public static PosixFixture create() throws IOException {
    Path parent = Path.of("/var/tmp");
    if (!Files.isWritable(parent)) {
      parent = Path.of("").toAbsolutePath();
    }
    Path base = parent.resolve("ringfence-conformance-" + random());
    Files.createDirectory(base);
    try {
      return new PosixFixture(base.toRealPath());
    } catch (IOException | RuntimeException e) {
      deleteTree(base);
      throw e;
    }
  }

  private static String random() {
    byte[] bytes = new byte[8];
    ThreadLocalRandom.current().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Restores workspace and outside to the state at the start of every case. */
  @Override
  public void reset() throws IOException {
    deleteTree(workspace());
    deleteTree(outside());
    Files.deleteIfExists(sharedFile());
    Files.createDirectories(workspace().resolve("inner"));
    Files.writeString(workspace().resolve("file"), "workspace");
    Files.writeString(workspace().resolve("inner/file"), "inner");
    Files.createDirectories(outside().resolve("directory"));
    Files.createDirectories(outside().resolve("empty"));
    Files.writeString(outside().resolve("file"), "outside");
    Files.writeString(outside().resolve("directory/file"), "nested");
    Files.writeString(outside().resolve("script"), "#!/bin/sh\nexit 0\n");
    Files.setPosixFilePermissions(
        outside().resolve("script"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(outside().resolve(".env"), "outside");
    layOutCarveOuts();
    layOutRepository();
    Files.createSymbolicLink(workspace().resolve("link-to-file"), outside().resolve("file"));
    Files.createSymbolicLink(
        workspace().resolve("link-to-directory"), outside().resolve("directory"));
    Files.createSymbolicLink(workspace().resolve("dangling"), outside().resolve("dangling-target"));
  }

  /**
   * Lays out the paths that the policy "carved" takes away and gives back; other policies leave
   * them plain.
   */
  private void layOutCarveOuts() throws IOException {
    for (String directory :
        List.of("kept/open", "deep/middle/kept", "hidden/granted", "target", "tools/hooks")) {
      Files.createDirectories(workspace().resolve(directory));
    }
    for (String file :
        List.of(
            "kept/file",
            "kept/open/file",
            "deep/middle/kept/file",
            "hidden/file",
            "hidden/granted/file",
            "secret",
            ".env",
            "server.pem",
            "policy.json",
            "tools/hooks/pre-commit")) {
      Files.writeString(workspace().resolve(file), "secret");
    }
  }

  /** Lays out enough of a repository for git to accept it, with a submodule's directory in it. */
  private void layOutRepository() throws IOException {
    Path git = workspace().resolve(".git");
    for (String directory :
        List.of("objects", "refs/heads", "hooks", "info", "modules/sub", "worktrees/other")) {
      Files.createDirectories(git.resolve(directory));
    }
    Files.writeString(git.resolve("HEAD"), "ref: refs/heads/main\n");
    Files.writeString(
        git.resolve("config"),
        "[core]\n\trepositoryformatversion = 0\n\thooksPath = tools/hooks\n");
    Files.writeString(git.resolve("hooks/existing"), "#!/bin/sh\n");
    Files.writeString(git.resolve("modules/sub/config"), "[core]\n");
    Files.createDirectories(workspace().resolve("evil/hooks"));
    Files.writeString(workspace().resolve("evil/config"), "[core]\n\tfsmonitor = ./evil\n");
    Files.writeString(workspace().resolve("evil/HEAD"), "ref: refs/heads/main\n");
  }

  /** Returns the file that FW-TMP-SHARED writes when no sandbox stops it. */
  private Path sharedFile() {
    return Path.of("/tmp").resolve(base.getFileName());
  }

  @Override
  public Path workspace() {
    return base.resolve("workspace");
  }

  @Override
  public Path outside() {
    return base.resolve("outside");
  }

  public Path library() {
    return library;
  }

  /**
   * Returns the emulated Internet.
   *
   * @throws NotShownException where it has no addresses, and where programs that connect by
   *     themselves reach no host
   */
  public OutsideWorld world() throws NotShownException {
    return world.orElseThrow(
        () ->
            NotShownException.skipped(
                "the case connects by itself, which no proxy leads to allowed hosts on this system"));
  }

  /** Returns the directory that the emulated Internet's web server serves. */
  public Path worldFiles() {
    return base.resolve("world");
  }

  int tcp4Port() {
    return servers.tcp4Port();
  }

  public Path unixPath() {
    return servers.unixPath();
  }

  /** Returns the number of connections and datagrams that the host's servers have received. */
  @Override
  public long contacts() throws IOException, InterruptedException {
    return servers.contacts();
  }

  long victim() {
    return victim.pid();
  }

  @Override
  public boolean victimAlive() {
    return victim.isAlive();
  }

  /** Replaces names such as {@code ${outside}} by their values. */
  public String expand(String text) {
    String result = text;
    for (Map.Entry<String, String> entry : names().entrySet()) {
      result = result.replace("${" + entry.getKey() + "}", entry.getValue());
    }
    return result;
  }

  private Map<String, String> names() {
    Map<String, String> names = new TreeMap<>();
    names.put("workspace", workspace().toString());
    names.put("outside", outside().toString());
    names.put("library", library.toString());
    names.put("tcp4", Integer.toString(servers.tcp4Port()));
    names.put("tcp6", Integer.toString(servers.tcp6Port()));
    names.put("udp4", Integer.toString(servers.udp4Port()));
    names.put("udp-shared", Integer.toString(servers.udpSharedPort()));
    names.put("udp6", Integer.toString(servers.udp6Port()));
    world.ifPresent(
        outside -> {
          names.put("raw", Integer.toString(outside.rawPort()));
          names.put("web", Integer.toString(outside.port()));
        });
    names.put("unix", servers.unixPath().toString());
    names.put("unix-datagram", servers.unixDatagramPath().toString());
    names.put("abstract", servers.abstractName());
    names.put("victim", Long.toString(victim.pid()));
    names.put("shared-file", sharedFile().toString());
    names.put("self", Long.toString(ProcessHandle.current().pid()));
    names.put("secret", SECRET);
    names.put("pid", Long.toString(ProcessHandle.current().pid()));
    return names;
  }

  /** Returns the command that runs the probe. */
  @Override
  public List<String> probe(List<String> arguments) {
    return probe.tries(arguments.stream().map(this::expand).toList());
  }

  /**
   * Describes everything outside, for comparison: names, kinds, modes, owners, times and contents.
   */
  @Override
  public Map<String, String> snapshot() throws IOException {
    Map<String, String> seen = new TreeMap<>();
    seen.put(sharedFile().toString(), Boolean.toString(Files.exists(sharedFile())));
    see(outside(), seen);
    return seen;
  }

  private static void see(Path root, Map<String, String> seen) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        Map<String, Object> attributes =
            Files.readAttributes(
                path, "unix:mode,uid,gid,lastModifiedTime,size", LinkOption.NOFOLLOW_LINKS);
        String content = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) ? content(path) : "";
        seen.put(path.toString(), new TreeMap<>(attributes) + content);
      }
    }
  }

  private static String content(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies a tree with its modes and links; the directories above the target are made. */
  public static void copyTree(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    try (Stream<Path> all = Files.walk(from)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        Files.copy(
            path,
            to.resolve(from.relativize(path).toString()),
            LinkOption.NOFOLLOW_LINKS,
            StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void close() throws IOException {
    victim.destroyForcibly();
    servers.close();
    if (world.isPresent()) {
      world.get().close();
    }
    Files.deleteIfExists(sharedFile());
    deleteTree(base);
    remover.getOutputStream().close();
  }
}
