package org.ringfence.conformance.windows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.file.TreeRemoval;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.Places;
import org.ringfence.spi.SandboxBackend;

/**
 * The place of a Windows case's run: the backend, a workspace, a directory of the user's outside of
 * it, a server of the host and a process outside.
 */
final class WindowsStage implements AutoCloseable {
  private static final int PATIENCE = 100;

  private final SandboxBackend backend;
  private final Path base;
  private final Path library;
  private final ServerSocket server;
  private final AtomicLong contacts = new AtomicLong();
  private Process victim;

  private WindowsStage(SandboxBackend backend, Path base) throws IOException {
    this.backend = backend;
    this.base = base;
    this.library = Files.createDirectory(base.resolve("library"));
    copyClasses();
    this.server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "ringfence-conformance-server");
    thread.setDaemon(true);
    thread.start();
    reset();
  }

  static WindowsStage create(SandboxBackend backend) throws IOException {
    // Not below TEMP, which contains the sandbox's own.
    Path home = Path.of(System.getProperty("user.home"));
    Path base = Files.createDirectory(home.resolve("ringfence-conformance-" + UUID.randomUUID()));
    try {
      return new WindowsStage(backend, base.toRealPath());
    } catch (IOException | RuntimeException e) {
      deletePatiently(base);
      throw e;
    }
  }

  private void copyClasses() throws IOException {
    try {
      Path source =
          Path.of(WindowsProbe.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      String name =
          Files.isDirectory(source)
              ? WindowsProbe.class.getPackageName().replace('.', '/')
              : source.getFileName().toString();
      Path from = Files.isDirectory(source) ? source.resolve(name) : source;
      try (Stream<Path> all = Files.walk(from)) {
        for (Path path : (Iterable<Path>) all::iterator) {
          Path target = library.resolve(name).resolve(from.relativize(path).toString());
          Path to = Files.isDirectory(source) ? target : library.resolve(name);
          Files.createDirectories(Files.isDirectory(path) ? to : to.getParent());
          if (!Files.isDirectory(path)) {
            Files.copy(path, to, StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
    } catch (URISyntaxException e) {
      throw new IOException(e);
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

  /**
   * Restores workspace, outside and the process outside to the state at the start of every case.
   */
  void reset() throws IOException {
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

  SandboxBackend backend() {
    return backend;
  }

  Path workspace() {
    return base.resolve("workspace");
  }

  Path outside() {
    return base.resolve("outside");
  }

  /** Returns the library that the command reads, and does not write. */
  Path library() {
    return library;
  }

  int port() {
    return server.getLocalPort();
  }

  /** Returns the plan's level of each guarantee. */
  Map<String, Enforcement> levels() {
    Map<String, Enforcement> levels = new TreeMap<>();
    backend
        .plan(EffectivePolicy.of(policy().build(), Places.current(workspace())))
        .guarantees()
        .forEach(guarantee -> levels.put(guarantee.id(), guarantee.level()));
    return levels;
  }

  long contacts() {
    return contacts.get();
  }

  boolean victimAlive() {
    return victim.isAlive();
  }

  /**
   * Returns the command that runs the probe, with names such as outside replaced by their values.
   */
  List<String> probe(List<String> arguments) throws IOException {
    String classes;
    try (Stream<Path> files = Files.list(library)) {
      List<String> entries = new ArrayList<>(List.of(library.toString()));
      files.map(Path::toString).filter(file -> file.endsWith(".jar")).forEach(entries::add);
      classes = String.join(";", entries);
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java.exe").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xmx128m",
                "-cp",
                classes,
                WindowsProbe.class.getName()));
    for (String argument : arguments) {
      command.add(
          argument
              .replace("${workspace}", workspace().toString())
              .replace("${outside}", outside().toString())
              .replace("${port}", Integer.toString(server.getLocalPort()))
              .replace("${victim}", Long.toString(victim.pid())));
    }
    return command;
  }

  /**
   * Returns a policy: a container or an account reads named paths; a restricted token reads
   * everything.
   */
  PolicyBuilder policy() {
    PolicyBuilder builder =
        SandboxPolicy.builder()
            .write(":workspace")
            .protectedNames(ProtectedNames.OFF)
            .strictness(Strictness.Mode.BEST_EFFORT);
    if (!backend.info().id().equals("restricted-token")) {
      builder.fileDefault(FileDefault.MINIMAL).read(library.toString());
    }
    return builder;
  }

  /**
   * Returns why a case does not apply: the backend cannot run, or lacks the guarantee. A case
   * applies to advisory guarantees, too: each case tries directly the actions of programs by
   * mistake.
   *
   * @return the plan's own reason; empty when it applies
   */
  String inapplicable(List<String> needs) {
    SandboxPlan plan =
        backend.plan(EffectivePolicy.of(policy().build(), Places.current(workspace())));
    if (!plan.availability().usable()) {
      return String.join("; ", plan.availability().reasons());
    }
    for (PlannedGuarantee guarantee : plan.guarantees()) {
      if (guarantee.guarantee() == Guarantee.WSL_DOORS) {
        return "commands are those of Linux: run ringfence verify in the distribution";
      }
      if (needs.contains(guarantee.id()) && guarantee.level() == Enforcement.UNSUPPORTED) {
        return guarantee.id() + ": " + guarantee.reason();
      }
    }
    return "";
  }

  Sandbox open() throws SandboxException {
    return Sandbox.opener(policy().build())
        .workspace(workspace())
        .backends(Backends.of(List.of(backend)))
        .open();
  }

  /** Describes everything outside, for comparison: names, times and contents. */
  Map<String, String> snapshot() throws IOException {
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
