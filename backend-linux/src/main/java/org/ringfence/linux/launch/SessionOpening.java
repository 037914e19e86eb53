package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.SECCOMP_FILTER_FLAG_NEW_LISTENER;
import static org.ringfence.linux.bind.Constants.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
import static org.ringfence.linux.bind.Constants.SECCOMP_IOCTL_NOTIF_SET_FLAGS;
import static org.ringfence.linux.bind.Constants.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.Termination;
import org.ringfence.kit.process.ExitStatus;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.FutexWord;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.cgroup.SandboxCgroup;
import org.ringfence.linux.cgroup.UserSystemd;
import org.ringfence.linux.names.ExistingNames;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.HostFacts.CgroupParent;
import org.ringfence.linux.plan.HostFacts.Feature;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.LandlockCompiler;
import org.ringfence.linux.plan.LandlockRuleset;
import org.ringfence.linux.plan.LandlockRuleset.PathRule;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.linux.plan.SeccompFilter;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.restricted.CommandThread;
import org.ringfence.linux.restricted.SandboxThread;
import org.ringfence.linux.restricted.SpawnOrders;
import org.ringfence.linux.restricted.Watchdog;
import org.ringfence.linux.socket.SocketRoom;
import org.ringfence.linux.supervise.Supervisor;
import org.ringfence.linux.supervise.WallClock;
import org.ringfence.linux.task.Exhaustion;
import org.ringfence.linux.task.HeldCall;
import org.ringfence.linux.task.MarkedProcesses;
import org.ringfence.linux.task.ProcessMarks;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.EventSink;

/**
 * Opens a sandbox: starts its threads, installs its filter, and undoes all of that when a part
 * fails.
 *
 * @param kernel the system calls
 * @param facts the facts of the machine
 * @param view the policy and how the sandbox sees paths
 * @param supervision which calls the supervisor answers
 * @param bubblewrap the features of the program that makes namespaces; empty for none
 */
record SessionOpening(
    Kernel kernel,
    HostFacts facts,
    FileView view,
    Supervision supervision,
    Optional<BubblewrapFeatures> bubblewrap) {

  EffectivePolicy policy() {
    return view.policy();
  }

  /** Refuses what would be lost in silence: an audit log without programs must not look whole. */
  private void demandObservable(Set<EventSink.Observation> observed) throws SandboxException {
    Set<EventSink.Observation> lost = Set.of();
    if (!facts.listener()) {
      lost = observed;
    } else if (!facts.reachesChild() && observed.contains(EventSink.Observation.COMMANDS)) {
      lost = Set.of(EventSink.Observation.COMMANDS);
    }
    if (!lost.isEmpty()) {
      throw new SandboxException(
          EventSink.Observation.hooks(lost)
              + ": nothing hears of these here: "
              + (facts.listener() ? facts.childProblem() : facts.listenerProblem())
              + "; leave them out");
    }
  }

  /**
   * Opens the sandbox.
   *
   * @throws SandboxException if it cannot be opened; no resources remain
   */
  LinuxSession open(EventSink listener) throws SandboxException {
    touchClasses();
    demandObservable(listener.observes());
    EffectivePolicy policy = policy();
    Descriptors descriptors = new Descriptors(kernel);
    Landlock landlock = new Landlock(kernel);
    SessionParts parts = new SessionParts();
    boolean done = false;
    try {
      LandlockAbi abi = facts.abi();
      boolean namespaces = bubblewrap.isPresent();
      LandlockRuleset ruleset =
          namespaces
              ? LandlockCompiler.compileWithoutFiles(policy, abi)
              : LandlockCompiler.compile(policy, abi, ReadableTree.ofHost(kernel));
      parts.ruleset = new CommandRuleset(kernel, ruleset, abi);
      int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      parts.cgroup = cgroup();
      parts.room = room();
      parts.marks =
          supervision.signals() == Supervision.Signals.DECIDE ? new ProcessMarks(kernel) : null;
      parts.supervisor =
          new Supervisor(
              new Supervisor.Setting(
                  kernel,
                  view,
                  supervision,
                  uid,
                  parts.cgroup,
                  parts.room,
                  parts.marks,
                  facts.seccomp().waitKillable(),
                  listener));
      int scope = abi.scopes() ? landlock.create(scopeOnly(!namespaces), abi) : -1;
      try {
        parts.sandboxThread = new SandboxThread(kernel, scope, facts.has(Feature.ROOT), namespaces);
      } finally {
        descriptors.close(scope);
      }
      boolean ownPids = namespaces && policy.policy().lifetime().onRootExit() == Leftovers.KILL;
      if ((abi.scopes() || ownPids || parts.marks != null)
          && facts.has(Feature.SHELL)
          && policy.policy().lifetime().onJvmExit() == Leftovers.KILL) {
        parts.lifeline = abi.scopes() || parts.marks != null ? null : new Lifeline(descriptors);
        parts.watchdog =
            Watchdog.start(
                kernel,
                parts.sandboxThread,
                parts.supervisor.event(),
                parts.marks != null
                    ? new Watchdog.Marked(parts.marks.digits())
                    : parts.lifeline != null
                        ? new Watchdog.Held(parts.lifeline.read())
                        : new Watchdog.Scoped(),
                policy.places().privateTmp().orElse(""),
                parts.cgroup == null
                    ? ""
                    : parts.cgroup.leftBehind().map(Path::toString).orElse(""));
        parts.supervisor.watchedBy(parts.watchdog);
      }
      installFilter(parts);
      LinuxSession session = new LinuxSession(this, parts);
      done = true;
      return session;
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("sandbox: " + e.getMessage(), e);
    } finally {
      if (!done) {
        parts.close();
      }
    }
  }

  /** Returns the group that limits commands; null where the policy or the machine has none. */
  private SandboxCgroup cgroup() throws IOException {
    Limits limits = policy().policy().limits();
    if (!facts.listener() || limits.memory().isEmpty() && limits.processes().isEmpty()) {
      return null;
    }
    if (facts.cgroups() instanceof CgroupParent.Delegated delegated) {
      return SandboxCgroup.below(Path.of(delegated.directory()));
    }
    return facts.groups() ? SandboxCgroup.inScope(UserSystemd.find()) : null;
  }

  /** Returns the inet sockets' own namespace where the plan promised it; otherwise null. */
  private SocketRoom room() throws IOException {
    Optional<String> shell = bubblewrap.flatMap(BubblewrapFeatures::shell);
    return shell.isPresent() && facts.listener()
        ? new SocketRoom(kernel, bubblewrap.get().path(), shell.get())
        : null;
  }

  /**
   * Installs the filter after the watchdog starts, which must work when no supervisor answers the
   * listener any more.
   */
  private void installFilter(SessionParts parts) throws SandboxException, IOException {
    SeccompFilter all =
        facts.listener()
            ? SeccompCompiler.compile(policy(), supervision)
            : bubblewrap.isPresent()
                ? SeccompCompiler.compileAlone(policy())
                : SeccompCompiler.compile(policy(), supervision).withoutListener();
    SeccompFilter filter = all;
    if (bubblewrap.isPresent()) {
      if (Supervision.namesMounted(policy(), facts)) {
        parts.names = ExistingNames.find(kernel, policy());
      }
      parts.bubblewrap =
          new Bubblewrap(
              kernel,
              bubblewrap.get(),
              view,
              all.deciding().compile(kernel.arch()).bytes(),
              Optional.ofNullable(parts.lifeline),
              parts.names == null ? List.of() : parts.names.mounts());
      filter = all.notifying();
      if (!filter.needsListener()) {
        return;
      }
    }
    byte[] code = filter.compile(kernel.arch()).bytes();
    boolean listens = filter.needsListener();
    int flags =
        (listens ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0)
            | (listens && facts.seccomp().waitKillable()
                ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
                : 0);
    int listener;
    try (NativeBlock block = new NativeBlock(code.length + 64L)) {
      // struct sock_fprog of linux/filter.h
      long instructions = block.bytes(code);
      long program = block.allocate(16);
      block.setShort(program, (short) (code.length / 8));
      block.setLong(program + 8, instructions);
      listener = parts.sandboxThread.install(flags, program);
    }
    if (listens) {
      // Linux 6.6: the supervisor answers on the caller's processor; an error changes nothing.
      kernel.call(
          Syscall.IOCTL,
          listener,
          SECCOMP_IOCTL_NOTIF_SET_FLAGS,
          SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
      parts.supervisor.listen(listener);
    }
  }

  /**
   * Returns the domain around the sandbox: signals only. It has to give REFER everywhere, since a
   * ruleset that does not denies it (security/landlock/fs.c, LANDLOCK_ACCESS_FS_INITIALLY_DENIED).
   */
  private static LandlockRuleset scopeOnly(boolean withFiles) {
    if (!withFiles) {
      // Where no ruleset handles files, Landlock denies none, and permits mounts.
      return new LandlockRuleset(0, 0, LandlockAbi.SCOPE_SIGNAL, List.of());
    }
    return new LandlockRuleset(
        LandlockAbi.REFER,
        0,
        LandlockAbi.SCOPE_SIGNAL,
        List.of(new PathRule("/", LandlockAbi.REFER, "the domain around the sandbox")));
  }

  /**
   * A command thread cannot load classes: its descriptor table is not the one that jars are open
   * in.
   */
  private static void touchClasses() {
    // Code that has to work with a full heap is loaded before.
    for (Class<?> type :
        List.of(
            CommandThread.class,
            SpawnOrders.class,
            FutexWord.class,
            Errno.class,
            WallClock.class,
            WallClock.Timed.class,
            LinuxProcess.class,
            ExitStatus.class,
            SessionSweep.class,
            MarkedProcesses.class,
            Exhaustion.class,
            HeldCall.class,
            Termination.class,
            Termination.Cause.class)) {
      try {
        Class.forName(type.getName(), true, type.getClassLoader());
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
