package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.F_DUPFD_CLOEXEC;
import static org.ringfence.linux.bind.Constants.IPPROTO_TCP;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_NONBLOCK;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SOL_SOCKET;
import static org.ringfence.linux.bind.Constants.SO_ATTACH_FILTER;
import static org.ringfence.linux.bind.Constants.SO_REUSEPORT;
import static org.ringfence.linux.bind.Constants.TCP_INFO;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.socket.SocketRoom;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * A private loopback: all inet sockets of a sandbox's commands are in one network namespace, and
 * none of its ports is the host's. This JVM forwards the traffic that the policy allows.
 *
 * <p>A command's connection to the outside waits as any other does. This JVM connects its socket to
 * a server inside that drops every packet, so that the kernel keeps trying. When the outside has
 * answered, this JVM connects a socket from that server's port to the command's: the two meet on
 * their way (RFC 9293, section 3.5, simultaneous open), and the command's connect ends as it would
 * have outside. Thread-safe.
 */
final class OwnLoopback implements AutoCloseable {
  private static final int MOST_WATCHED = 4096;
  // include/net/tcp_states.h
  private static final int TCP_CLOSE = 7;
  // linux/filter.h: BPF_RET | BPF_K
  private static final short RETURN = 0x06;
  // No command has a server there: the namespace reserves it for privileged processes.
  private static final int CLOSED_PORT = 1;

  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final PendingConnects pending;
  private final SocketRoom room;
  private final OutsidePump pump;
  private final OutsideDatagrams datagrams;
  private final Map<Integer, Silent> silent = new ConcurrentHashMap<>();

  /** A server that drops every packet. */
  private record Silent(int fd, SocketAddress address) {}

  /** Prepares a socket before it is connected to the outside. */
  interface Announcement {
    void of(int fd) throws AccessException;
  }

  /**
   * Makes a loopback.
   *
   * @param room the sandbox's namespace; closed with this
   * @throws IOException if it cannot be made; the namespace is closed
   */
  OwnLoopback(Kernel kernel, PendingConnects pending, SocketRoom room) throws IOException {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.pending = pending;
    this.room = room;
    boolean done = false;
    try {
      this.pump = new OutsidePump(kernel);
      done = true;
    } finally {
      if (!done) {
        room.close();
      }
    }
    this.datagrams = new OutsideDatagrams(kernel, room, pump);
  }

  /** Makes a socket; the caller closes it. */
  int socket(int family, int type) throws AccessException {
    return room.socket(family, type);
  }

  /** Returns whether a socket of the sandbox has a port at an address. */
  boolean taken(boolean tcp, InetAddress address, int port) throws IOException {
    try {
      return room.taken(tcp, address, port);
    } catch (AccessException e) {
      throw new IOException(e);
    }
  }

  /** Returns the address inside that forwards datagrams to one outside. */
  SocketAddress datagrams(SocketAddress to) throws AccessException {
    return datagrams.inside(to);
  }

  /**
   * Connects a command's socket to the outside, and answers the call.
   *
   * @param fd a copy of the socket, closed by this
   * @param to the destination
   */
  void connect(SyscallNotification call, int fd, SocketAddress to, Announcement announcement)
      throws AccessException {
    boolean handedOn = false;
    int outside = -1;
    int copy = -1;
    try {
      Silent server = silent(familyFor(fd));
      SocketAddress waiting = mapped(server.address(), fd);
      if (state(fd) != TCP_CLOSE) {
        handedOn = true;
        pending.connect(call, fd, waiting, false);
        return;
      }
      if (pump.size() > Math.min(MOST_WATCHED, pending.descriptors().total())) {
        throw new AccessException(-Errno.EAGAIN.value());
      }
      outside =
          (int)
              checked(
                  kernel.call(
                      Syscall.SOCKET,
                      to.family(),
                      SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                      IPPROTO_TCP));
      copy = (int) checked(kernel.call(Syscall.FCNTL, fd, F_DUPFD_CLOEXEC, 3));
      announcement.of(outside);
      long begun = to.passTo(kernel, Syscall.CONNECT, outside);
      if (begun < 0 && begun != -Errno.EINPROGRESS.value()) {
        throw new AccessException(begun);
      }
      handedOn = true;
      long result = pending.connect(call, fd, waiting, false);
      if (result == 0 || result == -Errno.EINPROGRESS.value()) {
        OutsideConnection connection =
            new OutsideConnection(kernel, pump, outside, new Waiting(call, fd, copy, server));
        outside = -1;
        copy = -1;
        connection.begin();
      }
    } finally {
      child.close(outside);
      child.close(copy);
      if (!handedOn) {
        child.close(fd);
      }
    }
  }

  /** Returns IPv4 for a socket bound to an IPv4 address, whatever its family. */
  private int familyFor(int fd) throws AccessException {
    SocketAddress bound = options.boundName(fd);
    boolean v4 =
        bound.family() == AF_INET
            || bound.isInet()
                && bound.inet() instanceof Inet4Address
                && !bound.inet().isAnyLocalAddress();
    return v4 ? AF_INET : AF_INET6;
  }

  private SocketAddress mapped(SocketAddress address, int fd) throws AccessException {
    return SocketAddress.inet(address.inet(), address.port(), options.boundName(fd).family());
  }

  private Silent silent(int family) throws AccessException {
    Silent known = silent.get(family);
    if (known != null) {
      return known;
    }
    synchronized (silent) {
      if (!silent.containsKey(family)) {
        silent.put(family, open(family));
      }
      return silent.get(family);
    }
  }

  private Silent open(int family) throws AccessException {
    int fd = room.socket(family, SOCK_STREAM);
    boolean done = false;
    try (NativeBlock block = new NativeBlock(128)) {
      sharing(fd);
      checked(
          SocketAddress.inet(SocketRoom.loopback(family), 0, family)
              .passTo(kernel, Syscall.BIND, fd));
      // struct sock_filter: keep nothing of each packet; then struct sock_fprog.
      long code = block.allocate(8);
      block.setShort(code, RETURN);
      long program = block.allocate(16);
      block.setShort(program, (short) 1);
      block.setLong(program + 8, code);
      checked(kernel.call(Syscall.SETSOCKOPT, fd, SOL_SOCKET, SO_ATTACH_FILTER, program, 16, 0));
      checked(kernel.call(Syscall.LISTEN, fd, 1));
      Silent server = new Silent(fd, options.boundName(fd));
      done = true;
      return server;
    } finally {
      if (!done) {
        child.close(fd);
      }
    }
  }

  /** Lets a socket share its port with others of this JVM. */
  private void sharing(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(32)) {
      long value = block.allocate(8);
      block.setInt(value, 1);
      checked(kernel.call(Syscall.SETSOCKOPT, fd, SOL_SOCKET, SO_REUSEPORT, value, 4, 0));
    }
  }

  /** {@code tcpi_state}, the first byte of {@code struct tcp_info}. */
  private int state(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(64)) {
      long value = block.allocate(8);
      long length = block.allocate(8);
      block.setInt(length, 8);
      checked(kernel.call(Syscall.GETSOCKOPT, fd, IPPROTO_TCP, TCP_INFO, value, length, 0));
      return (int) (block.getLong(value) & 0xff);
    }
  }

  private static long checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
    return result;
  }

  /** A socket of a command that waits for the outside. */
  private final class Waiting implements OutsideConnection.Meeting {
    private final SyscallNotification call;
    private final int held;
    private final int copy;
    private final Silent server;

    /**
     * Makes a waiting socket.
     *
     * @param held the descriptor by which the call may be pending
     * @param copy a descriptor of the same socket, closed by this
     */
    private Waiting(SyscallNotification call, int held, int copy, Silent server) {
      this.call = call;
      this.held = held;
      this.copy = copy;
      this.server = server;
    }

    @Override
    public int begin() {
      int family = server.address().family();
      int fd = -1;
      boolean done = false;
      try {
        SocketAddress at = options.boundName(copy);
        fd = room.socket(family, SOCK_STREAM | SOCK_NONBLOCK);
        sharing(fd);
        checked(server.address().passTo(kernel, Syscall.BIND, fd));
        long result =
            SocketAddress.inet(at.inet(), at.port(), family).passTo(kernel, Syscall.CONNECT, fd);
        done = result >= 0 || result == -Errno.EINPROGRESS.value();
        return done ? fd : (int) result;
      } catch (AccessException e) {
        return (int) e.result();
      } finally {
        if (!done) {
          child.close(fd);
        }
      }
    }

    @Override
    public void over() {
      child.close(copy);
    }

    @Override
    public void failed(long error) {
      if (pending.fail(call, held, this::disconnect, error)) {
        return;
      }
      // No call waits: the kernel refuses the waiting socket's connection.
      try {
        SocketAddress closedPort =
            SocketAddress.inet(
                SocketRoom.loopback(server.address().family()),
                CLOSED_PORT,
                options.boundName(copy).family());
        disconnect();
        closedPort.passTo(kernel, Syscall.CONNECT, copy);
      } catch (AccessException e) {
        disconnect();
      }
    }

    private void disconnect() {
      new SocketAddress(new byte[16]).passTo(kernel, Syscall.CONNECT, copy);
    }
  }

  @Override
  public void close() {
    pump.close();
    silent.values().forEach(server -> child.close(server.fd()));
    silent.clear();
    room.close();
  }
}
