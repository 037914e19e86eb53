package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.event.Violation;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.probe.HostProbe;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Launch;

/** Checks that launches leave the JVM itself unrestricted and without leaks. */
class LaunchInvariantsTest {
  private static final int LAUNCHES = 1_000;
  // These are the sandbox thread, the watchdog's command thread and two spare command threads.
  private static final int IDLE_THREADS = 4;
  // The kernel truncates a thread's name to 15 characters.
  private static final String THREAD_NAME = "ringfence-comma";

  @TempDir private Path workspace;

  @BeforeEach
  void assumeLandlock() {
    var plan =
        new LandlockBackend()
            .plan(EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current()));
    assumeTrue(
        plan.acceptable(), () -> "refused here: " + plan.availability().reasons() + plan.unmet());
  }

  private Sandbox open() throws SandboxException {
    return open(Presets.load("workspace-write"));
  }

  private Sandbox open(SandboxPolicy policy) throws SandboxException {
    return Sandbox.opener(policy).workspace(workspace).backend("landlock").open();
  }

  private static SandboxCommand sh(String script) {
    return SandboxCommand.of("/bin/sh", "-c", script);
  }

  private static Set<String> restrictedThreads() throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      for (Path task : (Iterable<Path>) tasks::iterator) {
        String status;
        try {
          status = Files.readString(task.resolve("status"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
          // The thread has ended.
          continue;
        }
        if (!status.contains("NoNewPrivs:\t0") || !status.contains("Seccomp:\t0")) {
          names.add(status.lines().findFirst().orElse("").replace("Name:\t", ""));
        }
      }
    }
    names.removeIf(name -> name.equals(THREAD_NAME));
    return names;
  }

  private static long commandThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("ringfence-command-"))
        .count();
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }

  private static void awaitCondition(java.util.concurrent.Callable<Boolean> condition)
      throws Exception {
    for (int i = 0; i < 500 && !condition.call(); i++) {
      Thread.sleep(10);
    }
    assertThat(condition.call()).isTrue();
  }

  @Test
  void allowlistLeavesNoSocketsOrRestrictedThreads() throws Exception {
    SandboxPolicy policy =
        Presets.load("workspace-write").toBuilder()
            .network(org.ringfence.policy.NetworkMode.ALLOWLIST)
            .allowHost("192.0.2.1")
            .publish(freePort() + ":" + freePort())
            .build();
    String script =
        "exec 3<>/dev/tcp/unlisted.test/80; exec 4<>/dev/tcp/127.0.0.1/9; exec 5<>/dev/udp/1.1.1.1/9";
    long before = 0;
    for (int i = 0; i < 6; i++) {
      try (Sandbox sandbox = open(policy)) {
        SandboxedProcess process = sandbox.start(SandboxCommand.of("/bin/bash", "-c", script));
        process.getOutputStream().close();
        assertThat(process.waitFor()).isNotZero();
        assertThat(restrictedThreads()).isEmpty();
      }
      if (i == 1) {
        Thread.sleep(500);
        before = sockets();
      }
    }
    long first = before;
    awaitCondition(() -> sockets() <= first);
    assertThat(restrictedThreads()).isEmpty();
  }

  /** Counts sockets and their watchers; the caller closes the streams of a command. */
  private static long sockets() throws IOException {
    long count = 0;
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      for (Path each : (Iterable<Path>) all::iterator) {
        try {
          count +=
              Files.readSymbolicLink(each).toString().matches("(socket|anon_inode):.*") ? 1 : 0;
        } catch (IOException e) {
          // The descriptor has been closed meanwhile.
          continue;
        }
      }
    }
    return count;
  }

  private static int freePort() throws IOException {
    try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Test
  void onlyCommandThreadsAreRestrictedAndNoDescriptorsOrThreadsLeak() throws Exception {
    try (Sandbox sandbox = open()) {
      for (int i = 0; i < 20; i++) {
        sandbox.start(sh("true")).waitFor();
      }
      long before = descriptors();
      int threads = Thread.activeCount();
      CountDownLatch callbacks = new CountDownLatch(LAUNCHES);
      ExecutorService pool = Executors.newFixedThreadPool(4);
      for (int i = 0; i < LAUNCHES; i++) {
        pool.submit(
            () -> {
              SandboxedProcess process =
                  sandbox.start(
                      SandboxCommand.of("/bin/true")
                          .redirectInput(
                              ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                          .redirectError(ProcessBuilder.Redirect.DISCARD));
              process.onExit().thenRunAsync(() -> new Thread(callbacks::countDown).start());
              return process.waitFor();
            });
      }
      assertThat(callbacks.await(120, TimeUnit.SECONDS)).isTrue();
      pool.shutdown();
      assertThat(restrictedThreads()).isEmpty();
      awaitCondition(() -> descriptors() <= before + 2);
      awaitCondition(() -> Thread.activeCount() <= threads + 8);
    }
    awaitCondition(
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("ringfence-")));
    assertThat(restrictedThreads()).isEmpty();
  }

  @Test
  void jvmStaysUnrestricted(@TempDir Path elsewhere) throws Exception {
    try (Sandbox sandbox = open()) {
      sandbox.start(sh("true")).waitFor();
      Path file = Files.writeString(elsewhere.resolve("file"), "x");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      assertThat(new ProcessBuilder("/bin/sh", "-c", "exit 0").start().waitFor()).isZero();
      try (java.net.ServerSocket server = new java.net.ServerSocket(0);
          java.net.Socket client = new java.net.Socket("127.0.0.1", server.getLocalPort())) {
        assertThat(client.isConnected()).isTrue();
      }
    }
  }

  @Test
  void failedLaunchLeavesNoDescriptorThreadOrProcess() throws Exception {
    Path script = workspace.resolve("broken");
    Files.writeString(script, "#!/no/such/interpreter\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    try (Sandbox sandbox = open()) {
      sandbox.start(sh("true")).waitFor();
      awaitCondition(() -> commandThreads() <= IDLE_THREADS);
      long before = descriptors();
      for (int i = 0; i < 50; i++) {
        assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("no-such-program")))
            .isInstanceOf(CommandNotFoundException.class);
        assertThatThrownBy(() -> sandbox.start(SandboxCommand.of("./broken")))
            .isInstanceOf(CommandNotFoundException.class)
            .hasMessageContaining("/no/such/interpreter does not exist");
        assertThatThrownBy(
                () ->
                    sandbox.start(
                        sh("true")
                            .redirectOutput(
                                ProcessBuilder.Redirect.to(new java.io.File("/no/such/file")))))
            .isInstanceOf(SandboxException.class)
            .hasMessageContaining("/no/such/file");
      }
      awaitCondition(() -> descriptors() <= before);
      awaitCondition(() -> commandThreads() <= IDLE_THREADS);
    }
    assertThat(ProcessHandle.current().children()).isEmpty();
  }

  @Test
  void interruptedCallersGetTheirProcessAndKeepTheirFlag() throws Exception {
    try (Sandbox sandbox = open()) {
      Thread.currentThread().interrupt();
      SandboxedProcess process = sandbox.start(sh("exit 3"));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(process.waitFor()).isEqualTo(3);
    }
  }

  @Test
  void virtualThreadsCanLaunch() throws Exception {
    assumeTrue(Runtime.version().feature() >= 21, "virtual threads came with Java 21");
    ExecutorService virtual =
        (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    try (Sandbox sandbox = open()) {
      List<Future<Integer>> results = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        int code = i % 100;
        results.add(virtual.submit(() -> sandbox.start(sh("exit " + code)).waitFor()));
      }
      for (int i = 0; i < results.size(); i++) {
        assertThat(results.get(i).get(60, TimeUnit.SECONDS)).isEqualTo(i % 100);
      }
      assertThat(restrictedThreads()).isEmpty();
    } finally {
      virtual.shutdown();
    }
  }

  @Test
  void otherPipesOfTheJvmCloseWhileACommandRuns() throws Exception {
    try (Sandbox sandbox = open()) {
      Process cat = new ProcessBuilder("cat").start();
      SandboxedProcess sleeper = sandbox.start(sh("sleep 60"));
      // A command thread with a copy of the pipe would hide the end of input from cat.
      cat.getOutputStream().close();
      assertThat(cat.waitFor(20, TimeUnit.SECONDS)).isTrue();
      sleeper.destroyForcibly();
    }
  }

  @Test
  void closeDuringLaunchesEndsEveryCaller() throws Exception {
    for (int round = 0; round < 5; round++) {
      Sandbox sandbox = open();
      List<CompletableFuture<Void>> launches = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        launches.add(
            CompletableFuture.runAsync(
                () -> {
                  try {
                    while (true) {
                      sandbox.start(sh("sleep 100"));
                    }
                  } catch (IllegalStateException e) {
                    assertThat(e).hasMessageContaining("closed");
                  } catch (SandboxException e) {
                    throw new AssertionError(e);
                  }
                }));
      }
      Thread.sleep(50);
      sandbox.close();
      for (CompletableFuture<Void> launch : launches) {
        launch.get(30, TimeUnit.SECONDS);
      }
    }
    awaitCondition(() -> ProcessHandle.current().children().findAny().isEmpty());
  }

  @Test
  void denialsAreReported() throws Exception {
    ConcurrentLinkedQueue<Violation> seen = new ConcurrentLinkedQueue<>();
    try (Sandbox sandbox =
        Sandbox.opener(Presets.load("workspace-write"))
            .workspace(workspace)
            .backend("landlock")
            .onDenied(seen::add)
            .open()) {
      sandbox.start(sh("chmod 777 /etc/hostname 2>/dev/null")).waitFor();
      assertThat(seen).isNotEmpty();
    }
    assertThat(seen.peek().target()).isEqualTo("/etc/hostname");
    assertThat(seen.peek().rule()).isEqualTo("files.default read");
    assertThat(seen.peek().certainty()).isEqualTo(Violation.Certainty.CERTAIN);
  }

  /**
   * These limits are advisory, so the conformance suite does not test them; the backend must set
   * them anyway.
   */
  @Test
  void advisoryLimitsAreSet() throws Exception {
    SandboxPolicy bounded =
        Presets.load("workspace-write").toBuilder()
            .memory(1L << 30)
            .processes(50)
            .acceptWeaker(Guarantee.named("limits"))
            .build();
    try (Sandbox sandbox = open(bounded)) {
      SandboxedProcess process =
          sandbox.start(SandboxCommand.of("bash", "-c", "ulimit -v; ulimit -u"));
      List<String> lines = process.inputReader().lines().toList();
      assertThat(lines.get(0)).isEqualTo(Long.toString((1L << 30) / 1024));
      assertThat(Long.parseLong(lines.get(1))).isBetween(50L, 20_000L);
    }
  }

  @Test
  void leftoversLiveOnIfThePolicyKeepsThem() throws Exception {
    SandboxPolicy keeping =
        Presets.load("workspace-write").toBuilder()
            .lifetime(
                new org.ringfence.policy.Lifetime(
                    org.ringfence.policy.Lifetime.Leftovers.KEEP,
                    org.ringfence.policy.Lifetime.Leftovers.KILL))
            .build();
    Path mark = workspace.resolve("mark");
    try (Sandbox sandbox = open(keeping)) {
      String waiting = "(while [ ! -e go ]; do sleep 0.05; done; echo late > mark)";
      int exit = sandbox.start(sh(waiting + " >/dev/null 2>&1 &")).waitFor();
      assertThat(exit).isZero();
      assertThat(mark).doesNotExist();
      Files.createFile(workspace.resolve("go"));
      awaitCondition(() -> Files.exists(mark));
    }
  }

  /** Simulates a kernel before 6.12: the backend requests no signal scope. */
  @Test
  void leftoversAreSweptWithoutASignalScope() throws Exception {
    HostFacts real = HostProbe.probe(Arch.current().orElseThrow());
    HostFacts older = facts(real, new LandlockAbi(5), real.seccomp().waitKillable());
    Process bystander = new ProcessBuilder("sleep", "1000").start();
    EffectivePolicy policy =
        EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current(workspace));
    try (LinuxSession session =
        LinuxSession.open(new Kernel(real.arch().orElseThrow()), older, policy, EventSink.NONE)) {
      SandboxedProcess ending = session.start(launch("sleep 1111111 & sleep 0.1; exit 4"));
      assertThat(ending.waitFor()).isEqualTo(4);
      awaitCondition(() -> running("sleep\0001111111") == 0);
      SandboxedProcess killed =
          session.start(launch("setsid sleep 2222222 & sleep 2222222 & wait"));
      awaitCondition(() -> running("sleep\0002222222") == 2);
      killed.destroyForcibly();
      killed.waitFor();
      awaitCondition(() -> running("sleep\0002222222") == 0);
      assertThat(bystander.isAlive()).as("a process outside the sandbox lives on").isTrue();
    } finally {
      bystander.destroyForcibly();
    }
  }

  /** Simulates a kernel before 5.19: a signal interrupts a call that the supervisor holds. */
  @Test
  void signalEndsAWaitingConnectWithoutWaitKillable() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "there is no Python");
    HostFacts real = HostProbe.probe(Arch.current().orElseThrow());
    HostFacts older = facts(real, real.abi(), false);
    Files.writeString(
        workspace.resolve("wait.py"),
        """
        import signal, socket
        class Alarm(Exception): pass
        def ring(*a): raise Alarm()
        signal.signal(signal.SIGALRM, ring)
        s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0)
        for again in range(3):
          signal.setitimer(signal.ITIMER_REAL, 0.3)
          k = []
          try:
            for i in range(9):
              c = socket.socket(); k.append(c); c.connect(s.getsockname())
            raise SystemExit(3)
          except Alarm: pass
        """);
    EffectivePolicy policy =
        EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current(workspace));
    try (LinuxSession session =
        LinuxSession.open(new Kernel(real.arch().orElseThrow()), older, policy, EventSink.NONE)) {
      SandboxedProcess waiting = session.start(launch("exec /usr/bin/python3 wait.py"));
      assertThat(waiting.waitFor()).isZero();
    }
  }

  @Test
  void auditOfProgramsIsRefusedWhereAChildsMemoryIsOutOfReach() throws Exception {
    HostFacts real = HostProbe.probe(Arch.current().orElseThrow());
    assumeTrue(real.listener() && real.reachesChild(), "the control opens a sandbox");
    Set<HostFacts.Feature> fewer = EnumSet.copyOf(real.features());
    fewer.remove(HostFacts.Feature.CHILD_MEMORY);
    HostFacts blind =
        new HostFacts(
            real.kernel(), real.arch(), real.abi(), real.seccomp(), fewer, real.cgroups());
    EffectivePolicy policy =
        EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current(workspace));
    Kernel kernel = new Kernel(real.arch().orElseThrow());
    EventSink programs =
        (EventSink)
            Proxy.newProxyInstance(
                EventSink.class.getClassLoader(),
                new Class<?>[] {EventSink.class},
                (sink, method, arguments) ->
                    method.getName().equals("observes")
                        ? Set.of(EventSink.Observation.COMMANDS)
                        : method.invoke(EventSink.NONE, arguments));
    assertThatThrownBy(() -> LinuxSession.open(kernel, blind, policy, programs))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("onExecuted: nothing hears of these here")
        .hasMessageContaining("process_vm_readv");
    LinuxSession.open(kernel, blind, policy, EventSink.NONE).close();
    LinuxSession.open(kernel, real, policy, programs).close();
  }

  private static HostFacts facts(HostFacts real, LandlockAbi abi, boolean waitKillable) {
    return new HostFacts(
        real.kernel(),
        real.arch(),
        abi,
        new HostFacts.SeccompNotification(real.listenerProblem(), waitKillable),
        real.features(),
        real.cgroups());
  }

  private Launch launch(String script) {
    return new Launch(
        1,
        List.of("/bin/sh", "-c", script),
        workspace,
        CommandEnvironment.of(java.util.Map.of("PATH", "/usr/bin:/bin")),
        ProcessBuilder.Redirect.PIPE,
        ProcessBuilder.Redirect.DISCARD,
        ProcessBuilder.Redirect.DISCARD,
        false,
        org.ringfence.policy.Limits.NONE,
        java.util.Optional.empty());
  }

  private static long running(String commandLine) throws IOException {
    long count = 0;
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      for (Path process : (Iterable<Path>) all::iterator) {
        Path line = process.resolve("cmdline");
        try {
          if (Files.isReadable(line)
              && Files.readString(line, StandardCharsets.ISO_8859_1).startsWith(commandLine)) {
            count++;
          }
        } catch (IOException e) {
          // The process ended meanwhile.
          continue;
        }
      }
    }
    return count;
  }
}
