package org.ringfence.linux.probe;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.CLONE_FS;
import static org.ringfence.linux.bind.Constants.PR_SET_NO_NEW_PRIVS;
import static org.ringfence.linux.bind.Constants.SECCOMP_FILTER_FLAG_NEW_LISTENER;
import static org.ringfence.linux.bind.Constants.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
import static org.ringfence.linux.bind.Constants.SECCOMP_SET_MODE_FILTER;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SO_COOKIE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.bind.RestrictedThread;
import org.ringfence.linux.bind.ThreadEnd;
import org.ringfence.linux.cgroup.CgroupSearch;
import org.ringfence.linux.launch.Landlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.linux.plan.HostFacts.CgroupParent;
import org.ringfence.linux.plan.HostFacts.Feature;
import org.ringfence.linux.plan.HostFacts.SeccompNotification;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.plan.Verdict;
import org.ringfence.linux.restricted.CommandThread;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.socket.OwnSockets.UnixSocket;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.ProcessMarks;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/** Detects by trials which features this machine has. Does not change the JVM. */
public final class HostProbe {
  private static final Path YAMA = Path.of("/proc/sys/kernel/yama/ptrace_scope");
  // Yama: 0 and 1 let a parent reach its descendants (Documentation/admin-guide/LSM/Yama.rst).
  private static final int YAMA_DESCENDANTS = 1;

  private static final Pattern HIDING = Pattern.compile("hidepid=(?:2|4|invisible|ptraceable)");

  // The largest number of the kernel's unsigned type; an open descriptor is a positive int.
  private static final long LAST_DESCRIPTOR = 0xffffffffL;

  private final Kernel kernel;
  private final Descriptors descriptors;

  private HostProbe(Kernel kernel) {
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
  }

  /**
   * Probes the machine.
   *
   * @param arch the architecture of this JVM
   * @return the facts
   */
  public static HostFacts probe(Arch arch) {
    Kernel kernel = new Kernel(arch);
    return new HostProbe(kernel).facts(arch);
  }

  private HostFacts facts(Arch arch) {
    LandlockAbi abi = new Landlock(kernel).abi();
    int listenerError = installListener();
    boolean waitKillable =
        flagKnown(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
    return new HostFacts(
        System.getProperty("os.version"),
        Optional.of(arch),
        abi,
        new SeccompNotification(
            listenerError == 0 ? "" : listenerProblem(listenerError), waitKillable),
        features(),
        cgroups());
  }

  private static CgroupParent cgroups() {
    CgroupParent found = new CgroupSearch(Path.of("/proc/self")).search();
    return found instanceof CgroupParent.None none
        ? CgroupParent.none(none.problem() + "; " + ScopeProbe.manager())
        : found;
  }

  private Set<Feature> features() {
    Map<Feature, Boolean> found = new EnumMap<>(Feature.class);
    found.put(Feature.YAMA_PERMITS, yamaPermits());
    found.put(Feature.CHILD_MEMORY, readsChild());
    found.put(Feature.CHILD_DESCRIPTORS, copiesDescriptors());
    found.put(Feature.OWN_FILE_STATE, ownFileState());
    found.put(Feature.LOOPBACK_BINDING, loopbackBinding());
    found.put(Feature.CLOSE_RANGE, closeRange());
    found.put(Feature.UNIX_DIAG, unixDiag());
    found.put(
        Feature.MARKED_PROCESSES, ProcessMarks.possible(kernel) && listsProcesses() && hasGrep());
    found.put(Feature.SHELL, Files.isExecutable(Path.of("/bin/sh")));
    found.put(Feature.ROOT, Integer.valueOf(0).equals(uid()));
    found.values().removeIf(present -> !present);
    return found.keySet();
  }

  /**
   * Returns whether the kernel knows flags: with a NULL program it fails with EFAULT once it has
   * accepted them.
   */
  private boolean flagKnown(int flags) {
    return kernel.call(Syscall.SECCOMP, SECCOMP_SET_MODE_FILTER, flags, 0) == -Errno.EFAULT.value();
  }

  /** Installs a filter that allows everything on a thread that ends at once. */
  private int installListener() {
    try (NativeBlock block = new NativeBlock(64)) {
      // struct sock_filter: BPF_RET | BPF_K; then struct sock_fprog.
      long code = block.allocate(8);
      block.setShort(code, (short) 0x06);
      block.setInt(code + 4, Verdict.RET_ALLOW);
      long program = block.allocate(16);
      block.setShort(program, (short) 1);
      block.setLong(program + 8, code);
      AtomicInteger error = new AtomicInteger();
      Thread trial =
          new Thread(() -> error.set(install(program)), CommandThread.THREAD_NAME + "probe");
      trial.setDaemon(true);
      trial.start();
      ThreadEnd.await(trial);
      return error.get();
    }
  }

  @RestrictedThread
  private int install(long program) {
    long result = kernel.call(Syscall.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0);
    if (result >= 0) {
      result =
          kernel.call(
              Syscall.SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, program);
    }
    if (result >= 0) {
      kernel.call(Syscall.CLOSE, result);
      return 0;
    }
    return (int) -result;
  }

  private static String listenerProblem(int error) {
    return error == Errno.ENOSYS.value()
        ? "the kernel has no seccomp filters"
        : error == Errno.EBUSY.value()
            ? inWsl()
                ? HostFacts.LISTENER_OF_WSL
                : "an outer sandbox already has a seccomp listener"
            : "seccomp listener: " + Errno.name(error);
  }

  /** Returns whether the kernel is that of WSL2. */
  private static boolean inWsl() {
    return System.getProperty("os.version").toLowerCase(Locale.ROOT).contains("microsoft");
  }

  private static boolean yamaPermits() {
    try {
      return !Files.exists(YAMA)
          || Integer.parseInt(Files.readString(YAMA).trim()) <= YAMA_DESCENDANTS;
    } catch (IOException | NumberFormatException e) {
      return false;
    }
  }

  /** This process serves as the child: the call has to exist. */
  private boolean readsChild() {
    try (NativeBlock block = new NativeBlock(64)) {
      byte[] pattern = {1, 2, 3, 0};
      int pid = (int) ProcessHandle.current().pid();
      byte[] read = new TargetMemory(kernel).read(pid, block.bytes(pattern), pattern.length);
      return Arrays.equals(pattern, read);
    } catch (AccessException e) {
      return false;
    }
  }

  private boolean copiesDescriptors() {
    try {
      int event = descriptors.event();
      try {
        TargetMemory child = new TargetMemory(kernel);
        child.close(child.descriptor((int) ProcessHandle.current().pid(), event));
        return true;
      } finally {
        descriptors.close(event);
      }
    } catch (AccessException | IOException e) {
      return false;
    }
  }

  /** Gives a thread that ends at once a umask and a directory of its own. */
  private boolean ownFileState() {
    AtomicLong result = new AtomicLong();
    Thread trial =
        new Thread(
            () -> result.set(kernel.call(Syscall.UNSHARE, CLONE_FS)), "ringfence-probe-unshare");
    trial.setDaemon(true);
    trial.start();
    ThreadEnd.await(trial);
    return result.get() == 0;
  }

  /** Closes a range in which no descriptor can be. */
  private boolean closeRange() {
    return kernel.call(Syscall.CLOSE_RANGE, LAST_DESCRIPTOR, LAST_DESCRIPTOR, 0) == 0;
  }

  /**
   * Returns whether /proc lists every process of this user; with hidepid=2 (invisible) and 4
   * (ptraceable) it leaves out those that cannot be traced (Documentation/filesystems/proc.rst).
   */
  private static boolean listsProcesses() {
    try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
      return mounts
          .filter(line -> line.split(" ")[4].equals("/proc"))
          .noneMatch(line -> HIDING.matcher(line).find());
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  /** The watchdog looks for marks with it. */
  private static boolean hasGrep() {
    return Stream.of("/usr/bin/grep", "/bin/grep").map(Path::of).anyMatch(Files::isExecutable);
  }

  private boolean loopbackBinding() {
    long fd = kernel.call(Syscall.SOCKET, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      return false;
    }
    try {
      new SocketOptions(kernel).tieToLoopback((int) fd);
      return true;
    } catch (AccessException e) {
      return false;
    } finally {
      descriptors.close((int) fd);
    }
  }

  private boolean unixDiag() {
    long fd = kernel.call(Syscall.SOCKET, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      return false;
    }
    try {
      UnixSocket socket =
          new UnixSocket(
              new SocketOptions(kernel).inode((int) fd, new PathResolver(kernel)),
              new SocketOptions(kernel).getLong((int) fd, SO_COOKIE));
      return OwnSockets.unixDiagWorks(kernel, socket);
    } catch (AccessException e) {
      return false;
    } finally {
      descriptors.close((int) fd);
    }
  }

  private static Object uid() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      return null;
    }
  }
}
