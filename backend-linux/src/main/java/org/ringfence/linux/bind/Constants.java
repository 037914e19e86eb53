package org.ringfence.linux.bind;

/** Constants of the kernel's headers; each names its header. Same on x86_64 and aarch64. */
public final class Constants {
  // linux/prctl.h
  public static final int PR_CAPBSET_DROP = 24;
  public static final int PR_SET_NO_NEW_PRIVS = 38;

  // linux/seccomp.h
  public static final int SECCOMP_SET_MODE_FILTER = 1;
  public static final int SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;
  public static final int SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 1 << 5;
  public static final int SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
  public static final int SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;
  public static final int SECCOMP_ADDFD_FLAG_SETFD = 1;
  public static final int SECCOMP_ADDFD_FLAG_SEND = 1 << 1;
  public static final long SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100L;
  public static final long SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101L;
  public static final long SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102L;
  public static final long SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x40082104L;
  public static final long SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103L;

  // linux/landlock.h
  public static final int LANDLOCK_CREATE_RULESET_VERSION = 1;
  public static final int LANDLOCK_RULE_PATH_BENEATH = 1;

  // linux/sched.h
  public static final int CLONE_FS = 0x200;
  public static final int CLONE_FILES = 0x400;
  public static final int CLONE_NEWUSER = 0x10000000;

  // linux/close_range.h
  public static final int CLOSE_RANGE_UNSHARE = 1 << 1;

  // asm-generic/fcntl.h; O_DIRECTORY and O_NOFOLLOW differ on aarch64 and are not listed.
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_TRUNC = 0x200;
  public static final int O_EXCL = 0x80;
  public static final int O_NOCTTY = 0x100;
  public static final int O_ACCMODE = 3;
  public static final int O_APPEND = 0x400;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;
  public static final int O_PATH = 0x200000;
  public static final int F_DUPFD_CLOEXEC = 1030;
  public static final int F_SETFD = 2;
  public static final int FD_CLOEXEC = 1;
  public static final int F_GETFL = 3;
  public static final int F_SETFL = 4;
  public static final int AT_FDCWD = -100;
  public static final int AT_SYMLINK_NOFOLLOW = 0x100;
  public static final int AT_SYMLINK_FOLLOW = 0x400;
  public static final int AT_REMOVEDIR = 0x200;
  public static final int AT_EMPTY_PATH = 0x1000;

  // sys/file.h
  public static final int LOCK_EX = 2;
  public static final int LOCK_NB = 4;
  public static final int LOCK_UN = 8;

  // linux/fs.h
  public static final long FICLONE = 0x40049409L;
  public static final int SEEK_DATA = 3;
  public static final int SEEK_HOLE = 4;
  public static final int RENAME_NOREPLACE = 1;
  public static final int RENAME_EXCHANGE = 2;

  // linux/openat2.h
  public static final long RESOLVE_NO_XDEV = 1;
  public static final long RESOLVE_NO_SYMLINKS = 4;
  public static final long RESOLVE_BENEATH = 8;
  public static final long RESOLVE_NO_MAGICLINKS = 2;
  public static final long RESOLVE_IN_ROOT = 16;

  // linux/stat.h
  public static final int S_IFMT = 0170000;
  public static final int S_IFREG = 0100000;
  public static final int S_IFDIR = 0040000;
  public static final int S_IFLNK = 0120000;
  public static final int S_IFIFO = 0010000;
  public static final int S_IFSOCK = 0140000;
  public static final int S_IFCHR = 0020000;
  public static final int S_IFBLK = 0060000;
  public static final int S_ISUID = 0004000;
  public static final int S_ISGID = 0002000;

  // linux/pidfd.h: PIDFD_THREAD is O_EXCL
  public static final int PIDFD_THREAD = 0x80;

  // linux/eventpoll.h, linux/poll.h
  public static final int EPOLL_CTL_ADD = 1;
  public static final int EPOLL_CTL_DEL = 2;
  public static final int EPOLL_CTL_MOD = 3;
  public static final int EPOLLIN = 1;
  public static final int EPOLLOUT = 4;
  public static final int EPOLLHUP = 0x10;
  public static final int EPOLLERR = 8;

  // linux/futex.h
  public static final int FUTEX_WAIT = 0;
  public static final int FUTEX_WAKE = 1;

  // signal.h
  public static final int SIGHUP = 1;
  public static final int SIGINT = 2;
  public static final int SIGQUIT = 3;
  public static final int SIGKILL = 9;
  public static final int SIGUSR1 = 10;
  public static final int SIGUSR2 = 12;
  public static final int SIGTERM = 15;
  public static final int SIGCONT = 18;
  public static final int SIGSTOP = 19;
  public static final int SIGTSTP = 20;
  public static final int SIGXFSZ = 25;
  public static final int SIGWINCH = 28;

  // asm-generic/resource.h
  public static final int RLIMIT_CPU = 0;
  public static final int RLIMIT_FSIZE = 1;
  public static final int RLIMIT_NPROC = 6;
  public static final int RLIMIT_NOFILE = 7;
  public static final int RLIMIT_AS = 9;
  public static final int RLIMIT_LOCKS = 10;

  // linux/socket.h, asm-generic/socket.h, linux/in.h
  public static final int AF_UNSPEC = 0;
  public static final int AF_UNIX = 1;
  public static final int AF_INET = 2;
  public static final int AF_INET6 = 10;
  public static final int AF_NETLINK = 16;
  public static final int SOCK_STREAM = 1;
  public static final int SOCK_DGRAM = 2;
  public static final int SOCK_SEQPACKET = 5;
  public static final int SOCK_NONBLOCK = 0x800;
  public static final int SOCK_CLOEXEC = 0x80000;
  public static final int SOL_SOCKET = 1;
  public static final int SO_REUSEADDR = 2;
  public static final int SO_TYPE = 3;
  public static final int SO_PEERCRED = 17;
  public static final int SO_BINDTODEVICE = 25;
  public static final int SO_DOMAIN = 39;
  public static final int SO_COOKIE = 57;
  public static final int SO_SNDTIMEO = 21;
  public static final int SO_ERROR = 4;
  public static final int SO_LINGER = 13;
  public static final int SO_REUSEPORT = 15;
  public static final int SO_ATTACH_FILTER = 26;
  public static final int SHUT_WR = 1;
  public static final int SOL_UDP = 17;
  public static final int UDP_SEGMENT = 103;
  public static final int IPPROTO_IP = 0;
  public static final int IP_TOS = 1;
  public static final int IP_TTL = 2;
  public static final int IP_MINTTL = 21;
  public static final int IP_BIND_ADDRESS_NO_PORT = 24;
  public static final int IPPROTO_IPV6 = 41;
  public static final int IPV6_UNICAST_HOPS = 16;
  public static final int IPV6_MINHOPCOUNT = 73;
  public static final int IPV6_HOPLIMIT = 52;
  public static final int IPPROTO_TCP = 6;
  public static final int TCP_INFO = 11;
  public static final int TCP_NODELAY = 1;
  public static final int IPV6_TCLASS = 67;
  public static final int MSG_ZEROCOPY = 0x4000000;
  public static final int MSG_DONTWAIT = 0x40;
  public static final int MSG_NOSIGNAL = 0x4000;
  public static final int SCM_RIGHTS = 1;

  // linux/sock_diag.h, linux/netlink.h, linux/unix_diag.h
  public static final int NETLINK_SOCK_DIAG = 4;
  public static final int SOCK_DIAG_BY_FAMILY = 20;
  public static final int NLM_F_REQUEST = 1;
  public static final int UDIAG_SHOW_VFS = 2;
  public static final int UDIAG_SHOW_PEER = 4;
  public static final int UNIX_DIAG_PEER = 2;
  public static final int UNIX_DIAG_VFS = 1;

  private Constants() {}
}
