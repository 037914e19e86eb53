package org.ringfence.conformance.probe;

import com.sun.jna.Memory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.ringfence.conformance.probe.Probe.Operation;

/**
 * Operations against the supervisor, which answers calls for the kernel: races, locks, leases,
 * limits.
 */
final class SupervisorOperations {
  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int STREAM = 1;
  private static final int DGRAM = 2;
  // asm-generic/socket.h, asm-generic/fcntl.h, linux/fcntl.h
  private static final int SOL_SOCKET = KernelNumbers.here().solSocket();
  private static final int SO_REUSEADDR = 2;
  private static final int LOCK_EX = 2;
  private static final int LOCK_NB = 4;
  private static final int F_SETLEASE = 1024;
  private static final int F_RDLCK = 0;
  // linux/personality.h
  private static final long ADDR_NO_RANDOMIZE = 0x0040000;
  private static final int EIO = 5;
  private static final int EACCES = 13;

  private SupervisorOperations() {}

  static void addTo(Map<String, Operation> all) {
    all.put("bind-swap", SupervisorOperations::bindSwap);
    all.put("bind-unix", a -> bindUnix(a[0]));
    all.put("unix-name", SupervisorOperations::unixName);
    all.put("truncate-to", a -> NativeCalls.call("truncate", a[0], Long.parseLong(a[1])));
    all.put("lease", SupervisorOperations::lease);
    all.put("lock-exclusive", SupervisorOperations::lockExclusive);
    all.put("no-randomize", a -> NativeCalls.syscall(135, 92, ADDR_NO_RANDOMIZE));
    all.put("own-listener", SupervisorOperations::ownListener);
  }

  /**
   * One thread binds a unix socket by a number, while another swaps the socket behind the number
   * and the address: a datagram socket, and the port of a server of the host. Succeeds if that
   * socket has got that port.
   */
  private static long bindSwap(String[] a) throws Exception {
    int port = Integer.parseInt(a[0]);
    int rounds = Integer.parseInt(a[1]);
    if (isFree(port)) {
      // The sandbox has a separate loopback: no port bound there is the host's.
      return -EACCES;
    }
    byte[] inet = RawSocketAddress.inet("127.0.0.1", port).getByteArray(0, 16);
    long number = NativeCalls.call("socket", AF_UNIX, STREAM, 0);
    if (number < 0) {
      return number;
    }
    int[] sockets = new int[2];
    Memory address = NativeCalls.memory(16);
    Thread swapper =
        new Thread(
            () -> {
              while (!Thread.interrupted()) {
                for (int which = 0; which < 2; which++) {
                  if (which == 1) {
                    address.write(0, inet, 0, 16);
                  }
                  NativeCalls.call("dup2", sockets[which], (int) number);
                }
              }
            });
    swapper.setDaemon(true);
    for (int i = 0; i < rounds; i++) {
      int[] both = {
        (int) NativeCalls.call("socket", AF_UNIX, STREAM, 0),
        (int) NativeCalls.call("socket", AF_INET, DGRAM, 0)
      };
      if (both[1] < 0) {
        return both[1];
      }
      Memory one = NativeCalls.memory(4);
      one.setInt(0, 1);
      NativeCalls.call("setsockopt", both[1], SOL_SOCKET, SO_REUSEADDR, one, 4);
      int[] before = sockets.clone();
      sockets[0] = both[0];
      sockets[1] = both[1];
      if (i == 0) {
        swapper.start();
      }
      for (int each : before) {
        if (each != 0) {
          NativeCalls.call("close", each);
        }
      }
      byte[] unix = Arrays.copyOf(RawSocketAddress.unix("s" + i).getByteArray(0, 4), 16);
      address.write(0, unix, 0, 16);
      NativeCalls.call("bind", (int) number, address, 16);
      Files.deleteIfExists(Path.of("s" + i));
      if (boundPort(both[1]) == port) {
        return i;
      }
    }
    swapper.interrupt();
    return -EACCES;
  }

  private static boolean isFree(int port) throws Exception {
    int fd = (int) NativeCalls.call("socket", AF_INET, DGRAM, 0);
    boolean free = NativeCalls.call("bind", fd, RawSocketAddress.inet("127.0.0.1", port), 16) >= 0;
    NativeCalls.call("close", fd);
    return free;
  }

  private static int boundPort(int fd) {
    Memory address = NativeCalls.memory(32);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 32);
    return NativeCalls.call("getsockname", fd, address, length) < 0
        ? -1
        : Short.reverseBytes(address.getShort(2)) & 0xffff;
  }

  private static long bindUnix(String path) {
    Memory address = RawSocketAddress.unix(path);
    long fd = NativeCalls.call("socket", AF_UNIX, STREAM, 0);
    return fd < 0 ? fd : NativeCalls.call("bind", (int) fd, address, (int) address.size());
  }

  /** A unix socket has the name that it was bound to, and its file the mode of the umask. */
  private static long unixName(String[] a) throws Exception {
    Memory address = RawSocketAddress.unix(a[0]);
    long fd = NativeCalls.call("socket", AF_UNIX, STREAM, 0);
    NativeCalls.call("umask", 027);
    long bound = fd < 0 ? fd : NativeCalls.call("bind", (int) fd, address, (int) address.size());
    if (bound < 0) {
      return bound;
    }
    Memory name = NativeCalls.memory(128);
    Memory length = NativeCalls.memory(4);
    length.setInt(0, 128);
    long named = NativeCalls.call("getsockname", (int) fd, name, length);
    if (named < 0) {
      return named;
    }
    int mode = (Integer) Files.getAttribute(Path.of(a[0]), "unix:mode") & 0777;
    boolean same =
        length.getInt(0) == address.size()
            && Arrays.equals(
                name.getByteArray(0, length.getInt(0)),
                address.getByteArray(0, (int) address.size()));
    return same && mode == 0750 ? mode : -EIO;
  }

  private static long lease(String[] a) {
    NativeCalls.onlyLinux("leases");
    long fd = NativeCalls.call("open", a[0], 0, 0);
    return fd < 0 ? fd : NativeCalls.call("fcntl", (int) fd, F_SETLEASE, F_RDLCK);
  }

  private static long lockExclusive(String[] a) {
    long fd = NativeCalls.call("open", a[0], 0, 0);
    return fd < 0 ? fd : NativeCalls.call("flock", (int) fd, LOCK_EX | LOCK_NB);
  }

  /** Installs {@code SECCOMP_FILTER_FLAG_NEW_LISTENER}, with a filter that allows everything. */
  private static long ownListener(String[] a) {
    NativeCalls.call("prctl", 38, 1L, 0L, 0L, 0L);
    Memory code = NativeCalls.memory(8);
    code.setShort(0, (short) 0x06);
    code.setInt(4, 0x7fff0000);
    Memory program = NativeCalls.memory(16);
    program.setShort(0, (short) 1);
    program.setPointer(8, code);
    return NativeCalls.syscall(317, 277, 1L, 8L, program);
  }
}
