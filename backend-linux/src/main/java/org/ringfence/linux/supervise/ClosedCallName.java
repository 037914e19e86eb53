package org.ringfence.linux.supervise;

import java.util.Map;
import java.util.function.IntToLongFunction;
import org.ringfence.linux.plan.Syscall;

/** Names refused calls, with the argument for which the filter refused them. Pure. */
final class ClosedCallName {
  // asm-generic/ioctls.h
  private static final Map<Integer, String> REQUESTS =
      Map.of(0x5412, "TIOCSTI", 0x541c, "TIOCLINUX");

  // linux/socket.h
  private static final Map<Integer, String> FAMILIES =
      Map.ofEntries(
          Map.entry(1, "AF_UNIX"),
          Map.entry(2, "AF_INET"),
          Map.entry(10, "AF_INET6"),
          Map.entry(16, "AF_NETLINK"),
          Map.entry(17, "AF_PACKET"),
          Map.entry(29, "AF_CAN"),
          Map.entry(31, "AF_BLUETOOTH"),
          Map.entry(38, "AF_ALG"),
          Map.entry(40, "AF_VSOCK"),
          Map.entry(44, "AF_XDP"));

  // linux/net.h
  private static final int SOCK_TYPE_MASK = 0xf;
  private static final int SOCK_RAW = 3;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;

  private ClosedCallName() {}

  /** Returns the call's name, followed by a blank and the argument where one decided. */
  static String of(Syscall syscall, IntToLongFunction arguments) {
    String argument =
        switch (syscall) {
          case IOCTL -> named(REQUESTS, (int) arguments.applyAsLong(1));
          case SOCKET, SOCKETPAIR -> family(arguments);
          case CHMOD, FCHMOD, CREAT, MKNOD -> mode(arguments.applyAsLong(1));
          case FCHMODAT, FCHMODAT2, MKNODAT, OPEN -> mode(arguments.applyAsLong(2));
          case OPENAT -> mode(arguments.applyAsLong(3));
          case FCNTL -> "F_SETLEASE";
          default -> "";
        };
    return argument.isEmpty() ? syscall.kernelName() : syscall.kernelName() + " " + argument;
  }

  private static String family(IntToLongFunction arguments) {
    int family = (int) arguments.applyAsLong(0);
    boolean raw =
        (family == AF_INET || family == AF_INET6)
            && ((int) arguments.applyAsLong(1) & SOCK_TYPE_MASK) == SOCK_RAW;
    return named(FAMILIES, family) + (raw ? " SOCK_RAW" : "");
  }

  private static String mode(long mode) {
    return "0" + Long.toOctalString(mode & 07777);
  }

  private static String named(Map<Integer, String> names, int number) {
    return names.getOrDefault(number, "0x" + Integer.toHexString(number));
  }
}
