package org.ringfence.linux.socket;

import static org.ringfence.linux.bind.Constants.AF_NETLINK;
import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.NETLINK_SOCK_DIAG;
import static org.ringfence.linux.bind.Constants.NLM_F_REQUEST;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_DGRAM;
import static org.ringfence.linux.bind.Constants.SOCK_DIAG_BY_FAMILY;
import static org.ringfence.linux.bind.Constants.UDIAG_SHOW_PEER;
import static org.ringfence.linux.bind.Constants.UDIAG_SHOW_VFS;
import static org.ringfence.linux.bind.Constants.UNIX_DIAG_PEER;
import static org.ringfence.linux.bind.Constants.UNIX_DIAG_VFS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Syscall;

/**
 * The sockets that belong to the sandbox: inet sockets by the inode that the supervisor saw when it
 * made them, unix sockets by the cookie that it saw when they were bound.
 */
public final class OwnSockets {
  private static final int DIAG_ANSWER = 4096;
  private static final int DUMP_ANSWER = 65536;
  private static final int REQUEST_BYTES = 16 + 24;
  // linux/netlink.h
  private static final int NLM_F_DUMP = 0x300;
  private static final int NLMSG_DONE = 3;
  // struct nlmsghdr, struct unix_diag_msg
  private static final int HEADER_BYTES = 16;
  private static final int MESSAGE_BYTES = 16;
  // linux/sock_diag.h: twice ~0
  private static final long NO_COOKIE = -1;
  private static final int FIRST_SWEEP = 1024;
  // Beyond it, only the last part of a socket's name is kept, or the socket is forgotten.
  private static final int MOST_NAMES = 16_384;
  private static final int MOST_SOCKETS = 65_536;
  private static final int MOST_PATH_CHARACTERS = 2 << 20;
  private static final String[] INET_TABLES = {"tcp", "tcp6", "udp", "udp6"};

  /** The owner of the socket that answers at an address. */
  public enum Listener {
    /** No socket. */
    NONE,
    /** A socket of this sandbox. */
    OWN,
    /** Some other socket. */
    FOREIGN
  }

  /** A unix socket: its inode in sockfs and its cookie, which the kernel never reuses. */
  public record UnixSocket(long inode, long cookie) {}

  private final Kernel kernel;
  // A forgotten socket is not the sandbox's: then a command does not reach it.
  private final Set<Long> inet = Collections.newSetFromMap(bounded(MOST_SOCKETS));
  private final Set<UnixSocket> unix = Collections.newSetFromMap(bounded(MOST_NAMES));
  private final Map<String, Long> boundPaths = new LinkedHashMap<>();
  private final Map<String, UnixSocket> abstractNames = bounded(MOST_NAMES);
  private final Map<Long, byte[]> names = bounded(MOST_NAMES);
  // Entries of closed sockets are dropped when they are as many as those of live ones.
  private int sweepInetAt = 2 * FIRST_SWEEP;
  private int sweepUnixAt = FIRST_SWEEP;
  private int sweepPathsAt = FIRST_SWEEP;
  private int sweepAbstractAt = FIRST_SWEEP;
  private long pathCharacters;

  public OwnSockets(Kernel kernel) {
    this.kernel = kernel;
  }

  /** Makes a map that forgets its oldest entry beyond a limit. */
  private static <K, V> Map<K, V> bounded(int most) {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
      }
    };
  }

  /**
   * Remembers the path of a socket that is bound in a private network namespace, where this JVM
   * cannot query it.
   */
  public synchronized void addPath(int tid, String path, long inode) {
    if (boundPaths.size() >= sweepPathsAt) {
      Set<String> live = inodesOf(tid);
      if (!live.isEmpty()) {
        forgetPaths(bound -> !live.contains(bound.getValue().toString()));
        sweepPathsAt = Math.max(FIRST_SWEEP, 2 * boundPaths.size());
      }
    }
    put(path, inode);
  }

  /** Stores a path; long ones count more, since commands choose their length. */
  private void put(String path, long inode) {
    if (boundPaths.put(path, inode) == null) {
      pathCharacters += path.length();
    }
    for (var all = boundPaths.keySet().iterator(); pathCharacters > MOST_PATH_CHARACTERS; ) {
      pathCharacters -= all.next().length();
      all.remove();
    }
  }

  private void forgetPaths(Predicate<Map.Entry<String, Long>> which) {
    for (var all = boundPaths.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<String, Long> bound = all.next();
      if (which.test(bound)) {
        pathCharacters -= bound.getKey().length();
        all.remove();
      }
    }
  }

  /** Returns the number of remembered sockets. */
  synchronized int size() {
    return inet.size() + unix.size() + abstractNames.size() + boundPaths.size();
  }

  /** Returns the total number of characters of the remembered paths. */
  synchronized long pathCharacters() {
    return pathCharacters;
  }

  /**
   * Returns the inodes of the unix sockets in a thread's network namespace; empty if unreadable.
   */
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

  /** Remembers the name by which a thread has bound a socket; this JVM bound it by another. */
  public synchronized void named(UnixSocket socket, byte[] given) {
    names.put(socket.cookie(), given);
  }

  public synchronized boolean namesAny() {
    return !names.isEmpty();
  }

  /** Returns the name by which a thread has bound a socket, or nothing. */
  public synchronized byte[] nameOf(long cookie) {
    return names.getOrDefault(cookie, new byte[0]);
  }

  /** Records that the sockets at or below a path have moved. */
  public synchronized void moved(String from, String to) {
    removed(to);
    Map<String, Long> moved = new LinkedHashMap<>();
    forgetPaths(
        bound -> {
          boolean moves = isAtOrBelow(bound.getKey(), from);
          if (moves) {
            moved.put(to + bound.getKey().substring(from.length()), bound.getValue());
          }
          return moves;
        });
    moved.forEach(this::put);
  }

  private static boolean isAtOrBelow(String path, String top) {
    return path.equals(top) || path.startsWith(top + "/");
  }

  /** Records that the socket at a path has a second name. */
  public synchronized void linked(String path, String more) {
    Long socket = boundPaths.get(path);
    if (socket != null && boundPaths.size() < MOST_NAMES) {
      put(more, socket);
    }
  }

  /** Forgets the sockets at or below a path. */
  public synchronized void removed(String path) {
    forgetPaths(bound -> isAtOrBelow(bound.getKey(), path));
  }

  /**
   * Returns whether a socket file was bound at this path in the thread's own network namespace,
   * still lives there, and is not in this JVM's namespace.
   */
  public boolean ownsPath(int tid, String path, long inode, long device) {
    Long socket = boundTo(path);
    if (socket == null || hostHas(inode, device)) {
      return false;
    }
    return inodesOf(tid).contains(socket.toString());
  }

  /** Returns whether a command has bound a socket to this path in a private network namespace. */
  public boolean hasBound(String path) {
    return boundTo(path) != null;
  }

  private synchronized Long boundTo(String path) {
    return boundPaths.get(path);
  }

  /**
   * Returns whether a unix socket of this JVM's network namespace is bound to a file; also true if
   * the kernel does not say.
   */
  public boolean hostHas(long inode, long device) {
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
    block.setInt(request + 28, UDIAG_SHOW_VFS | UDIAG_SHOW_PEER);
    block.setLong(request + 32, cookie);
    return request;
  }

  /** Remembers a socket when it is made, and again when it gets a port. */
  public synchronized void addInet(long inode) {
    if (inet.size() >= sweepInetAt) {
      sweepInet();
    }
    // A socket that is bound becomes the newest again.
    inet.remove(inode);
    inet.add(inode);
  }

  /** Returns whether a socket is known as one of the sandbox's. */
  public synchronized boolean hasInet(long inode) {
    return inet.contains(inode);
  }

  /** Forgets sockets without a port, except the newest, which may still get one. */
  private void sweepInet() {
    Set<Long> bound = new HashSet<>();
    for (String table : INET_TABLES) {
      Path file = Path.of("/proc/self/net/" + table);
      try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
        // The inode is the tenth column (net/ipv4/tcp_ipv4.c, net/ipv4/udp.c).
        lines.skip(1).forEach(line -> bound.add(Long.parseLong(line.trim().split("\\s+")[9])));
      } catch (NoSuchFileException e) {
        // No IPv6 here.
        continue;
      } catch (IOException | RuntimeException e) {
        // Unreadable: the oldest entry goes when there are too many.
        bound.addAll(inet);
      }
    }
    int old = inet.size() - FIRST_SWEEP;
    for (var all = inet.iterator(); old > 0; old--) {
      if (!bound.contains(all.next())) {
        all.remove();
      }
    }
    sweepInetAt = Math.max(2 * FIRST_SWEEP, 2 * inet.size());
  }

  public synchronized void addUnix(UnixSocket socket) {
    if (unix.size() >= sweepUnixAt) {
      unix.removeIf(one -> describe(one).length == 0);
      sweepUnixAt = Math.max(FIRST_SWEEP, 2 * unix.size());
    }
    unix.add(socket);
  }

  public synchronized void addAbstract(String name, UnixSocket socket) {
    if (abstractNames.size() >= sweepAbstractAt) {
      abstractNames.values().removeIf(one -> describe(one).length == 0);
      sweepAbstractAt = Math.max(FIRST_SWEEP, 2 * abstractNames.size());
    }
    abstractNames.put(name, socket);
  }

  /** Returns whether a live socket of the sandbox holds an abstract name. */
  public boolean ownsAbstract(String name) {
    UnixSocket socket = holder(name);
    return socket != null && describe(socket).length > 0;
  }

  private synchronized UnixSocket holder(String name) {
    return abstractNames.get(name);
  }

  private synchronized List<UnixSocket> unixSockets() {
    return List.copyOf(unix);
  }

  private synchronized void forget(UnixSocket socket) {
    unix.remove(socket);
  }

  /** Returns whether a socket of the sandbox is bound to the file of this device and inode. */
  public boolean ownsFile(long inode, long device) {
    for (UnixSocket socket : unixSockets()) {
      byte[] answer = describe(socket);
      if (answer.length == 0) {
        forget(socket);
      } else if (matchesFile(answer, inode, device)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matchesFile(byte[] answer, long inode, long device) {
    int at = attribute(answer, UNIX_DIAG_VFS);
    // udiag_vfs_ino and udiag_vfs_dev are 32 bits wide in this interface.
    return at > 0 && number(answer, at) == (int) inode && number(answer, at + 4) == (int) device;
  }

  /**
   * Returns where the value of an attribute begins; 0 if there is none. {@code struct
   * unix_diag_msg} is 16 bytes; attributes follow ({@code linux/unix_diag.h}).
   */
  private static int attribute(byte[] answer, int wanted) {
    ByteBuffer buffer = ByteBuffer.wrap(answer).order(ByteOrder.nativeOrder());
    int at = HEADER_BYTES + MESSAGE_BYTES;
    while (at + 4 <= answer.length) {
      int length = buffer.getShort(at) & 0xffff;
      if (length < 4) {
        return 0;
      }
      if (buffer.getShort(at + 2) == wanted) {
        return at + 4;
      }
      at += (length + 3) & ~3;
    }
    return 0;
  }

  private static int number(byte[] answer, int at) {
    return ByteBuffer.wrap(answer).order(ByteOrder.nativeOrder()).getInt(at);
  }

  /**
   * Returns the socket at the other end of a connection, also before it is accepted.
   *
   * @return null if it is gone, or in another network namespace
   */
  public UnixSocket peerOf(UnixSocket socket) {
    byte[] answer = describe(socket);
    int at = attribute(answer, UNIX_DIAG_PEER);
    if (at == 0) {
      return null;
    }
    long inode = number(answer, at) & 0xffffffffL;
    byte[] peer = describe(new UnixSocket(inode, NO_COOKIE));
    return peer.length < HEADER_BYTES + MESSAGE_BYTES
        ? null
        : new UnixSocket(
            inode, ByteBuffer.wrap(peer).order(ByteOrder.nativeOrder()).getLong(HEADER_BYTES + 8));
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

  /** Returns whether this kernel answers queries about unix sockets. */
  public static boolean unixDiagWorks(Kernel kernel, UnixSocket bound) {
    return new OwnSockets(kernel).describe(bound).length > 0;
  }

  /** Returns whether a TCP connection to a server of this JVM belongs to this socket. */
  public boolean connects(long inode, InetSocketAddress from, InetSocketAddress to) {
    try {
      return new BoundSockets(kernel).connected(from, to) == inode;
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the owner of the socket that receives data sent to a loopback address. */
  public Listener listener(boolean tcp, InetAddress address, int port) throws IOException {
    List<Long> inodes = new BoundSockets(kernel).inodes(tcp, address, port);
    if (inodes.isEmpty()) {
      return Listener.NONE;
    }
    return ownsAll(inodes) ? Listener.OWN : Listener.FOREIGN;
  }

  private synchronized boolean ownsAll(List<Long> inodes) {
    return inet.containsAll(inodes);
  }
}
