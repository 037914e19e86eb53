package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.linux.SmallJvm;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.probe.BubblewrapProbe;
import org.ringfence.linux.probe.HostProbe;
import org.ringfence.linux.restricted.CommandThread;
import org.ringfence.linux.restricted.Invocation;
import org.ringfence.linux.restricted.SandboxThread;
import org.ringfence.linux.restricted.SpawnOrders;
import org.ringfence.linux.restricted.Watchdog;
import org.ringfence.policy.Limits;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Launch;

/** Kills a JVM whose sandbox has no signal scope, as on every Linux before 6.12. */
@EnabledOnOs(OS.LINUX)
class UnscopedKillTest {
  private static final int ABI_WITHOUT_SCOPES = 5;
  private static final long PATIENCE_SECONDS = 60;

  @TempDir private Path base;

  private static Kernel kernel() {
    return new Kernel(Arch.current().orElseThrow());
  }

  /** A JVM with a command in namespaces. */
  static final class Sandboxing {
    private Sandboxing() {}

    public static void main(String[] args) throws Exception {
      HostFacts found = HostProbe.probe(Arch.current().orElseThrow());
      HostFacts older = found.atMost(ABI_WITHOUT_SCOPES);
      EffectivePolicy policy =
          EffectivePolicy.of(
              Presets.load("workspace-write"),
              PathContext.current(Path.of(args[0])).withPrivateTmp(args[1]));
      BackendSession session =
          LinuxSession.openInNamespaces(
              kernel(), older, policy, BubblewrapProbe.probe().features(), EventSink.NONE);
      Process process =
          session.start(
              new Launch(
                  1,
                  List.of("sh", "-c", "echo >/tmp/file; setsid sleep 1000 & echo up; sleep 1000"),
                  Path.of(args[0]),
                  new CommandEnvironment(Map.of("PATH", "/usr/bin:/bin"), Map.of(), Map.of()),
                  Redirect.PIPE,
                  Redirect.PIPE,
                  Redirect.DISCARD,
                  false,
                  Limits.NONE,
                  Optional.empty()));
      process.inputReader().readLine();
      System.out.println("up");
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  /** A JVM with a process that holds the lifeline and does not end with its parent. */
  static final class Holding {
    private Holding() {}

    public static void main(String[] args) throws Exception {
      Descriptors descriptors = new Descriptors(kernel());
      Lifeline lifeline = new Lifeline(descriptors);
      SandboxThread starter = new SandboxThread(kernel(), -1, false, true);
      Watchdog.start(
          kernel(), starter, descriptors.event(), new Watchdog.Held(lifeline.read()), "", "");
      int sink = descriptors.open("/dev/null", 2, 0);
      int wake = descriptors.event();
      SpawnOrders orders =
          new SpawnOrders(
              kernel(),
              new Invocation(
                  "/bin/sh",
                  List.of("sh", "-c", "sleep 1000; true"),
                  Map.of("PATH", "/usr/bin:/bin"),
                  "/",
                  true,
                  List.of(),
                  descriptors),
              new int[] {sink, sink, sink, lifeline.write()},
              null,
              new SpawnOrders.Signals(wake, wake),
              starter.ownFileState());
      CommandThread commandThread = new CommandThread(kernel(), orders);
      starter.start(commandThread);
      commandThread.awaitStarted();
      System.out.println("up");
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  static Process start(Class<?> main, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    Process jvm = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    boolean up = false;
    try {
      BufferedReader said =
          new BufferedReader(new InputStreamReader(jvm.getInputStream(), StandardCharsets.UTF_8));
      assertThat(said.readLine()).isEqualTo("up");
      up = true;
      return jvm;
    } finally {
      if (!up) {
        jvm.destroyForcibly();
      }
    }
  }

  /** Kills the JVM alone, and waits for the end of each process below it. */
  private static void killed(Process jvm, int least) throws Exception {
    List<ProcessHandle> below = List.of();
    try {
      // A shell starts its child a moment after it has itself been started.
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (below.size() < least && System.nanoTime() - end < 0) {
        Thread.sleep(10);
        below = jvm.descendants().toList();
      }
      assertThat(below).hasSizeGreaterThanOrEqualTo(least).allMatch(ProcessHandle::isAlive);
    } finally {
      jvm.destroyForcibly().waitFor();
    }
    try {
      for (ProcessHandle each : below) {
        each.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      }
    } finally {
      below.forEach(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void killedJvmLeavesNeitherProcessesNorTheTemporaryDirectory() throws Exception {
    SmallJvm.assumeAccepted("bubblewrap");
    Path workspace = Files.createDirectory(base.resolve("workspace"));
    Path own = Files.createDirectories(base.resolve("made").resolve("tmp"));
    Process jvm = start(Sandboxing.class, workspace.toString(), own.toString());
    assertThat(own.resolve("file")).exists();
    // The watchdog, bubblewrap, its namespace's first process, the shell and two others.
    killed(jvm, 6);
    assertThat(own.getParent()).doesNotExist();
  }

  /** Bubblewrap itself is such a process until it has asked for its parent-death signal. */
  @Test
  void processThatHoldsTheLifelineEndsWithTheJvm() throws Exception {
    Process jvm = start(Holding.class);
    // The watchdog, the shell and its child, which holds the lifeline, too.
    killed(jvm, 3);
  }
}
