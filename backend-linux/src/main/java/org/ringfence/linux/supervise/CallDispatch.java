package org.ringfence.linux.supervise;

import static org.ringfence.linux.bind.Constants.EPOLLHUP;
import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.EPOLLOUT;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.ringfence.linux.bind.EventPoll;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.files.FileLocks;
import org.ringfence.linux.files.FileSetting;
import org.ringfence.linux.files.MetadataCalls;
import org.ringfence.linux.files.NameCalls;
import org.ringfence.linux.net.SandboxNetwork;
import org.ringfence.linux.path.NameDecisions;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.linux.plan.SeccompFilter;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.Reporter;
import org.ringfence.linux.task.CallerRights;
import org.ringfence.linux.task.CallerUmasks;
import org.ringfence.linux.task.CoreDumps;
import org.ringfence.linux.task.Deadlines;
import org.ringfence.linux.task.OwnDescriptors;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.WaitingCalls;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.EventSink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes each trapped call to the class that answers it, and knows all of these classes: the limits
 * of a command, its set-up, its record, and the decisions of the policy. The supervisor's serving
 * thread calls it.
 */
final class CallDispatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CallDispatch.class);
  private static final long SOON_NANOS = 200_000;

  private final EventPoll poll;
  private final PathResolver paths;
  private final Set<SupervisedCommand> commands;
  private final Map<Integer, Syscall> trapped = new HashMap<>();
  private final WaitingCalls waiting;
  private final CallerUmasks umasks;
  private final SandboxNetwork network;
  private final DecidedCalls decided;
  private final ClosedCalls closed;
  private final TracingCalls tracing;
  private final MarkGate marks;
  private final UnscopedSignalCalls unscoped;
  private final UnscopedOwnerCalls owners;
  private final LimitGate gate;
  private final SetUpPhase setUp;
  private final CommandAudit audit;

  /**
   * Makes the classes that answer calls.
   *
   * @param setting the parameters of the supervisor
   * @param paths resolves names
   * @param poll watches descriptors for this class
   * @param deadlines the supervisor's timers
   * @param reporter reports to the listener
   * @param firsts the first processes of namespaces
   * @param commands the running commands
   * @throws IOException if a part cannot be made
   */
  CallDispatch(
      Supervisor.Setting setting,
      PathResolver paths,
      EventPoll poll,
      Deadlines deadlines,
      Reporter reporter,
      FirstProcesses firsts,
      Set<SupervisedCommand> commands)
      throws IOException {
    Kernel kernel = setting.kernel();
    FileView view = setting.view();
    Supervision supervision = setting.supervision();
    EffectivePolicy policy = view.policy();
    boolean root = setting.user() == 0;
    this.poll = poll;
    this.paths = paths;
    this.commands = commands;
    CallerRights rights = new CallerRights(kernel, root);
    this.waiting = new WaitingCalls(kernel, rights);
    this.umasks = new CallerUmasks(kernel);
    OwnDescriptors ownDescriptors = new OwnDescriptors(kernel);
    NameDecisions names = new NameDecisions(kernel, paths, view, reporter::violation);
    this.network =
        new SandboxNetwork(
            new SandboxNetwork.Setting(
                kernel,
                paths,
                view,
                names,
                supervision,
                policy.policy().network(),
                root,
                reporter,
                deadlines,
                waiting,
                ownDescriptors,
                setting.room()),
            setting.listener(),
            this::watchConnect,
            poll::remove);
    boolean done = false;
    try {
      FileSetting files =
          new FileSetting(kernel, paths, view, reporter::violation, waiting, umasks);
      NameCalls nameCalls = new NameCalls(files, supervision, network.own(), names);
      this.decided =
          new DecidedCalls(
              rights,
              nameCalls,
              new MetadataCalls(files, names.git(), nameCalls.guard(), setting.user()),
              new FileLocks(files),
              network,
              ownDescriptors,
              new CoreDumps(kernel),
              waiting);
      this.closed =
          new ClosedCalls(
              kernel,
              supervision.opens()
                  ? SeccompCompiler.compile(policy, supervision.unobserved())
                  : new SeccompFilter(List.of()),
              reporter);
      this.tracing = new TracingCalls(kernel);
      this.marks = setting.marks() == null ? null : new MarkGate(kernel, setting.marks(), commands);
      this.unscoped =
          setting.marks() == null
              ? null
              : new UnscopedSignalCalls(kernel, setting.marks(), root, !setting.waitKillable());
      this.owners = new UnscopedOwnerCalls(kernel);
      this.gate =
          new LimitGate(
              kernel,
              policy.policy().limits(),
              setting.cgroup(),
              LimitGate.processesAbove(view, supervision));
      this.audit =
          supervision.commands()
                  && setting.listener().observes().contains(EventSink.Observation.COMMANDS)
              ? new CommandAudit(kernel, paths, reporter)
              : null;
      for (Syscall syscall : Syscall.values()) {
        trapped.put(syscall.number(kernel.arch()), syscall);
      }
      this.setUp =
          supervision.inNamespaces()
              ? new SetUpPhase(
                  kernel,
                  filters(kernel) + (supervision.sparesThread() ? 2 : 1),
                  action -> deadlines.add(SOON_NANOS, action),
                  firsts::take)
              : null;
      done = true;
    } finally {
      if (!done) {
        network.close();
      }
    }
  }

  /** Returns the number of seccomp filters on this JVM itself. */
  private static long filters(Kernel kernel) throws IOException {
    try {
      return new TargetMemory(kernel).filters((int) ProcessHandle.current().pid());
    } catch (TargetMemory.AccessException e) {
      throw new IOException("the kernel does not count seccomp filters (Linux 5.10 does)", e);
    }
  }

  private boolean watchConnect(int fd) {
    try {
      poll.add(fd, EPOLLOUT, PollData.CONNECT + fd);
      poll.wake();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void watchProcess(int pidfd) {
    try {
      poll.add(pidfd, EPOLLIN, PollData.PROCESS + pidfd);
    } catch (IOException e) {
      LOG.warn("the end of an executed command will not be recorded: {}", e.getMessage());
    }
  }

  /**
   * Answers a call.
   *
   * @throws RejectedExecutionException if it would have to wait and too many calls do
   */
  void answer(SyscallNotification call) {
    Syscall syscall = trapped.get(call.number());
    if (syscall == null) {
      call.fail(Errno.ENOSYS);
      return;
    }
    if (setUp != null && (syscall == Syscall.PRCTL || syscall == Syscall.SECCOMP)) {
      setUp.loadsFilter(call);
      return;
    }
    if (setUp != null && setUp.includes(call.tid())) {
      call.proceed();
      return;
    }
    if (syscall == Syscall.EXECVE || syscall == Syscall.EXECVEAT) {
      if (marks != null && !marks.admits(syscall, call)) {
        return;
      }
      if (audit != null) {
        audit.executes(syscall, call, commands).ifPresent(this::watchProcess);
      }
      gate.answer(call);
      return;
    }
    if (closed.refuses(syscall, call)) {
      return;
    }
    if (syscall == Syscall.PTRACE) {
      tracing.answer(call);
      return;
    }
    if (marks != null && answered(syscall, call)) {
      return;
    }
    decided.answer(syscall, call);
  }

  /** Answers a call that only sandboxes without a signal scope send here. */
  private boolean answered(Syscall syscall, SyscallNotification call) {
    if (Syscall.SIGNALS.contains(syscall)) {
      unscoped.answer(syscall, call);
      return true;
    }
    if (UnscopedOwnerCalls.include(syscall, call)) {
      owners.answer(syscall, call);
      return true;
    }
    if (syscall == Syscall.SETSID || syscall == Syscall.SETPGID) {
      marks.groups(syscall, call);
      return true;
    }
    return false;
  }

  /** Handles a watched descriptor of a connect that is writable. */
  void connectReady(int fd) {
    network.ready(fd);
  }

  /**
   * Handles the end of a process. Linux 6.15 reports the hang-up when the process's parent has
   * waited for it.
   */
  void processEnded(int pidfd, int events) {
    if (!audit.ended(pidfd, (events & EPOLLHUP) != 0)) {
      try {
        poll.change(pidfd, 0, PollData.PROCESS + pidfd);
      } catch (IOException e) {
        audit.ended(pidfd, true);
      }
    }
  }

  /** Records that a command is about to start. */
  void launching() {
    if (setUp != null) {
      setUp.launching();
    }
  }

  /** Records that no command lives any more. */
  void noneLeft() {
    umasks.forget();
    if (setUp != null) {
      setUp.noneLeft();
    }
  }

  @Override
  public void close() {
    // Before the network: a call that waits may still connect.
    waiting.close();
    decided.close();
    umasks.close();
    network.close();
    paths.terminals().close();
    tracing.close();
    if (audit != null) {
      audit.close();
    }
  }
}
