package org.ringfence.linux.socket;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.F_SETFL;
import static org.ringfence.linux.bind.Constants.IPPROTO_IP;
import static org.ringfence.linux.bind.Constants.IP_BIND_ADDRESS_NO_PORT;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.O_RDWR;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_NONBLOCK;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SOL_SOCKET;
import static org.ringfence.linux.bind.Constants.SO_ERROR;
import static org.ringfence.linux.bind.Constants.SO_SNDTIMEO;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.restricted.HostProcess;
import org.ringfence.linux.restricted.HostProcess.Errors;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * A network namespace with only a loopback, and sockets in it. This JVM cannot enter one: a process
 * with several threads cannot enter a user namespace. So bubblewrap puts a shell into the
 * namespace, the shell opens sockets, and this JVM copies its descriptors. The shell gets nothing
 * from commands, and ends when its input does, with this JVM at the latest. Thread-safe.
 *
 * <p>The shell can connect TCP sockets, but cannot make them listen: the first ones connect to
 * themselves, by the only port that the kernel may choose. Two sockets make all others: one
 * listens, one connects, and the accepted socket is disconnected again.
 */
public final class SocketRoom implements AutoCloseable {
  private static final int FIRST_DESCRIPTOR = 10;
  private static final int BATCH = 8;
  private static final int BACKLOG = 16;
  private static final int MOST_TRIES = 64;
  private static final long PATIENCE_SECONDS = 5;
  private static final String SELF_PORT = "40000";

  private static final String SCRIPT =
      String.join(
          "\n",
          "range=/proc/sys/net/ipv4/ip_local_port_range",
          "usual=$(<\"$range\")",
          "say() { printf '%s\\n' \"$1\"; read -r REPLY || exit 0; }",
          "say \"$$\"",
          "for host in 127.0.0.1 ::1; do",
          "  for each in 1 2; do",
          "    printf '%s' '" + SELF_PORT + " " + SELF_PORT + "' >\"$range\" || exit 1",
          "    if exec 10<>/dev/tcp/$host/" + SELF_PORT + "; then say yes; else say no; fi",
          "    exec 10>&-",
          "  done",
          "done",
          "printf '%s' \"$usual\" >\"$range\"",
          "while :; do",
          "  say ready",
          "  for each in 10 11 12 13 14 15 16 17; do",
          "    eval \"exec $each<>/dev/udp/$REPLY/9\"",
          "  done",
          "  say opened",
          "  for each in 10 11 12 13 14 15 16 17; do",
          "    eval \"exec $each>&-\"",
          "  done",
          "done");

  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final Process helper;
  private final OutputStream orders;
  private final BufferedReader answers;
  private final int pid;
  private final Map<Integer, Pair> pairs = new HashMap<>();
  private final Map<Integer, Deque<Integer>> datagrams = new HashMap<>();

  /** Two sockets that make more: one listens, and one connects to it. */
  private record Pair(int listener, int client) {}

  /**
   * Makes a namespace.
   *
   * @param kernel the system calls
   * @param bubblewrap the program that makes namespaces
   * @param shell a bash
   * @throws IOException if it cannot be made here; nothing is left behind
   */
  public SocketRoom(Kernel kernel, String bubblewrap, String shell) throws IOException {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.options = new SocketOptions(kernel);
    this.helper =
        HostProcess.start(
            List.of(
                bubblewrap,
                "--unshare-user",
                "--unshare-net",
                "--unshare-ipc",
                "--cap-add",
                "CAP_NET_ADMIN",
                "--dev-bind",
                "/",
                "/",
                "--chdir",
                "/",
                "--new-session",
                "--",
                shell,
                "--norc",
                "--noprofile",
                "-c",
                SCRIPT),
            Errors.DISCARDED);
    this.orders = helper.getOutputStream();
    this.answers =
        new BufferedReader(
            new InputStreamReader(helper.getInputStream(), StandardCharsets.US_ASCII));
    boolean done = false;
    try {
      this.pid = Integer.parseInt(heard());
      order("");
      for (int family : new int[] {AF_INET, AF_INET6}) {
        begin(family);
      }
      if (!"ready".equals(heard()) || !pairs.containsKey(AF_INET)) {
        throw new IOException("no TCP socket can be made in a network namespace");
      }
      done = true;
    } catch (NumberFormatException | AccessException e) {
      throw new IOException("sockets of a network namespace cannot be reached", e);
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private void begin(int family) throws IOException, AccessException {
    int[] two = {-1, -1};
    boolean done = false;
    try {
      for (int i = 0; i < two.length; i++) {
        if ("yes".equals(heard())) {
          two[i] = fresh(child.descriptor(pid, FIRST_DESCRIPTOR));
        }
        order("");
      }
      if (two[0] < 0 || two[1] < 0) {
        return;
      }
      patience(two[1]);
      datagrams.put(family, new ArrayDeque<>());
      pairs.put(family, new Pair(two[0], two[1]));
      done = true;
    } finally {
      if (!done) {
        child.close(two[0]);
        child.close(two[1]);
      }
    }
  }

  /** Bounds the wait of a connect, whatever commands do to the port (struct timeval). */
  private void patience(int client) throws AccessException {
    try (NativeBlock block = new NativeBlock(32)) {
      long value = block.allocate(16);
      block.setLong(value, 1);
      checked(kernel.call(Syscall.SETSOCKOPT, client, SOL_SOCKET, SO_SNDTIMEO, value, 16, 0));
    }
  }

  private String heard() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the shell of the network namespace has ended");
    }
    return line;
  }

  private void order(String line) throws IOException {
    orders.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    orders.flush();
  }

  /**
   * Makes a socket; the caller closes it.
   *
   * @param family the family of IPv4 or IPv6
   * @param type the type of TCP or UDP, with flags
   */
  public int socket(int family, int type) throws AccessException {
    int fd = (type & 0xf) == SOCK_STREAM ? stream(family) : datagram(family);
    if ((type & SOCK_NONBLOCK) != 0) {
      kernel.call(Syscall.FCNTL, fd, F_SETFL, O_RDWR | O_NONBLOCK);
    }
    return fd;
  }

  private synchronized int stream(int family) throws AccessException {
    Pair pair = pairs.get(family);
    if (pair == null) {
      throw new AccessException(-Errno.EAFNOSUPPORT.value());
    }
    checked(kernel.call(Syscall.LISTEN, pair.listener(), BACKLOG));
    try {
      return accepted(pair, family);
    } finally {
      disconnect(pair.listener());
      disconnect(pair.client());
    }
  }

  /** Accepts the client's connection: commands see the listening port, and may connect first. */
  private int accepted(Pair pair, int family) throws AccessException {
    SocketAddress at = options.boundName(pair.listener());
    InetAddress loopback = loopback(family);
    SocketAddress to = SocketAddress.inet(loopback, at.port(), family);
    checked(to.passTo(kernel, Syscall.CONNECT, pair.client()));
    SocketAddress from = options.boundName(pair.client());
    for (int i = 0; i < MOST_TRIES; i++) {
      checked(waitFor(pair.listener()));
      int fd = (int) checked(kernel.call(Syscall.ACCEPT4, pair.listener(), 0, 0, SOCK_CLOEXEC));
      if (java.util.Arrays.equals(peer(fd), from.bytes())) {
        disconnect(pair.client());
        return unnamed(fresh(fd), family);
      }
      child.close(fd);
    }
    throw new AccessException(-Errno.ENOMEM.value());
  }

  private long waitFor(int listener) {
    try (NativeBlock block = new NativeBlock(64)) {
      // struct pollfd, then struct timespec: one second.
      long poll = block.allocate(8);
      block.setInt(poll, listener);
      block.setShort(poll + 4, (short) EPOLLIN);
      long time = block.allocate(16);
      block.setLong(time, 1);
      long ready = kernel.call(Syscall.PPOLL, poll, 1, time, 0);
      return ready == 0 ? -Errno.ENOMEM.value() : ready;
    }
  }

  private byte[] peer(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(256)) {
      long at = block.allocate(SocketAddress.LONGEST);
      long length = block.allocate(8);
      block.setInt(length, SocketAddress.LONGEST);
      long result = kernel.call(Syscall.GETPEERNAME, fd, at, length);
      return result < 0 ? new byte[0] : block.getBytes(at, block.getInt(length));
    }
  }

  private synchronized int datagram(int family) throws AccessException {
    Deque<Integer> ready = datagrams.get(family);
    if (ready == null) {
      throw new AccessException(-Errno.EAFNOSUPPORT.value());
    }
    if (ready.isEmpty()) {
      try {
        order(loopback(family).getHostAddress());
        heard();
        try {
          for (int i = 0; i < BATCH; i++) {
            ready.add(fresh(child.descriptor(pid, FIRST_DESCRIPTOR + i)));
          }
        } finally {
          // Without descriptors, too, the shell has to hear the end of its turn.
          order("");
          heard();
        }
      } catch (IOException e) {
        throw new AccessException(-Errno.ENOMEM.value());
      }
    }
    return ready.remove();
  }

  /** Returns the loopback address of a family. */
  public static InetAddress loopback(int family) {
    byte[] bytes = family == AF_INET6 ? new byte[16] : new byte[] {127, 0, 0, 1};
    bytes[bytes.length - 1] = 1;
    return address(bytes);
  }

  private static InetAddress any(int family) {
    return address(new byte[family == AF_INET6 ? 16 : 4]);
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException("4 or 16 bytes", e);
    }
  }

  /** Resets a socket to its initial state: without peer, port and error. */
  private int fresh(int fd) throws AccessException {
    boolean done = false;
    try {
      disconnect(fd);
      options.get(fd, SO_ERROR);
      done = true;
      return fd;
    } finally {
      if (!done) {
        child.close(fd);
      }
    }
  }

  /**
   * Clears a socket's name: the kernel still reports its released port. Binding it to no address
   * and no port yet ends that (ip(7), IP_BIND_ADDRESS_NO_PORT).
   */
  private int unnamed(int fd, int family) {
    later(fd, 1);
    SocketAddress none = SocketAddress.inet(any(family), 0, family);
    none.passTo(kernel, Syscall.BIND, fd);
    later(fd, 0);
    return fd;
  }

  private void later(int fd, int value) {
    try (NativeBlock block = new NativeBlock(32)) {
      long at = block.allocate(8);
      block.setInt(at, value);
      kernel.call(Syscall.SETSOCKOPT, fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, at, 4, 0);
    }
  }

  /** Removes a connected socket's peer and port; AF_UNSPEC is zero. */
  private void disconnect(int fd) {
    new SocketAddress(new byte[16]).passTo(kernel, Syscall.CONNECT, fd);
  }

  /** Returns whether a port of this namespace is taken at an address. */
  public boolean taken(boolean tcp, InetAddress address, int port) throws AccessException {
    int family = address instanceof Inet4Address ? AF_INET : AF_INET6;
    int fd = tcp ? stream(family) : datagram(family);
    try {
      long result = SocketAddress.inet(address, port, family).passTo(kernel, Syscall.BIND, fd);
      return result == -Errno.EADDRINUSE.value();
    } finally {
      child.close(fd);
    }
  }

  private static long checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
    return result;
  }

  @Override
  public synchronized void close() {
    pairs.values().forEach(pair -> List.of(pair.listener(), pair.client()).forEach(child::close));
    pairs.clear();
    datagrams.values().forEach(each -> each.forEach(child::close));
    datagrams.clear();
    try {
      orders.close();
    } catch (IOException e) {
      // The shell has ended.
      helper.destroy();
    }
    try {
      if (!helper.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        helper.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      helper.destroyForcibly();
    }
    try {
      answers.close();
    } catch (IOException e) {
      // Nothing is read any more.
    }
  }
}
