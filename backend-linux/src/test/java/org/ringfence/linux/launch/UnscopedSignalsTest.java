package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.LandlockPlanner;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.probe.HostProbe;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Limits;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Launch;

/** Signals and ends commands with the facts of a Landlock that does not scope signals (ABI 5). */
@EnabledOnOs(OS.LINUX)
class UnscopedSignalsTest {
  private static final int ABI_WITHOUT_SCOPES = 5;
  private static final String PYTHON = "/usr/bin/python3";

  /** Prints the result of each call that signals a process, by all of its numbers. */
  private static final String CALLS =
      """
      import ctypes, errno, os, platform, struct, sys
      libc = ctypes.CDLL(None, use_errno=True)
      arm = platform.machine() == 'aarch64'
      KILL, TKILL, TGKILL, QUEUE, TGQUEUE = (129, 130, 131, 138, 240) if arm else (62, 200, 234, 129, 297)
      PIDFD_SEND, PIDFD_OPEN, PIDFD_THREAD = 424, 434, 0x80
      def call(number, *args):
        ok = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in args]) >= 0
        return 'OK' if ok else errno.errorcode[ctypes.get_errno()]
      def info(signal, code=-1):
        text = ctypes.create_string_buffer(128)
        struct.pack_into('iiiiII', text, 0, signal, 0, code, 0, os.getpid(), os.getuid())
        return text
      def each(target, thread, signal):
        yield 'kill', call(KILL, target, signal)
        yield 'kill by thread', call(KILL, thread, signal)
        yield 'tkill', call(TKILL, thread, signal)
        yield 'tgkill', call(TGKILL, target, thread, signal)
        yield 'rt_sigqueueinfo', call(QUEUE, target, signal, info(signal))
        yield 'rt_tgsigqueueinfo', call(TGQUEUE, target, thread, signal, info(signal))
        for name, number, flags in ('pidfd', target, 0), ('pidfd of thread', thread, PIDFD_THREAD):
          fd = libc.syscall(PIDFD_OPEN, number, flags)
          if fd >= 0:
            yield name, call(PIDFD_SEND, fd, signal, 0, 0)
            yield name + ' with info', call(PIDFD_SEND, fd, signal, info(signal), 0)
            os.close(fd)
        fd = os.open('/proc/%d' % thread, os.O_RDONLY)
        yield 'directory', call(PIDFD_SEND, fd, signal, 0, 0)
        os.close(fd)
      """;

  private static final String ATTACKS =
      """
      import array, fcntl, signal, socket, threading, time
      outside = int(sys.argv[1])
      wrong = []
      def expect(what, got, wanted):
        if got != wanted: wrong.append('%s: %s, not %s' % (what, got, wanted))
      def tried(action):
        try: action()
        except OSError as e: return errno.errorcode[e.errno]
        return 'OK'
      def child(action):
        pid = os.fork()
        if pid == 0:
          try: action()
          finally: os._exit(0)
        return pid
      def ended(pid): return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
      def sleeper(): time.sleep(60)
      jvm = os.getppid()
      for target in outside, jvm, 1:
        for number in 0, signal.SIGKILL:
          for name, got in each(target, target, number): expect('%s of %d' % (name, target), got, 'EPERM')
      for thread in os.listdir('/proc/%d/task' % jvm):
        for number in 0, signal.SIGKILL:
          for name, got in each(jvm, int(thread), number):
            # A thread of the JVM may have ended meanwhile.
            if got != 'ESRCH': expect('%s of a thread of the JVM' % name, got, 'EPERM')
      expect('group outside', call(KILL, -os.getpgid(outside), signal.SIGKILL), 'EPERM')
      expect('no process', call(KILL, 2 ** 22 - 1, 0), 'ESRCH')
      expect('no signal', call(KILL, os.getpid(), 99), 'EINVAL')
      # Own processes: the positive controls.
      for name, got in each(os.getpid(), os.getpid(), 0): expect('itself, ' + name, got, 'OK')
      pid = child(sleeper)
      for name, got in each(pid, pid, 0): expect('child, ' + name, got, 'OK')
      expect('kill', call(KILL, pid, signal.SIGTERM), 'OK'); expect('kill ends', ended(pid), -15)
      expect('reaped', call(KILL, pid, 0), 'ESRCH')
      pid = child(sleeper)
      expect('forged code', call(QUEUE, pid, 9, info(9, 0)), 'EPERM')
      expect('queue', call(QUEUE, pid, 15, info(15)), 'OK'); expect('queue ends', ended(pid), -15)
      pid = child(lambda: None); time.sleep(0.2)
      expect('zombie', call(KILL, pid, 0), 'OK'); ended(pid)
      read, write = os.pipe()
      def daemon():
        os.setsid()
        os.write(write, struct.pack('i', child(sleeper)))
      ended(child(daemon))
      expect('orphan', call(KILL, struct.unpack('i', os.read(read, 4))[0], 9), 'OK')
      def group():
        os.setsid(); child(sleeper); os.kill(0, signal.SIGTERM); time.sleep(60)
      expect('own group', ended(child(group)), -15)
      pid = child(sleeper)
      signal.signal(signal.SIGUSR1, lambda *a: expect('-1 spares', 'the caller', 'not'))
      expect('-1', call(KILL, -1, signal.SIGUSR1), 'OK'); expect('-1 ends', ended(pid), -10)
      signal.signal(signal.SIGUSR1, signal.SIG_IGN)
      over = threading.Event(); thread = threading.Thread(target=over.wait); thread.start()
      for name, got in each(os.getpid(), thread.native_id, signal.SIGUSR1): expect('own thread, ' + name, got, 'OK')
      over.set(); thread.join()
      signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
      pid = child(lambda: os.kill(os.getppid(), signal.SIGUSR2))
      got = signal.sigwaitinfo([signal.SIGUSR2]); ended(pid)
      expect('sender', (got.si_pid, got.si_uid), (pid, os.getuid()))
      os.kill(os.getpid(), signal.SIGUSR2)
      expect('own code', signal.sigwaitinfo([signal.SIGUSR2]).si_code, 0)
      # The kernel signals the owner of a descriptor.
      one, other = socket.socketpair()
      for name, command, value, error in ('F_SETOWN', 8, outside, 'EPERM'), ('group', 8, -os.getpgid(outside), 'EPERM'), ('F_SETOWN_EX', 15, struct.pack('ii', 1, outside), 'EINVAL'):
        expect(name, tried(lambda: fcntl.fcntl(one, command, value)), error)
      for request in 0x8901, 0x8902:
        expect('ioctl', tried(lambda: fcntl.ioctl(one, request, array.array('i', [outside]))), 'EPERM')
      seen = threading.Event(); signal.signal(signal.SIGIO, lambda *a: seen.set())
      expect('own owner', tried(lambda: fcntl.fcntl(one, 8, os.getpid())), 'OK')
      expect('O_ASYNC', tried(lambda: fcntl.fcntl(one, 4, fcntl.fcntl(one, 3) | 0x2000)), 'OK')
      other.send(b'x'); expect('SIGIO', seen.wait(20), True)
      expect('FIOASYNC', tried(lambda: fcntl.ioctl(one, 0x5452, array.array('i', [0]))), 'OK')
      master, slave = os.openpty()
      expect('terminal', tried(lambda: fcntl.fcntl(slave, 4, 0x2000)), 'EPERM')
      # The mark.
      limit = ctypes.create_string_buffer(struct.pack('qq', 1, 1))
      expect('mark', (call(164 if arm else 160, 10, limit), call(261 if arm else 302, 0, 10, limit, 0)), ('EPERM', 'EPERM'))
      print(*wrong, sep='\\n', end='')
      """;

  private static final int CHAINS = 3;

  /** Chains of processes in sessions of their own, each of which makes another and ends. */
  private static final String STORM =
      """
      import os, signal, sys, time
      for number in range(1, 65):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
      for chain in range(CHAINS):
        if os.fork() == 0:
          os.setsid()
          open('group-%d' % os.getpid(), 'x').close()
          while True:
            try:
              if os.fork(): os._exit(0)
            except OSError: pass
      while sum(name.startswith('group-') for name in os.listdir()) < CHAINS: time.sleep(0.01)
      print('up', flush=True)
      if sys.argv[1] == 'stays': time.sleep(1000)
      """
          .replace("CHAINS", Integer.toString(CHAINS));

  private static final long PATIENCE_SECONDS = 60;

  @TempDir private Path workspace;

  @BeforeEach
  void assumePython() {
    assumeTrue(Files.isExecutable(Path.of(PYTHON)), "there is no Python");
  }

  private static Kernel kernel() {
    return new Kernel(Arch.current().orElseThrow());
  }

  private static HostFacts facts() {
    HostFacts facts = HostProbe.probe(Arch.current().orElseThrow()).atMost(ABI_WITHOUT_SCOPES);
    assumeTrue(facts.abi().version() > 0, "there is no Landlock");
    return facts;
  }

  private static EffectivePolicy policy(Path workspace) {
    return EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current(workspace));
  }

  static Launch launch(Path directory, String script, String... arguments) {
    return new Launch(
        1,
        Stream.concat(Stream.of(PYTHON, "-c", script), Stream.of(arguments)).toList(),
        directory,
        new CommandEnvironment(Map.of("PATH", "/usr/bin:/bin"), Map.of(), Map.of()),
        Redirect.PIPE,
        Redirect.PIPE,
        Redirect.INHERIT,
        false,
        Limits.NONE,
        Optional.empty());
  }

  private LinuxSession open(Path directory) throws Exception {
    return LinuxSession.open(kernel(), facts(), policy(directory), EventSink.NONE);
  }

  private static String said(Process process) throws Exception {
    try (InputStream output = process.getInputStream()) {
      String said = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      return said;
    }
  }

  @Test
  void planEnforcesSignalsAndLifetimeByTheSupervisor() {
    assertThat(LandlockPlanner.plan(policy(workspace), facts()))
        .filteredOn(each -> each.id().matches("process.signals|lifetime\\..*"))
        .hasSize(3)
        .allMatch(each -> each.level() == Enforcement.ENFORCED)
        .extracting(PlannedGuarantee::mechanism)
        .allMatch(mechanism -> mechanism.contains("mark"));
  }

  @Test
  void commandSignalsItsOwnProcessesAlone() throws Exception {
    Process outside = new ProcessBuilder("sleep", "1000").start();
    try (LinuxSession session = open(workspace)) {
      String pid = Long.toString(outside.pid());
      assertThat(said(session.start(launch(workspace, CALLS + ATTACKS, pid)))).isEmpty();
      assertThat(outside.isAlive()).isTrue();
      // The control: outside the sandbox each of these calls reaches the process.
      String control =
          CALLS + "print({got for name, got in each(int(sys.argv[1]), int(sys.argv[1]), 0)})";
      assertThat(said(new ProcessBuilder(PYTHON, "-c", control, pid).start()).strip())
          .isEqualTo("{'OK'}");
    } finally {
      outside.destroyForcibly();
    }
  }

  @Test
  void commandDoesNotSignalAnotherCommandOfItsSandbox() throws Exception {
    try (LinuxSession session = open(workspace)) {
      SandboxedProcess other = session.start(launch(workspace, "import time; time.sleep(1000)"));
      String kill =
          CALLS + "print({got for name, got in each(int(sys.argv[1]), int(sys.argv[1]), 9)})";
      assertThat(said(session.start(launch(workspace, kill, Long.toString(other.pid())))).strip())
          .isEqualTo("{'EPERM'}");
      assertThat(other.isAlive()).isTrue();
    }
  }

  @Test
  void stormOfForksEndsWithItsCommand() throws Exception {
    try (LinuxSession session = open(workspace)) {
      assertThat(said(session.start(launch(workspace, STORM, "ends")))).isEqualTo("up\n");
      assertEnds(groups(workspace));
    }
  }

  @Test
  void stormOfForksEndsWhenItsCommandIsDestroyed() throws Exception {
    try (LinuxSession session = open(workspace)) {
      SandboxedProcess storm = session.start(launch(workspace, STORM, "stays"));
      assertThat(storm.inputReader().readLine()).isEqualTo("up");
      List<Integer> groups = groups(workspace);
      assertThat(groups).allMatch(UnscopedSignalsTest::lives);
      storm.destroyForcibly().waitFor();
      assertEnds(groups);
    }
  }

  /** A JVM with a storm in its sandbox. */
  static final class Stormy {
    private Stormy() {}

    public static void main(String[] args) throws Exception {
      Path workspace = Path.of(args[0]);
      LinuxSession session =
          LinuxSession.open(kernel(), facts(), policy(workspace), EventSink.NONE);
      Process storm = session.start(launch(workspace, STORM, "stays"));
      System.out.println(storm.inputReader().readLine());
      Thread.sleep(Long.MAX_VALUE);
    }
  }

  @Test
  void stormOfForksEndsWithTheKilledJvm() throws Exception {
    Process jvm = UnscopedKillTest.start(Stormy.class, workspace.toString());
    try {
      assertThat(groups(workspace)).allMatch(UnscopedSignalsTest::lives);
    } finally {
      jvm.destroyForcibly().waitFor();
    }
    assertEnds(groups(workspace));
  }

  /** Asserts that no group has a member, soon: a killed process is one until its parent waits. */
  private static void assertEnds(List<Integer> groups) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (groups.stream().anyMatch(UnscopedSignalsTest::lives) && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    List<Integer> left = groups.stream().filter(UnscopedSignalsTest::lives).toList();
    left.forEach(group -> kernel().call(Syscall.KILL, -group, Constants.SIGKILL));
    assertThat(left).isEmpty();
  }

  /** Returns whether a group has a member, which the kernel looks at in one step. */
  private static boolean lives(int group) {
    return kernel().call(Syscall.KILL, -group, 0) >= 0;
  }

  /** Returns the groups of the chains, which each has noted in the workspace. */
  private static List<Integer> groups(Path workspace) throws IOException {
    try (Stream<Path> files = Files.list(workspace)) {
      List<Integer> groups =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.startsWith("group-"))
              .map(name -> Integer.parseInt(name.substring("group-".length())))
              .toList();
      assertThat(groups).hasSize(CHAINS);
      return groups;
    }
  }
}
