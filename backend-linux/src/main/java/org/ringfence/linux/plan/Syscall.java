package org.ringfence.linux.plan;

import java.util.List;
import java.util.Locale;

/**
 * System calls by name, with their numbers. Source: {@code asm/unistd_64.h} for x86_64 and {@code
 * asm-generic/unistd.h} for aarch64; -1 where an architecture does not have the call.
 */
public enum Syscall {
  SHMGET(29, 194),
  SHMAT(30, 196),
  SHMCTL(31, 195),
  SEMGET(64, 190),
  SEMOP(65, 193),
  SEMCTL(66, 191),
  SEMTIMEDOP(220, 192),
  MSGGET(68, 186),
  MSGSND(69, 189),
  MSGRCV(70, 188),
  MSGCTL(71, 187),
  MQ_OPEN(240, 180),
  MQ_UNLINK(241, 181),
  PTRACE(101, 117),
  PROCESS_VM_READV(310, 270),
  PROCESS_VM_WRITEV(311, 271),
  PIDFD_GETFD(438, 438),
  PROCESS_MADVISE(440, 440),
  PROCESS_MRELEASE(448, 448),
  KCMP(312, 272),
  MOUNT(165, 40),
  UMOUNT2(166, 39),
  PIVOT_ROOT(155, 41),
  CHROOT(161, 51),
  MOVE_MOUNT(429, 429),
  OPEN_TREE(428, 428),
  OPEN_TREE_ATTR(467, 467),
  FSOPEN(430, 430),
  FSCONFIG(431, 431),
  FSMOUNT(432, 432),
  FSPICK(433, 433),
  MOUNT_SETATTR(442, 442),
  SETNS(308, 268),
  UNSHARE(272, 97),
  CLONE(56, 220),
  CLONE3(435, 435),
  KEXEC_LOAD(246, 104),
  KEXEC_FILE_LOAD(320, 294),
  INIT_MODULE(175, 105),
  FINIT_MODULE(313, 273),
  DELETE_MODULE(176, 106),
  BPF(321, 280),
  PERF_EVENT_OPEN(298, 241),
  USERFAULTFD(323, 282),
  ADD_KEY(248, 217),
  REQUEST_KEY(249, 218),
  KEYCTL(250, 219),
  IO_URING_SETUP(425, 425),
  IO_URING_ENTER(426, 426),
  IO_URING_REGISTER(427, 427),
  OPEN_BY_HANDLE_AT(304, 265),
  QUOTACTL(179, 60),
  QUOTACTL_FD(443, 443),
  SWAPON(167, 224),
  SWAPOFF(168, 225),
  REBOOT(169, 142),
  ACCT(163, 89),
  IOPL(172, -1),
  IOPERM(173, -1),
  SETTIMEOFDAY(164, 170),
  CLOCK_SETTIME(227, 112),
  SETHOSTNAME(170, 161),
  SETDOMAINNAME(171, 162),
  SYSLOG(103, 116),
  VHANGUP(153, 58),
  MODIFY_LDT(154, -1),
  FANOTIFY_INIT(300, 262),
  MIGRATE_PAGES(256, 238),
  MOVE_PAGES(279, 239),
  LOOKUP_DCOOKIE(212, 18),
  NFSSERVCTL(180, 42),
  USELIB(134, -1),
  CREATE_MODULE(174, -1),
  QUERY_MODULE(178, -1),
  GET_KERNEL_SYMS(177, -1),
  SYSCTL(156, -1),
  PRLIMIT64(302, 261),
  SETPRIORITY(141, 140),
  SCHED_SETAFFINITY(203, 122),
  SCHED_SETSCHEDULER(144, 119),
  SCHED_SETPARAM(142, 118),
  SCHED_SETATTR(314, 274),
  IOPRIO_SET(251, 30),
  SOCKET(41, 198),
  SOCKETPAIR(53, 199),
  ACCEPT4(288, 242),
  SHUTDOWN(48, 210),
  GETPEERNAME(52, 205),
  CONNECT(42, 203),
  LISTEN(50, 201),
  RECVFROM(45, 207),
  RECVMSG(47, 212),
  RECVMMSG(299, 243),
  BIND(49, 200),
  SENDTO(44, 206),
  SENDMSG(46, 211),
  SENDMMSG(307, 269),
  SETSOCKOPT(54, 208),
  IOCTL(16, 29),
  EXECVE(59, 221),
  EXECVEAT(322, 281),
  CHMOD(90, -1),
  FCHMOD(91, 52),
  FCHMODAT(268, 53),
  FCHMODAT2(452, 452),
  CHOWN(92, -1),
  FCHOWN(93, 55),
  LCHOWN(94, -1),
  FCHOWNAT(260, 54),
  UTIME(132, -1),
  UTIMES(235, -1),
  FUTIMESAT(261, -1),
  UTIMENSAT(280, 88),
  SETXATTR(188, 5),
  LSETXATTR(189, 6),
  FSETXATTR(190, 7),
  REMOVEXATTR(197, 14),
  LREMOVEXATTR(198, 15),
  FREMOVEXATTR(199, 16),
  SETXATTRAT(463, 463),
  REMOVEXATTRAT(466, 466),
  FILE_SETATTR(469, 469),
  PRCTL(157, 167),
  SECCOMP(317, 277),
  LANDLOCK_CREATE_RULESET(444, 444),
  LANDLOCK_ADD_RULE(445, 445),
  LANDLOCK_RESTRICT_SELF(446, 446),
  CLOSE_RANGE(436, 436),
  CAPSET(126, 91),
  CAPGET(125, 90),
  EPOLL_CREATE1(291, 20),
  EPOLL_CTL(233, 21),
  EPOLL_PWAIT(281, 22),
  EVENTFD2(290, 19),
  PIPE2(293, 59),
  TEE(276, 77),
  DUP3(292, 24),
  FCNTL(72, 25),
  PERSONALITY(135, 92),
  GETGROUPS(115, 158),
  SETGROUPS(116, 159),
  CLOSE(3, 57),
  READ(0, 63),
  WRITE(1, 64),
  OPENAT(257, 56),
  OPENAT2(437, 437),
  READLINKAT(267, 78),
  STATX(332, 291),
  GETPID(39, 172),
  GETTID(186, 178),
  KILL(62, 129),
  FUTEX(202, 98),
  PIDFD_OPEN(434, 434),
  PPOLL(271, 73),
  WAIT4(61, 260),
  GETRUSAGE(98, 165),
  FCHDIR(81, 50),
  CHDIR(80, 49),
  UMASK(95, 166),
  GETSOCKOPT(55, 209),
  GETSOCKNAME(51, 204),
  LSEEK(8, 62),
  PWRITE64(18, 68),
  RT_SIGACTION(13, 134),
  RT_SIGPROCMASK(14, 135),
  RT_SIGPENDING(127, 136),
  SIGNALFD4(289, 74),
  GETUID(102, 174),
  PREAD64(17, 67),
  TGKILL(234, 131),
  TKILL(200, 130),
  RT_SIGQUEUEINFO(129, 138),
  RT_TGSIGQUEUEINFO(297, 240),
  SETPGID(109, 154),
  GETPGID(121, 155),
  SETSID(112, 157),
  SETRLIMIT(160, 164),
  MEMFD_CREATE(319, 279),
  OPEN(2, -1),
  CREAT(85, -1),
  TRUNCATE(76, 45),
  MKDIR(83, -1),
  MKDIRAT(258, 34),
  MKNOD(133, -1),
  MKNODAT(259, 33),
  SYMLINK(88, -1),
  SYMLINKAT(266, 36),
  LINK(86, -1),
  LINKAT(265, 37),
  RENAME(82, -1),
  RENAMEAT(264, 38),
  RENAMEAT2(316, 276),
  UNLINK(87, -1),
  UNLINKAT(263, 35),
  RMDIR(84, -1),
  SETFSUID(122, 151),
  SETFSGID(123, 152),
  PIDFD_SEND_SIGNAL(424, 424),
  GETDENTS64(217, 61),
  FLOCK(73, 32),
  GETEUID(107, 175),
  GETEGID(108, 177),
  FTRUNCATE(77, 46),
  COPY_FILE_RANGE(326, 285),
  FGETXATTR(193, 10),
  FLISTXATTR(196, 13);

  /** Calls above this number did not exist when this table was made; the filter answers ENOSYS. */
  public static final int NEWEST_KNOWN = 472;

  /** System V IPC: any process reaches its objects by number. */
  public static final List<Syscall> SYSTEM_V_IPC =
      List.of(
          SHMGET, SHMAT, SHMCTL, SEMGET, SEMOP, SEMCTL, SEMTIMEDOP, MSGGET, MSGSND, MSGRCV, MSGCTL);

  /** POSIX message queues: any process reaches them by name. */
  public static final List<Syscall> MESSAGE_QUEUES = List.of(MQ_OPEN, MQ_UNLINK);

  /** Signal processes or threads. */
  public static final List<Syscall> SIGNALS =
      List.of(KILL, TKILL, TGKILL, RT_SIGQUEUEINFO, RT_TGSIGQUEUEINFO, PIDFD_SEND_SIGNAL);

  /** Change mode, owner, times or attributes, which Landlock does not govern. */
  public static final List<Syscall> METADATA =
      List.of(
          CHMOD,
          FCHMOD,
          FCHMODAT,
          FCHMODAT2,
          CHOWN,
          FCHOWN,
          LCHOWN,
          FCHOWNAT,
          UTIME,
          UTIMES,
          FUTIMESAT,
          UTIMENSAT,
          SETXATTR,
          LSETXATTR,
          FSETXATTR,
          REMOVEXATTR,
          LREMOVEXATTR,
          FREMOVEXATTR);

  /** Make, replace or remove names. */
  public static final List<Syscall> NAMES =
      List.of(
          CREAT, TRUNCATE, MKDIR, MKDIRAT, MKNOD, MKNODAT, SYMLINK, SYMLINKAT, LINK, LINKAT, RENAME,
          RENAMEAT, RENAMEAT2, UNLINK, UNLINKAT, RMDIR);

  private final int x86;
  private final int arm;

  Syscall(int x86, int arm) {
    this.x86 = x86;
    this.arm = arm;
  }

  /**
   * Returns the number on an architecture.
   *
   * @param arch the architecture
   * @return the number, or -1
   */
  public int number(Arch arch) {
    return arch == Arch.X86_64 ? x86 : arm;
  }

  /**
   * Returns the kernel's name of the call.
   *
   * @return the name
   */
  public String kernelName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
