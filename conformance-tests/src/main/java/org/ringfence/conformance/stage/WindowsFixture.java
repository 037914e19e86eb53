package org.ringfence.conformance.stage;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.ringfence.conformance.probe.ProbeCommand;
import org.ringfence.file.TreeRemoval;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.spi.SandboxBackend;

/**
 * The environment of a Windows case: a workspace, a directory of the user's outside of it, a server
 * of the host and a process outside.
 */
public final class WindowsFixture implements HostFixture {
  private static final int PATIENCE = 100;

  private final Path base;
  private final Path library;
  private final ProbeCommand probe;
  private final ServerSocket server;
  private final AtomicLong contacts = new AtomicLong();
  private Process victim;

  private WindowsFixture(Path base) throws IOException {
    this.base = base;
    this.library = Files.createDirectory(base.resolve("library"));
    this.probe = ProbeCommand.onWindows(library);
    this.server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "ringfence-conformance-server");
    thread.setDaemon(true);
    thread.start();
    reset();
  }

  /** Creates a fixture in the user's home. */
  public static WindowsFixture create() throws IOException {
    // Not below TEMP, which contains the sandbox's own.
    Path home = Path.of(System.getProperty("user.home"));
    Path base = Files.createDirectory(home.resolve("ringfence-conformance-" + UUID.randomUUID()));
    try {
      return new WindowsFixture(base.toRealPath());
    } catch (IOException | RuntimeException e) {
      deletePatiently(base);
      throw e;
    }
  }

  private void serve() {
    try {
      while (true) {
        server.accept().close();
        contacts.incrementAndGet();
      }
    } catch (IOException e) {
      // Closed at the end.
      return;
    }
  }

  @Override
  public void reset() throws IOException {
    deletePatiently(workspace());
    deletePatiently(outside());
    Files.createDirectories(workspace().resolve("inner"));
    Files.writeString(workspace().resolve("file"), "workspace");
    Files.createDirectories(outside().resolve("directory"));
    Files.writeString(outside().resolve("file"), "outside");
    Files.writeString(outside().resolve("directory/file"), "nested");
    if (victim == null || !victim.isAlive()) {
      victim = new ProcessBuilder("cmd.exe", "/d").start();
    }
  }

  @Override
  public Path workspace() {
    return base.resolve("workspace");
  }

  @Override
  public Path outside() {
    return base.resolve("outside");
  }

  /** Returns the library that the command reads, and does not write. */
  public Path library() {
    return library;
  }

  /** Returns the port of the server of the host. */
  public int port() {
    return server.getLocalPort();
  }

  @Override
  public long contacts() {
    return contacts.get();
  }

  @Override
  public boolean victimAlive() {
    return victim.isAlive();
  }

  @Override
  public List<String> probe(List<String> arguments) {
    return probe.tries(arguments.stream().map(this::expand).toList());
  }

  private String expand(String argument) {
    return argument
        .replace("${workspace}", workspace().toString())
        .replace("${outside}", outside().toString())
        .replace("${port}", Integer.toString(server.getLocalPort()))
        .replace("${victim}", Long.toString(victim.pid()));
  }

  /** Returns a policy: a container or an account reads named paths; a token reads everything. */
  SandboxPolicy policy(String name, SandboxBackend backend) {
    if (!name.equals("write")) {
      throw new IllegalArgumentException("no policy " + name + " on Windows");
    }
    PolicyBuilder builder =
        SandboxPolicy.builder()
            .write(":workspace")
            .protectedNames(ProtectedNames.OFF)
            .strictness(Strictness.Mode.BEST_EFFORT);
    if (!backend.info().id().equals("restricted-token")) {
      builder.fileDefault(FileDefault.MINIMAL).read(library.toString());
    }
    return builder.build();
  }

  @Override
  public Map<String, String> snapshot() throws IOException {
    Map<String, String> seen = new TreeMap<>();
    try (Stream<Path> all = Files.walk(outside())) {
      for (Path path : (Iterable<Path>) all::iterator) {
        String content = Files.isRegularFile(path) ? Files.readString(path) : "";
        seen.put(path.toString(), Files.getAttribute(path, "dos:hidden") + content);
      }
    }
    return seen;
  }

  /**
   * Retries: a directory cannot be deleted while it is the current one of a process that is about
   * to end.
   */
  private static void deletePatiently(Path root) throws IOException {
    for (int tries = 0; ; tries++) {
      try {
        if (Files.exists(root)) {
          TreeRemoval.remove(root);
        }
        return;
      } catch (FileSystemException e) {
        if (tries == PATIENCE) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    }
  }

  @Override
  public void close() throws IOException {
    victim.destroyForcibly();
    server.close();
    deletePatiently(base);
  }
}
