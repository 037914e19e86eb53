package org.ringfence.event;

import java.util.Map;

/**
 * Says why calls of Linux and operations of Seatbelt are closed to commands, and what programs do
 * without them.
 */
final class ClosedCallText {
  private static final String TRACING =
      "it would act as another process; debuggers need --allow ptrace, and LeakSanitizer either that"
          + " or --env ASAN_OPTIONS=detect_leaks=0 (LSAN_OPTIONS for a program without ASan)";
  private static final String OTHER_PROCESS = "it reaches into another process";
  private static final String OTHERS_VALUES =
      "a process sets these values for itself only, with 0 as its number";
  private static final String RING =
      "calls through a ring pass no check; programs go on with single calls, as libuv does with"
          + " --env UV_USE_IO_URING=0";
  private static final String KEYS = "programs outside share the keyrings";
  private static final String NAMESPACE =
      "a command makes no namespaces; a browser does without its own sandbox, with --no-sandbox";
  private static final String MOUNTS = "a command changes no mounts";
  private static final String SHARED =
      "programs outside share it; bubblewrap gives a command its own: --backend bubblewrap";
  private static final String SHARED_MEMORY =
      SHARED + "; --allow sysv-ipc opens that of the machine";
  private static final String MACHINE = "it acts on the whole machine";
  private static final String OBSERVING = "it shows parts of the kernel and of other processes";

  private static final String OWNERS_RIGHTS =
      "a file with the bit for its owner's or group's rights would run with them outside, too";
  private static final String TERMINAL =
      "what it types into the terminal, the caller's shell would run later";
  private static final String SOCKETS =
      "such a socket passes by the policy's network, or shows what others do";
  private static final String INET =
      "the network of the policy has no such socket: raw ones in no mode, TCP and UDP with"
          + " --allow-host HOST or network.ownLoopback";

  private static final String SECOND_NAME =
      "a file with a second name would escape the rules for names; programs copy it instead, as cp"
          + " does";

  private static final Map<String, String> TEXTS =
      Map.ofEntries(
          Map.entry("ptrace", TRACING),
          Map.entry("process_vm_readv", OTHER_PROCESS),
          Map.entry("process_vm_writev", OTHER_PROCESS),
          Map.entry("pidfd_getfd", OTHER_PROCESS),
          Map.entry("process_madvise", OTHER_PROCESS),
          Map.entry("process_mrelease", OTHER_PROCESS),
          Map.entry("kcmp", OTHER_PROCESS),
          Map.entry("migrate_pages", OTHER_PROCESS),
          Map.entry("move_pages", OTHER_PROCESS),
          Map.entry("prlimit64", OTHERS_VALUES),
          Map.entry("setpriority", OTHERS_VALUES),
          Map.entry("ioprio_set", OTHERS_VALUES),
          Map.entry("sched_setaffinity", OTHERS_VALUES),
          Map.entry("sched_setscheduler", OTHERS_VALUES),
          Map.entry("sched_setparam", OTHERS_VALUES),
          Map.entry("sched_setattr", OTHERS_VALUES),
          Map.entry("io_uring_setup", RING),
          Map.entry("io_uring_enter", RING),
          Map.entry("io_uring_register", RING),
          Map.entry("add_key", KEYS),
          Map.entry("request_key", KEYS),
          Map.entry("keyctl", KEYS),
          Map.entry("unshare", NAMESPACE),
          Map.entry("clone", NAMESPACE),
          Map.entry("setns", NAMESPACE),
          Map.entry("mount", MOUNTS),
          Map.entry("umount2", MOUNTS),
          Map.entry("pivot_root", MOUNTS),
          Map.entry("chroot", MOUNTS),
          Map.entry("move_mount", MOUNTS),
          Map.entry("open_tree", MOUNTS),
          Map.entry("open_tree_attr", MOUNTS),
          Map.entry("fsopen", MOUNTS),
          Map.entry("fsconfig", MOUNTS),
          Map.entry("fsmount", MOUNTS),
          Map.entry("fspick", MOUNTS),
          Map.entry("mount_setattr", MOUNTS),
          Map.entry("sock_diag", "the sockets of the machine could not be read; try again"),
          Map.entry("shmget", SHARED_MEMORY),
          Map.entry("shmat", SHARED_MEMORY),
          Map.entry("shmctl", SHARED_MEMORY),
          Map.entry("semget", SHARED_MEMORY),
          Map.entry("semop", SHARED_MEMORY),
          Map.entry("semctl", SHARED_MEMORY),
          Map.entry("semtimedop", SHARED_MEMORY),
          Map.entry("msgget", SHARED_MEMORY),
          Map.entry("msgsnd", SHARED_MEMORY),
          Map.entry("msgrcv", SHARED_MEMORY),
          Map.entry("msgctl", SHARED_MEMORY),
          Map.entry("mq_open", SHARED),
          Map.entry("mq_unlink", SHARED),
          Map.entry("personality", "only debuggers turn the randomisation of addresses off"),
          Map.entry("chmod", OWNERS_RIGHTS),
          Map.entry("fchmod", OWNERS_RIGHTS),
          Map.entry("fchmodat", OWNERS_RIGHTS),
          Map.entry("fchmodat2", OWNERS_RIGHTS),
          Map.entry("creat", OWNERS_RIGHTS),
          Map.entry("mknod", OWNERS_RIGHTS),
          Map.entry("mknodat", OWNERS_RIGHTS),
          Map.entry("open", OWNERS_RIGHTS),
          Map.entry("openat", OWNERS_RIGHTS),
          Map.entry("ioctl TIOCSTI", TERMINAL),
          Map.entry("ioctl TIOCLINUX", TERMINAL),
          Map.entry("ioctl", "it changes attributes of files that may only be read"),
          Map.entry("socket AF_INET", INET),
          Map.entry("socket AF_INET6", INET),
          Map.entry("socket AF_INET SOCK_RAW", INET),
          Map.entry("socket AF_INET6 SOCK_RAW", INET),
          Map.entry("socket", SOCKETS),
          Map.entry("socketpair", SOCKETS),
          Map.entry("setsockopt", "it would lead packets past the check of their destination"),
          Map.entry("fcntl", "a lease holds up programs outside that open the file"),
          Map.entry("bpf", OBSERVING),
          Map.entry("perf_event_open", OBSERVING),
          Map.entry("syslog", OBSERVING),
          Map.entry("fanotify_init", OBSERVING),
          Map.entry("userfaultfd", "a program could hold the kernel up with it"),
          Map.entry("open_by_handle_at", "it passes by the rules for paths"),
          Map.entry("settimeofday", MACHINE),
          Map.entry("clock_settime", MACHINE),
          Map.entry("sethostname", MACHINE),
          Map.entry("setdomainname", MACHINE),
          Map.entry("swapon", MACHINE),
          Map.entry("swapoff", MACHINE),
          Map.entry("reboot", MACHINE),
          Map.entry("acct", MACHINE),
          Map.entry("quotactl", MACHINE),
          Map.entry("quotactl_fd", MACHINE),
          Map.entry(
              "forbidden-exec-sugid",
              "a program with another user's rights, as ps of macOS, does not run under Seatbelt"),
          Map.entry("file-link", SECOND_NAME),
          Map.entry("file-clone", SECOND_NAME));

  private ClosedCallText() {}

  /**
   * Returns the reason, in a clause, for an operation that the system alone names: a call, and
   * after a blank the argument that decided.
   */
  static String of(String operation) {
    String call = operation.split(" ", 2)[0];
    return TEXTS.getOrDefault(operation, TEXTS.getOrDefault(call, "no policy grants it"));
  }
}
