package org.ringfence.linux.plan;

import static org.ringfence.linux.plan.SyscallRule.Test.anyBit;
import static org.ringfence.linux.plan.SyscallRule.Test.equal;
import static org.ringfence.linux.plan.SyscallRule.Test.masked;
import static org.ringfence.linux.plan.SyscallRule.Test.pointerSet;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.ringfence.linux.plan.SyscallRule.Clause;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.ProcessGrant;

/** Compiles a policy to a seccomp filter. Pure. */
public final class SeccompCompiler {
  // linux/sched.h: CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
  private static final int NEW_NAMESPACES =
      0x00000080
          | 0x00020000
          | 0x02000000
          | 0x04000000
          | 0x08000000
          | 0x10000000
          | 0x20000000
          | 0x40000000;
  // linux/sched.h
  private static final int CLONE_PARENT = 0x00008000;
  private static final int CLONE_FILES = 0x00000400;
  private static final int CLONE_THREAD = 0x00010000;
  // clone(2) takes the exit signal in the low byte, where CLONE_NEWTIME would be.
  private static final int NEW_NAMESPACES_OF_CLONE = NEW_NAMESPACES & ~0xff;

  /** Flags that no clone may have. A child of the JVM would stay a zombie as long as it lives. */
  public static final int REFUSED_OF_CLONE = NEW_NAMESPACES_OF_CLONE | CLONE_PARENT;

  // asm-generic/ioctls.h
  private static final int TIOCSTI = 0x5412;
  private static final int TIOCLINUX = 0x541C;
  private static final int TIOCGPTPEER = 0x5441;
  // Requests on a descriptor that is open for reading only can still change the inode, or make
  // snapshots. By type (bits 8 to 15): 'f' of linux/fs.h, fsverity.h, fscrypt.h and ext4, and 0x94
  // of linux/btrfs.h, except those that read, and clones, which need a writable target.
  private static final int IOCTL_TYPE = 0xff00;
  private static final int TYPE_INODE = 0x6600;
  private static final int TYPE_BTRFS = 0x9400;
  private static final List<Integer> HARMLESS_IOCTLS =
      List.of(
          0x80086601, // FS_IOC_GETFLAGS
          0x80046601, // FS_IOC32_GETFLAGS
          0xc020660b, // FS_IOC_FIEMAP
          0x40049409, // FICLONE
          0x4020940d, // FICLONERANGE
          0xc0189436); // FIDEDUPERANGE
  // FS_IOC_SETVERSION, FS_IOC32_SETVERSION, FS_IOC_FSSETXATTR
  private static final List<Integer> INODE_IOCTLS = List.of(0x40087602, 0x40047602, 0x401c5820);

  // linux/socket.h and linux/net.h
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int AF_NETLINK = 16;
  private static final int SOCK_TYPE_MASK = 0xf;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_SEQPACKET = 5;
  private static final int IPPROTO_TCP = 6;
  private static final int IPPROTO_UDP = 17;
  private static final int NETLINK_ROUTE = 0;
  private static final int MSG_FASTOPEN = 0x20000000;

  /**
   * The first ones of the groups of descriptor numbers whose closing the supervisor hears: through
   * them it gives files that it checks when they are whole. The usual limit is 1024 descriptors;
   * the lower groups serve commands with a lower one.
   */
  public static final List<Integer> FIRST_STAGED = List.of(1020, 244, 52);

  /** How many numbers a group has. */
  public static final int STAGED = 4;

  private static final Verdict ALLOW = new Verdict.Allow();
  private static final Verdict NOTIFY = new Verdict.Notify();
  private static final Verdict EPERM = new Verdict.Deny(Errno.EPERM);
  private static final Verdict EACCES = new Verdict.Deny(Errno.EACCES);
  private static final Verdict NO_FAMILY = new Verdict.Deny(Errno.EAFNOSUPPORT);
  private static final Verdict NOT_SUPPORTED = new Verdict.Deny(Errno.EOPNOTSUPP);

  /** Closed under every policy. */
  private static final List<Syscall> CLOSED =
      List.of(
          Syscall.PROCESS_VM_READV,
          Syscall.PROCESS_VM_WRITEV,
          Syscall.PIDFD_GETFD,
          Syscall.PROCESS_MADVISE,
          Syscall.PROCESS_MRELEASE,
          Syscall.KCMP,
          Syscall.MOUNT,
          Syscall.UMOUNT2,
          Syscall.PIVOT_ROOT,
          Syscall.CHROOT,
          Syscall.MOVE_MOUNT,
          Syscall.OPEN_TREE,
          Syscall.OPEN_TREE_ATTR,
          Syscall.FSOPEN,
          Syscall.FSCONFIG,
          Syscall.FSMOUNT,
          Syscall.FSPICK,
          Syscall.MOUNT_SETATTR,
          Syscall.SETNS,
          Syscall.KEXEC_LOAD,
          Syscall.KEXEC_FILE_LOAD,
          Syscall.INIT_MODULE,
          Syscall.FINIT_MODULE,
          Syscall.DELETE_MODULE,
          Syscall.CREATE_MODULE,
          Syscall.QUERY_MODULE,
          Syscall.GET_KERNEL_SYMS,
          Syscall.BPF,
          Syscall.PERF_EVENT_OPEN,
          Syscall.USERFAULTFD,
          Syscall.ADD_KEY,
          Syscall.REQUEST_KEY,
          Syscall.KEYCTL,
          Syscall.IO_URING_SETUP,
          Syscall.IO_URING_ENTER,
          Syscall.IO_URING_REGISTER,
          Syscall.OPEN_BY_HANDLE_AT,
          Syscall.QUOTACTL,
          Syscall.QUOTACTL_FD,
          Syscall.SWAPON,
          Syscall.SWAPOFF,
          Syscall.REBOOT,
          Syscall.ACCT,
          Syscall.IOPL,
          Syscall.IOPERM,
          Syscall.SETTIMEOFDAY,
          Syscall.CLOCK_SETTIME,
          Syscall.SETHOSTNAME,
          Syscall.SETDOMAINNAME,
          Syscall.SYSLOG,
          Syscall.VHANGUP,
          Syscall.MODIFY_LDT,
          Syscall.FANOTIFY_INIT,
          Syscall.MIGRATE_PAGES,
          Syscall.MOVE_PAGES,
          Syscall.LOOKUP_DCOOKIE,
          Syscall.NFSSERVCTL,
          Syscall.USELIB,
          Syscall.SYSCTL);

  private final List<SyscallRule> rules = new ArrayList<>();

  private final boolean unixSockets;

  private SeccompCompiler(boolean unixSockets) {
    this.unixSockets = unixSockets;
  }

  // asm-generic/fcntl.h: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, __O_TMPFILE
  private static final int OPENS_FOR_WRITING = 1 | 2 | 0x40 | 0x200 | 0x400000;
  // O_CREAT, __O_TMPFILE: with other flags the kernel ignores the mode.
  private static final int MAKES_FILES = 0x40 | 0x400000;
  // linux/stat.h
  private static final int S_ISUID = 04000;
  private static final int S_ISGID = 02000;

  /** Calls that give a mode, with the argument that has it. */
  private static final Map<Syscall, Integer> MODES =
      new EnumMap<>(
          Map.of(
              Syscall.CHMOD, 1,
              Syscall.FCHMOD, 1,
              Syscall.FCHMODAT, 2,
              Syscall.FCHMODAT2, 2,
              Syscall.CREAT, 1,
              Syscall.MKNOD, 1,
              Syscall.MKNODAT, 2));

  /**
   * The third argument, which the kernel ignores, of a PR_SET_DUMPABLE that the filter leaves to
   * the kernel: a JVM of Ringfence in another sandbox closes itself to its own commands.
   */
  public static final int CLOSED_TO_ALL = 0x52464d48;

  // linux/prctl.h, linux/seccomp.h
  private static final int PR_SET_DUMPABLE = 4;
  private static final int PR_SET_SECCOMP = 22;
  private static final int SECCOMP_SET_MODE_FILTER = 1;
  private static final int SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;

  /** linux/ptrace.h: makes the caller's parent its tracer. */
  public static final int PTRACE_TRACEME = 0;

  // linux/ptrace.h; the old number is that of asm/ptrace-abi.h.
  private static final int PTRACE_SEIZE = 0x4206;
  private static final int PTRACE_SETOPTIONS = 0x4200;
  private static final int PTRACE_OLDSETOPTIONS = 21;
  private static final int PTRACE_O_TRACEEXIT = 1 << 6;

  /** The number of the first process of a namespace, in it. */
  public static final int FIRST_PROCESS = 1;

  // linux/fcntl.h; F_SETDELEG came with Linux 6.19
  private static final int F_SETLEASE = 1024;
  private static final int F_SETDELEG = 1024 + 16;
  // asm-generic/fcntl.h
  private static final int LOCK_EX = 2;
  // linux/personality.h
  private static final int PERSONALITY_QUERY = -1;
  private static final int ADDR_NO_RANDOMIZE = 0x0040000;

  /**
   * Compiles a policy.
   *
   * @param policy the policy
   * @param supervision which calls the supervisor answers
   * @return the filter
   */
  public static SeccompFilter compile(EffectivePolicy policy, Supervision supervision) {
    SeccompCompiler compiler = new SeccompCompiler(true);
    if (supervision.names() && policy.policy().protectedNames().guardsGit()) {
      compiler.rule(
          Syscall.CLOSE,
          ALLOW,
          FIRST_STAGED.stream()
              .map(first -> when(NOTIFY, masked(0, -STAGED, first)))
              .toArray(Clause[]::new));
    }
    compiler.always(policy.policy(), supervision);
    boolean bits = policy.policy().fileDefault() != FileDefault.WRITE;
    if (bits) {
      compiler.modes(supervision);
    }
    if (supervision.metadata()) {
      Syscall.METADATA.stream()
          .filter(syscall -> !bits || !MODES.containsKey(syscall))
          .forEach(syscall -> compiler.always(syscall, NOTIFY));
      // Their arguments are structures; tar and coreutils fall back to the calls above.
      for (Syscall syscall :
          List.of(Syscall.SETXATTRAT, Syscall.REMOVEXATTRAT, Syscall.FILE_SETATTR)) {
        compiler.always(syscall, new Verdict.Deny(Errno.ENOSYS));
      }
    }
    if (supervision.metadata() || supervision.names()) {
      compiler.rule(Syscall.FLOCK, ALLOW, when(NOTIFY, anyBit(1, LOCK_EX)));
    }
    if (supervision.names() || supervision.opens()) {
      Syscall.NAMES.stream()
          .filter(syscall -> !bits || !MODES.containsKey(syscall))
          .forEach(syscall -> compiler.always(syscall, NOTIFY));
    }
    compiler.opens(supervision, bits);
    if (supervision.commands()) {
      compiler.always(Syscall.EXECVE, NOTIFY);
      compiler.always(Syscall.EXECVEAT, NOTIFY);
    }
    SeccompFilter all = new SeccompFilter(compiler.rules);
    return supervision.opens() ? all.heard() : all;
  }

  /**
   * Compiles a policy for bubblewrap without a supervisor. The network namespace confines inet
   * sockets. The filter cannot distinguish paths, so it allows no unix sockets but pairs, and of
   * these not datagram sockets, which could send or connect elsewhere later.
   *
   * @param policy the policy
   * @return the filter
   */
  public static SeccompFilter compileAlone(EffectivePolicy policy) {
    SeccompCompiler compiler = new SeccompCompiler(false);
    NetworkPolicy network = policy.policy().network();
    compiler.always(
        policy.policy(),
        new Supervision(
            false,
            false,
            false,
            false,
            false,
            false,
            BubblewrapCompiler.privateNetwork(network),
            BubblewrapCompiler.ownNetwork(network),
            true,
            Supervision.Signals.NONE));
    if (policy.policy().fileDefault() != FileDefault.WRITE) {
      Supervision none =
          new Supervision(
              false, false, false, false, false, false, true, true, true, Supervision.Signals.NONE);
      compiler.modes(none);
      compiler.opens(none, true);
    }
    return new SeccompFilter(compiler.rules).withoutListener();
  }

  /** Adds the rules that depend on no path. */
  private void always(SandboxPolicy policy, Supervision supervision) {
    CLOSED.forEach(syscall -> always(syscall, EPERM));
    if (!supervision.inNamespaces()) {
      // Any process reaches these by number or name: without a namespace they are shared.
      if (!policy.processGrants().contains(ProcessGrant.SYSV_IPC)) {
        Syscall.SYSTEM_V_IPC.forEach(syscall -> always(syscall, EPERM));
      }
      Syscall.MESSAGE_QUEUES.forEach(syscall -> always(syscall, EPERM));
    }
    boolean traces = supervision.inNamespaces() && opensTracing(policy);
    if (traces) {
      tracing();
    } else {
      always(Syscall.PTRACE, EPERM);
    }
    processes(supervision);
    rules.addAll(OtherProcessRules.of(supervision.signals()));
    ioctls(supervision);
    ownProcess(supervision, traces);
    network(policy.network(), supervision);
  }

  /**
   * Returns whether a policy opens tracing inside a namespace of processes, which ends with the
   * command.
   *
   * @param policy the policy
   * @return true if a command in its own namespaces may trace
   */
  static boolean opensTracing(SandboxPolicy policy) {
    return policy.processGrants().contains(ProcessGrant.PTRACE)
        && policy.lifetime().onRootExit() == Leftovers.KILL;
  }

  /**
   * Adds the rules for calls of a process on itself. A lease would block every process that opens
   * the file, this JVM included. A second listener would receive calls before the supervisor, on
   * kernels that allow several (up to Linux 6.18 the answer is EBUSY as well). Loading a filter
   * ends the set-up of a namespace, and the command begins. A process that is not dumpable is
   * closed to a supervisor without capabilities.
   */
  private void ownProcess(Supervision supervision, boolean traces) {
    List<Clause> descriptors = new ArrayList<>();
    descriptors.add(when(EACCES, equal(1, F_SETLEASE)));
    descriptors.add(when(EACCES, equal(1, F_SETDELEG)));
    descriptors.addAll(OtherProcessRules.fcntl(supervision.signals()));
    rules.add(new SyscallRule(Syscall.FCNTL, descriptors, ALLOW));
    rule(
        Syscall.PERSONALITY,
        ALLOW,
        when(ALLOW, equal(0, PERSONALITY_QUERY)),
        // Debuggers start programs at the same addresses each time.
        when(traces ? ALLOW : EPERM, anyBit(0, ADDR_NO_RANDOMIZE)));
    Clause listens =
        when(
            new Verdict.Deny(Errno.EBUSY),
            equal(0, SECCOMP_SET_MODE_FILTER),
            anyBit(1, SECCOMP_FILTER_FLAG_NEW_LISTENER));
    if (supervision.inNamespaces()) {
      rule(Syscall.PRCTL, ALLOW, when(NOTIFY, equal(0, PR_SET_SECCOMP)));
      rule(Syscall.SECCOMP, ALLOW, listens, when(NOTIFY, equal(0, SECCOMP_SET_MODE_FILTER)));
    } else {
      rule(Syscall.SECCOMP, ALLOW, listens);
      if (supervision.any()) {
        rule(
            Syscall.PRCTL,
            ALLOW,
            when(ALLOW, equal(0, PR_SET_DUMPABLE), equal(2, CLOSED_TO_ALL)),
            when(NOTIFY, equal(0, PR_SET_DUMPABLE), equal(1, 0)));
      }
    }
  }

  /**
   * Returns whether limits must be set when the program starts.
   *
   * @param limits the limits
   * @return true if the filter must hold the first execve
   */
  public static boolean needsGate(Limits limits) {
    return limits.memory().isPresent()
        || limits.processes().isPresent()
        || limits.cpuTime().isPresent()
        || limits.openFiles().isPresent()
        || limits.fileSize().isPresent();
  }

  /**
   * Adds the rules for modes. A file that runs with its owner's rights works outside, too, for any
   * later caller. For directories programs only request S_ISGID, which is harmless: new entries get
   * their group. mkdir drops both bits itself (fs/namei.c, vfs_mkdir).
   */
  private void modes(Supervision supervision) {
    MODES.forEach(
        (syscall, argument) -> {
          boolean metadata = Syscall.METADATA.contains(syscall);
          boolean held =
              metadata ? supervision.metadata() : supervision.names() || supervision.opens();
          int never = metadata && held ? S_ISUID : S_ISUID | S_ISGID;
          Verdict otherwise = held ? NOTIFY : ALLOW;
          if (metadata && !held && supervision.any() && supervision.inNamespaces()) {
            // Only the supervisor knows which are directories.
            Clause group = when(NOTIFY, anyBit(argument, S_ISGID));
            rule(syscall, otherwise, when(EPERM, anyBit(argument, S_ISUID)), group);
          } else {
            rule(syscall, otherwise, when(EPERM, anyBit(argument, never)));
          }
        });
  }

  private void opens(Supervision supervision, boolean bits) {
    for (Syscall syscall : List.of(Syscall.OPEN, Syscall.OPENAT)) {
      int flags = syscall == Syscall.OPEN ? 1 : 2;
      List<Clause> clauses = new ArrayList<>();
      if (bits) {
        clauses.add(when(EPERM, anyBit(flags, MAKES_FILES), anyBit(flags + 1, S_ISUID | S_ISGID)));
      }
      boolean every = supervision.opens() || supervision.reads();
      if (!every && supervision.names()) {
        clauses.add(when(NOTIFY, anyBit(flags, OPENS_FOR_WRITING)));
      }
      if (every || !clauses.isEmpty()) {
        rule(syscall, every ? NOTIFY : ALLOW, clauses.toArray(Clause[]::new));
      }
    }
    if (supervision.opens() || supervision.reads() || supervision.names() || bits) {
      // Its flags are in memory; programs fall back to openat.
      always(Syscall.OPENAT2, new Verdict.Deny(Errno.ENOSYS));
    }
  }

  private void always(Syscall syscall, Verdict verdict) {
    rules.add(new SyscallRule(syscall, List.of(), verdict));
  }

  private void rule(Syscall syscall, Verdict otherwise, Clause... clauses) {
    rules.add(new SyscallRule(syscall, List.of(clauses), otherwise));
  }

  private static Clause when(Verdict verdict, SyscallRule.Test... tests) {
    return new Clause(List.of(tests), verdict);
  }

  /**
   * Adds the rule for tracing inside a namespace of processes. The first process of it belongs to
   * bubblewrap: nothing traces it, and it makes nothing outside its tracer. SIGKILL does not end a
   * process that stops at its exit for a tracer, so the supervisor decides on that option.
   */
  private void tracing() {
    Clause[] clauses = {
      when(NOTIFY, equal(0, PTRACE_TRACEME)),
      when(EPERM, equal(1, FIRST_PROCESS)),
      when(NOTIFY, equal(0, PTRACE_SEIZE), anyBit(3, PTRACE_O_TRACEEXIT)),
      when(NOTIFY, equal(0, PTRACE_SETOPTIONS), anyBit(3, PTRACE_O_TRACEEXIT)),
      when(NOTIFY, equal(0, PTRACE_OLDSETOPTIONS), anyBit(3, PTRACE_O_TRACEEXIT))
    };
    rule(Syscall.PTRACE, ALLOW, clauses);
  }

  private void processes(Supervision supervision) {
    rule(Syscall.UNSHARE, ALLOW, when(EPERM, anyBit(0, NEW_NAMESPACES)));
    List<Clause> clauses = new ArrayList<>();
    clauses.add(when(EPERM, anyBit(0, REFUSED_OF_CLONE)));
    if (supervision.addresses()) {
      // A process that shares descriptors with another can change them while a call of it is held.
      clauses.add(when(NOTIFY, masked(0, CLONE_FILES | CLONE_THREAD, CLONE_FILES)));
    }
    rules.add(new SyscallRule(Syscall.CLONE, clauses, ALLOW));
    // Its flags are in memory; the C libraries fall back to clone.
    always(Syscall.CLONE3, new Verdict.Deny(Errno.ENOSYS));
  }

  private void ioctls(Supervision supervision) {
    List<Clause> clauses = new ArrayList<>();
    if (supervision.names() && !supervision.inNamespaces()) {
      // Landlock lets a command open no terminal; the supervisor opens the sandbox's own.
      clauses.add(when(NOTIFY, equal(1, TIOCGPTPEER)));
    }
    clauses.addAll(OtherProcessRules.ioctl(supervision.signals()));
    clauses.add(when(EPERM, equal(1, TIOCSTI)));
    clauses.add(when(EPERM, equal(1, TIOCLINUX)));
    for (int request : INODE_IOCTLS) {
      clauses.add(when(EPERM, equal(1, request)));
    }
    for (int request : HARMLESS_IOCTLS) {
      clauses.add(when(ALLOW, equal(1, request)));
    }
    clauses.add(when(EPERM, masked(1, IOCTL_TYPE, TYPE_INODE)));
    clauses.add(when(EPERM, masked(1, IOCTL_TYPE, TYPE_BTRFS)));
    rules.add(new SyscallRule(Syscall.IOCTL, clauses, ALLOW));
  }

  private void network(NetworkPolicy network, Supervision supervision) {
    boolean full = network.mode() == NetworkMode.FULL;
    List<Clause> sockets = new ArrayList<>();
    if (unixSockets) {
      rule(Syscall.SOCKETPAIR, NO_FAMILY, when(ALLOW, equal(0, AF_UNIX)));
      sockets.add(when(ALLOW, equal(0, AF_UNIX)));
    } else {
      rule(
          Syscall.SOCKETPAIR,
          NO_FAMILY,
          when(ALLOW, equal(0, AF_UNIX), masked(1, SOCK_TYPE_MASK, SOCK_STREAM)),
          when(ALLOW, equal(0, AF_UNIX), masked(1, SOCK_TYPE_MASK, SOCK_SEQPACKET)));
      sockets.add(when(EACCES, equal(0, AF_UNIX)));
    }
    for (int family : List.of(AF_INET, AF_INET6)) {
      if (full) {
        sockets.add(when(EACCES, equal(0, family), masked(1, SOCK_TYPE_MASK, 3)));
        sockets.add(when(ALLOW, equal(0, family)));
        continue;
      }
      if (inetSockets(network)) {
        Verdict verdict = supervision.ownNetwork() ? ALLOW : NOTIFY;
        inet(sockets, verdict, family, SOCK_STREAM, IPPROTO_TCP);
        inet(sockets, verdict, family, SOCK_DGRAM, IPPROTO_UDP);
      }
      sockets.add(when(EACCES, equal(0, family)));
    }
    if (full || supervision.privateNetwork() || supervision.addresses()) {
      // Interfaces, addresses and routes: queries are harmless, and changes need CAP_NET_ADMIN.
      sockets.add(when(ALLOW, equal(0, AF_NETLINK), equal(2, NETLINK_ROUTE)));
    }
    rule(Syscall.SOCKET, NO_FAMILY, sockets.toArray(Clause[]::new));
    if (supervision.addresses() || supervision.names()) {
      // A unix socket has a name in a directory, made like any other.
      always(Syscall.BIND, NOTIFY);
      // The supervisor binds unix sockets, by its own name for them.
      always(Syscall.GETSOCKNAME, NOTIFY);
    }
    if (!supervision.addresses()) {
      return;
    }
    always(Syscall.CONNECT, NOTIFY);
    if (!full && !supervision.ownNetwork()) {
      // The supervisor distinguishes the sandbox's servers from others; and a socket that may
      // connect anywhere must not listen everywhere.
      always(Syscall.LISTEN, NOTIFY);
    }
    if (network.mode() == NetworkMode.ALLOWLIST) {
      // Ringfence's name server answers for the one that was asked: some clients check the sender's
      // address.
      rule(Syscall.RECVFROM, ALLOW, when(NOTIFY, pointerSet(4)));
      always(Syscall.RECVMSG, NOTIFY);
    }
    rule(
        Syscall.SENDTO,
        ALLOW,
        when(NOT_SUPPORTED, anyBit(3, MSG_FASTOPEN)),
        when(NOTIFY, pointerSet(4)));
    rule(Syscall.SENDMSG, NOTIFY, when(NOT_SUPPORTED, anyBit(2, MSG_FASTOPEN)));
    rule(Syscall.SENDMMSG, NOTIFY, when(NOT_SUPPORTED, anyBit(3, MSG_FASTOPEN)));
    rules.addAll(
        SocketOptionRules.of(
            full || supervision.ownNetwork(),
            full || supervision.privateNetwork(),
            !supervision.privateNetwork()));
  }

  /** Returns whether commands have inet sockets. */
  private static boolean inetSockets(NetworkPolicy network) {
    return network.mode() == NetworkMode.ALLOWLIST
        || network.ownLoopback()
        || !network.hostLoopbackPorts().isEmpty();
  }

  private static void inet(
      List<Clause> sockets, Verdict verdict, int family, int type, int protocol) {
    for (int number : new int[] {0, protocol}) {
      sockets.add(
          when(verdict, equal(0, family), masked(1, SOCK_TYPE_MASK, type), equal(2, number)));
    }
  }

  /**
   * Returns whether the supervisor decides on addresses.
   *
   * @param network the network policy
   * @return false only when every address and every unix socket is allowed
   */
  public static boolean mediated(NetworkPolicy network) {
    return network.mode() != NetworkMode.FULL || !network.unixSockets().contains("/");
  }
}
