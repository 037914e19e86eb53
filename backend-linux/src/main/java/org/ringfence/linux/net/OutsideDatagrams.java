package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.AF_INET;
import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.MSG_DONTWAIT;
import static org.ringfence.linux.bind.Constants.MSG_NOSIGNAL;
import static org.ringfence.linux.bind.Constants.SOCK_CLOEXEC;
import static org.ringfence.linux.bind.Constants.SOCK_DGRAM;

import java.net.Inet4Address;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.socket.SocketRoom;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Forwards datagrams to the outside destinations of a sandbox: the name server, and named ports of
 * the host. Each destination has a socket in the sandbox's network; this JVM forwards its datagrams
 * from a socket of its own network, one per sender, and returns the answers. Thread-safe.
 */
final class OutsideDatagrams {
  private static final int MOST_SENDERS = 128;
  private static final int MOST_AT_ONCE = 16;

  private final Kernel kernel;
  private final SocketRoom room;
  private final OutsidePump pump;
  private final SocketOptions options;
  private final Map<String, Place> places = new HashMap<>();

  OutsideDatagrams(Kernel kernel, SocketRoom room, OutsidePump pump) {
    this.kernel = kernel;
    this.room = room;
    this.pump = pump;
    this.options = new SocketOptions(kernel);
  }

  /**
   * Returns the address inside that stands for one outside.
   *
   * @param to the address outside, in the form for the sender's socket
   */
  synchronized SocketAddress inside(SocketAddress to) throws AccessException {
    boolean v4 = to.inet() instanceof Inet4Address;
    String key = HexFormat.of().formatHex(to.bytes());
    Place place = places.get(key);
    if (place == null) {
      place = open(to, v4 ? AF_INET : AF_INET6);
      places.put(key, place);
    }
    return SocketAddress.inet(
        SocketRoom.loopback(v4 ? AF_INET : AF_INET6), place.port, to.family());
  }

  private Place open(SocketAddress to, int family) throws AccessException {
    int fd = room.socket(family, SOCK_DGRAM);
    boolean done = false;
    try {
      SocketAddress any = SocketAddress.inet(SocketRoom.loopback(family), 0, family);
      checked(any.passTo(kernel, Syscall.BIND, fd));
      Place place = new Place(fd, options.boundName(fd).port(), to);
      done = pump.watch(fd, EPOLLIN, place);
      checked(done ? 0 : -org.ringfence.linux.plan.Errno.ENOMEM.value());
      return place;
    } finally {
      if (!done) {
        kernel.call(Syscall.CLOSE, fd);
      }
    }
  }

  private static void checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
  }

  private void close(int fd) {
    pump.unwatch(fd);
    kernel.call(Syscall.CLOSE, fd);
  }

  /** A socket inside that stands for one outside; only the pump's thread uses its maps. */
  private final class Place implements OutsidePump.Moved {
    private final int fd;
    private final int port;
    private final SocketAddress to;
    private final Map<String, Sender> senders =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Sender> eldest) {
            boolean full = size() > MOST_SENDERS;
            if (full) {
              eldest.getValue().end();
            }
            return full;
          }
        };

    private Place(int fd, int port, SocketAddress to) {
      this.fd = fd;
      this.port = port;
      this.to = to;
    }

    @Override
    public void ready(int ready, OutsidePump.Buffer buffer) {
      try (NativeBlock block = new NativeBlock(256)) {
        long name = block.allocate(SocketAddress.LONGEST);
        long length = block.allocate(8);
        for (int i = 0; i < MOST_AT_ONCE; i++) {
          block.setInt(length, SocketAddress.LONGEST);
          long count =
              kernel.call(
                  Syscall.RECVFROM, fd, buffer.at(), buffer.size(), MSG_DONTWAIT, name, length);
          if (count < 0) {
            return;
          }
          byte[] from = block.getBytes(name, block.getInt(length));
          Sender sender = sender(from);
          if (sender != null) {
            // An unsendable datagram is lost, as datagrams are.
            kernel.call(
                Syscall.SENDTO, sender.fd, buffer.at(), count, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
          }
        }
      }
    }

    private Sender sender(byte[] from) {
      String key = HexFormat.of().formatHex(from);
      Sender known = senders.get(key);
      if (known != null) {
        return known;
      }
      long socket = kernel.call(Syscall.SOCKET, to.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (socket < 0) {
        return null;
      }
      Sender sender = new Sender((int) socket, from, fd);
      if (to.passTo(kernel, Syscall.CONNECT, (int) socket) < 0
          || !pump.watch((int) socket, EPOLLIN, sender)) {
        kernel.call(Syscall.CLOSE, socket);
        return null;
      }
      senders.put(key, sender);
      return sender;
    }

    @Override
    public void end() {
      senders.values().forEach(Sender::end);
      senders.clear();
      OutsideDatagrams.this.close(fd);
    }
  }

  /** A sender that waits for answers. */
  private final class Sender implements OutsidePump.Moved {
    private final int fd;
    private final byte[] address;
    private final int inside;
    private boolean ended;

    private Sender(int fd, byte[] address, int inside) {
      this.fd = fd;
      this.address = Arrays.copyOf(address, address.length);
      this.inside = inside;
    }

    @Override
    public void ready(int ready, OutsidePump.Buffer buffer) {
      try (NativeBlock block = new NativeBlock(SocketAddress.LONGEST + 32L)) {
        long name = block.bytes(address);
        for (int i = 0; i < MOST_AT_ONCE; i++) {
          long count =
              kernel.call(Syscall.RECVFROM, fd, buffer.at(), buffer.size(), MSG_DONTWAIT, 0, 0);
          if (count < 0) {
            return;
          }
          kernel.call(
              Syscall.SENDTO,
              inside,
              buffer.at(),
              count,
              MSG_DONTWAIT | MSG_NOSIGNAL,
              name,
              address.length);
        }
      }
    }

    @Override
    public void end() {
      if (!ended) {
        ended = true;
        OutsideDatagrams.this.close(fd);
      }
    }
  }
}
