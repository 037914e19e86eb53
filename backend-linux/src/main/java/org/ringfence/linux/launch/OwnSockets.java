package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.AF_NETLINK;
import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.NETLINK_SOCK_DIAG;
import static org.ringfence.linux.bind.Constants.NLM_F_REQUEST;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_DGRAM;
import static org.ringfence.linux.bind.Constants.SOCK_DIAG_BY_FAMILY;
import static org.ringfence.linux.bind.Constants.UDIAG_SHOW_VFS;
import static org.ringfence.linux.bind.Constants.UNIX_DIAG_VFS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Syscall;

/**
 * The sockets that belong to the sandbox: inet sockets by the inode that the supervisor saw when it
 * made them, unix sockets by the cookie that it saw when they were bound.
 */
final class OwnSockets {
  private static final int DIAG_ANSWER = 4096;
  private static final int DUMP_ANSWER = 65536;
  private static final int REQUEST_BYTES = 16 + 24;
  // linux/netlink.h
  private static final int NLM_F_DUMP = 0x300;
  private static final int NLMSG_DONE = 3;
  private static final int FIRST_SWEEP = 1024;
  // Beyond it a socket's name is its last part alone.
  private static final int MOST_NAMES = 16_384;

  /** Who answers at an address. */
  enum Listener {
    /** Nobody. */
    NOBODY,
    /** A socket of this sandbox. */
    OWN,
    /** Some other socket. */
    FOREIGN
  }

  /** A unix socket: its inode in sockfs and its cookie, which the kernel never gives twice. */
  record UnixSocket(long inode, long cookie) {}

  private final Kernel kernel;
  private final Set<Long> inet = ConcurrentHashMap.newKeySet();
  private final Set<UnixSocket> unix = ConcurrentHashMap.newKeySet();
  private final Map<String, Long> boundPaths = new ConcurrentHashMap<>();
  private final Map<String, UnixSocket> abstractNames = new ConcurrentHashMap<>();

  private final Map<Long, byte[]> names =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, byte[]> eldest) {
          return size() > MOST_NAMES;
        }
      };
  // What is remembered of sockets that are gone goes when it is as much as what lives.
  private volatile int sweepAt = FIRST_SWEEP;

  OwnSockets(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Remembers a path that a socket is bound to in a network namespace of its own, where it cannot
   * be asked for.
   */
  void addPath(int tid, String path, long inode) {
    if (boundPaths.size() >= sweepAt) {
      Set<String> live = inodesOf(tid);
      if (!live.isEmpty()) {
        boundPaths.values().removeIf(socket -> !live.contains(socket.toString()));
        sweepAt = Math.max(FIRST_SWEEP, 2 * boundPaths.size());
      }
    }
    boundPaths.put(path, inode);
  }

  /** Inodes of the unix sockets of a thread's network namespace; empty when they cannot be read. */
  private static Set<String> inodesOf(int tid) {
    try (Stream<String> lines =
        Files.lines(Path.of("/proc/" + tid + "/net/unix"), StandardCharsets.ISO_8859_1)) {
      // Columns of proc_pid_net(5): the inode is the seventh.
      return lines
          .map(line -> line.trim().split("\\s+"))
          .filter(columns -> columns.length > 6)
          .map(columns -> columns[6])
          .collect(Collectors.toSet());
    } catch (IOException | UncheckedIOException e) {
      return Set.of();
    }
  }

  /** Remembers by which name a thread has bound a socket; we bound it by another. */
  void named(UnixSocket socket, byte[] given) {
    synchronized (names) {
      names.put(socket.cookie(), given);
    }
  }

  boolean namesAny() {
    synchronized (names) {
      return !names.isEmpty();
    }
  }

  /** The name that a thread has bound a socket by, or nothing. */
  byte[] nameOf(long cookie) {
    synchronized (names) {
      return names.getOrDefault(cookie, new byte[0]);
    }
  }

  /** What lies at a path, or below it, has another name from now on. */
  void moved(String from, String to) {
    removed(to);
    for (String path : List.copyOf(boundPaths.keySet())) {
      if (path.equals(from) || path.startsWith(from + "/")) {
        Long socket = boundPaths.remove(path);
        if (socket != null) {
          boundPaths.put(to + path.substring(from.length()), socket);
        }
      }
    }
  }

  /** What lies at a path has a second name. */
  void linked(String path, String more) {
    Long socket = boundPaths.get(path);
    if (socket != null && boundPaths.size() < MOST_NAMES) {
      boundPaths.put(more, socket);
    }
  }

  /** What may come to lie at a path, or below it, is another thing from now on. */
  void removed(String path) {
    boundPaths.keySet().removeIf(each -> each.equals(path) || each.startsWith(path + "/"));
  }

  /**
   * Whether a socket file is one that was bound at this path in the thread's own network namespace,
   * lives there still, and is none of this JVM's namespace.
   */
  boolean ownsPath(int tid, String path, long inode, long device) {
    Long socket = boundPaths.get(path);
    if (socket == null || hostHas(inode, device)) {
      return false;
    }
    return inodesOf(tid).contains(socket.toString());
  }

  /** Whether a unix socket of this JVM's network namespace is bound to a file. */
  private boolean hostHas(long inode, long device) {
    long netlink =
        kernel.call(Syscall.SOCKET, AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) {
      return true;
    }
    try (NativeBlock block = new NativeBlock(DUMP_ANSWER + 128)) {
      long request = request(block, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
      if (kernel.call(Syscall.WRITE, netlink, request, REQUEST_BYTES) < 0) {
        return true;
      }
      long buffer = block.allocate(DUMP_ANSWER);
      while (true) {
        long length = kernel.call(Syscall.READ, netlink, buffer, DUMP_ANSWER);
        if (length < 16) {
          return true;
        }
        long at = 0;
        while (at + 16 <= length) {
          int size = block.getInt(buffer + at);
          int type = block.getShort(buffer + at + 4) & 0xffff;
          if (type != SOCK_DIAG_BY_FAMILY || size < 16) {
            // NLMSG_DONE ends the list; an error ends it too, and then nothing is known.
            return type != NLMSG_DONE;
          }
          if (matchesFile(block.getBytes(buffer + at, size), inode, device)) {
            return true;
          }
          at += (size + 3) & ~3;
        }
      }
    } finally {
      kernel.call(Syscall.CLOSE, netlink);
    }
  }

  private static long request(NativeBlock block, int flags, long inode, long cookie) {
    long request = block.allocate(REQUEST_BYTES);
    // struct nlmsghdr
    block.setInt(request, REQUEST_BYTES);
    block.setShort(request + 4, (short) SOCK_DIAG_BY_FAMILY);
    block.setShort(request + 6, (short) flags);
    // struct unix_diag_req
    block.setByte(request + 16, (byte) AF_UNIX);
    block.setInt(request + 20, -1);
    block.setInt(request + 24, (int) inode);
    block.setInt(request + 28, UDIAG_SHOW_VFS);
    block.setLong(request + 32, cookie);
    return request;
  }

  void addInet(long inode) {
    inet.add(inode);
  }

  void addUnix(UnixSocket socket) {
    if (unix.size() >= sweepAt) {
      unix.removeIf(one -> describe(one).length == 0);
      sweepAt = Math.max(FIRST_SWEEP, 2 * unix.size());
    }
    unix.add(socket);
  }

  void addAbstract(String name, UnixSocket socket) {
    if (abstractNames.size() >= sweepAt) {
      abstractNames.values().removeIf(one -> describe(one).length == 0);
      sweepAt = Math.max(FIRST_SWEEP, 2 * abstractNames.size());
    }
    abstractNames.put(name, socket);
  }

  /** Whether an abstract name is held by a socket of ours that still lives. */
  boolean ownsAbstract(String name) {
    UnixSocket socket = abstractNames.get(name);
    return socket != null && describe(socket).length > 0;
  }

  /** Whether the socket file of this device and inode is bound by a socket of ours. */
  boolean ownsFile(long inode, long device) {
    for (UnixSocket socket : List.copyOf(unix)) {
      byte[] answer = describe(socket);
      if (answer.length == 0) {
        unix.remove(socket);
      } else if (matchesFile(answer, inode, device)) {
        return true;
      }
    }
    return false;
  }

  /** {@code struct unix_diag_msg} is 16 bytes; attributes follow ({@code linux/unix_diag.h}). */
  private static boolean matchesFile(byte[] answer, long inode, long device) {
    var buffer = java.nio.ByteBuffer.wrap(answer).order(java.nio.ByteOrder.nativeOrder());
    int at = 16 + 16;
    while (at + 4 <= answer.length) {
      int length = buffer.getShort(at) & 0xffff;
      int type = buffer.getShort(at + 2) & 0xffff;
      if (length < 4) {
        return false;
      }
      if (type == UNIX_DIAG_VFS) {
        // udiag_vfs_ino and udiag_vfs_dev are 32 bits wide in this interface.
        return buffer.getInt(at + 4) == (int) inode && buffer.getInt(at + 8) == (int) device;
      }
      at += (length + 3) & ~3;
    }
    return false;
  }

  /**
   * Asks the kernel for one unix socket by inode and cookie ({@code unix_diag_get_exact}).
   *
   * @return the answer with its netlink header; empty when there is no such socket
   */
  private byte[] describe(UnixSocket socket) {
    long netlink =
        kernel.call(Syscall.SOCKET, AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) {
      return new byte[0];
    }
    try (NativeBlock block = new NativeBlock(DIAG_ANSWER + 128)) {
      long request = request(block, NLM_F_REQUEST, socket.inode(), socket.cookie());
      if (kernel.call(Syscall.WRITE, netlink, request, REQUEST_BYTES) < 0) {
        return new byte[0];
      }
      long buffer = block.allocate(DIAG_ANSWER);
      long length = kernel.call(Syscall.READ, netlink, buffer, DIAG_ANSWER);
      // An error answer has the type NLMSG_ERROR instead.
      if (length < 32 || block.getShort(buffer + 4) != SOCK_DIAG_BY_FAMILY) {
        return new byte[0];
      }
      return block.getBytes(buffer, (int) length);
    } finally {
      kernel.call(Syscall.CLOSE, netlink);
    }
  }

  /** Whether this kernel answers for unix sockets at all. */
  static boolean unixDiagWorks(Kernel kernel, UnixSocket bound) {
    return new OwnSockets(kernel).describe(bound).length > 0;
  }

  /** Whether a TCP connection to a server of this JVM is one of this socket. */
  boolean connects(long inode, InetSocketAddress from, InetSocketAddress to) {
    try {
      return new BoundSockets(kernel).connected(from, to) == inode;
    } catch (IOException e) {
      return false;
    }
  }

  /** Who would get what is sent to a loopback address. */
  Listener listener(boolean tcp, InetAddress address, int port) throws IOException {
    List<Long> inodes = new BoundSockets(kernel).inodes(tcp, address, port);
    if (inodes.isEmpty()) {
      return Listener.NOBODY;
    }
    return inet.containsAll(inodes) ? Listener.OWN : Listener.FOREIGN;
  }
}
