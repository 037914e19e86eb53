package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.MSG_DONTWAIT;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.SO_COOKIE;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketMessage;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.WaitingCalls;

/**
 * Rewrites the sender of Ringfence's DNS answers to the server that the command asked: some C
 * libraries drop answers from another address. Decides nothing; the receivers stay the same.
 */
final class RedirectedDatagrams {
  private static final int MOST_SOCKETS = 4096;
  private static final int LARGEST_DATAGRAM = 65_536;
  private static final int MOST_PARTS = 64;

  private final Kernel kernel;
  private final TargetMemory child;
  private final SocketOptions options;
  private final WaitingCalls waiting;
  private final Map<Long, SocketAddress> askedByCookie =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, SocketAddress> eldest) {
          return size() > MOST_SOCKETS;
        }
      };

  RedirectedDatagrams(Kernel kernel, TargetMemory child, WaitingCalls waiting) {
    this.kernel = kernel;
    this.child = child;
    this.options = new SocketOptions(kernel);
    this.waiting = waiting;
  }

  /** Records that a socket has asked one server and its question goes to another. */
  void redirected(int fd, SocketAddress asked) throws AccessException {
    long cookie = options.getLong(fd, SO_COOKIE);
    synchronized (askedByCookie) {
      askedByCookie.put(cookie, asked);
    }
  }

  void answer(Syscall syscall, SyscallNotification call) {
    boolean handedOn = false;
    int fd = -1;
    if (none()) {
      call.proceed();
      return;
    }
    try {
      fd = child.descriptor(call.tid(), call.intArgument(0));
      SocketAddress asked = asked(fd);
      if (asked == null) {
        call.proceed();
        return;
      }
      Target target = syscall == Syscall.RECVFROM ? plain(call) : message(call);
      boolean waits =
          (target.flags() & MSG_DONTWAIT) == 0
              && (kernel.call(Syscall.FCNTL, fd, F_GETFL) & O_NONBLOCK) == 0;
      long result = receive(call, fd, target, asked);
      if (result != -Errno.EAGAIN.value() || !waits) {
        call.result(result);
        return;
      }
      int copy = fd;
      waiting.add(call, 1, new Later(call, copy, target, asked));
      handedOn = true;
    } catch (RejectedExecutionException e) {
      call.fail(Errno.EAGAIN);
    } catch (AccessException e) {
      // No socket, or unmapped memory: the kernel returns the precise error.
      call.proceed();
    } finally {
      if (!handedOn && fd >= 0) {
        child.close(fd);
      }
    }
  }

  private boolean none() {
    synchronized (askedByCookie) {
      return askedByCookie.isEmpty();
    }
  }

  private SocketAddress asked(int fd) throws AccessException {
    synchronized (askedByCookie) {
      return askedByCookie.get(options.getLong(fd, SO_COOKIE));
    }
  }

  /** Receives when a datagram is ready. */
  private final class Later implements WaitingCalls.Waiting {
    private final SyscallNotification call;
    private final int fd;
    private final Target target;
    private final SocketAddress asked;

    private Later(SyscallNotification call, int fd, Target target, SocketAddress asked) {
      this.call = call;
      this.fd = fd;
      this.target = target;
      this.asked = asked;
    }

    @Override
    public boolean attempt() throws AccessException {
      long result = receive(call, fd, target, asked);
      if (result == -Errno.EAGAIN.value()) {
        return false;
      }
      call.result(result);
      return true;
    }

    @Override
    public void pause(long millis) {
      WaitingCalls.ready(kernel, fd, EPOLLIN, millis);
    }

    @Override
    public void close() {
      child.close(fd);
    }
  }

  /**
   * The place of a datagram in the caller's memory.
   *
   * @param parts addresses and lengths of the buffer's parts, alternating
   * @param name address for the sender's address, 0 for none
   * @param room its largest length
   * @param lengthAt address for its length
   * @param header the {@code struct msghdr}, 0 for none
   * @param flags the flags of the call
   */
  private record Target(long[] parts, long name, int room, long lengthAt, long header, int flags) {}

  private ByteBuffer read(SyscallNotification call, long at, int length) throws AccessException {
    return ByteBuffer.wrap(child.read(call.tid(), at, length)).order(ByteOrder.nativeOrder());
  }

  private Target plain(SyscallNotification call) throws AccessException {
    long lengthAt = call.argument(5);
    long name = call.argument(4);
    return new Target(
        new long[] {call.argument(1), Math.min(call.argument(2), LARGEST_DATAGRAM)},
        name,
        name == 0 ? 0 : read(call, lengthAt, 4).getInt(),
        lengthAt,
        0,
        call.intArgument(3));
  }

  private Target message(SyscallNotification call) throws AccessException {
    long at = call.argument(1);
    ByteBuffer header = read(call, at, SocketMessage.HEADER_BYTES);
    long count = header.getLong(24);
    if (count < 0 || count > MOST_PARTS) {
      throw new AccessException(-Errno.EMSGSIZE.value());
    }
    ByteBuffer vector = read(call, header.getLong(16), (int) count * 16);
    long[] parts = new long[(int) count * 2];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = vector.getLong(i * 8);
    }
    return new Target(parts, header.getLong(0), header.getInt(8), at + 8, at, call.intArgument(2));
  }

  private long receive(SyscallNotification call, int fd, Target target, SocketAddress asked)
      throws AccessException {
    long size = 0;
    for (int i = 1; i < target.parts().length; i += 2) {
      size += Math.max(0, target.parts()[i]);
    }
    int room = (int) Math.min(size, LARGEST_DATAGRAM);
    try (NativeBlock block = new NativeBlock(room + 512L)) {
      long data = block.allocate(Math.max(room, 1));
      long vector = block.allocate(16);
      block.setLong(vector, data);
      block.setLong(vector + 8, room);
      long name = block.allocate(SocketAddress.LONGEST);
      long header = block.allocate(SocketMessage.HEADER_BYTES);
      block.setLong(header, name);
      block.setInt(header + 8, SocketAddress.LONGEST);
      block.setLong(header + 16, vector);
      block.setLong(header + 24, 1);
      long result = kernel.call(Syscall.RECVMSG, fd, header, target.flags() | MSG_DONTWAIT);
      if (result < 0) {
        return result;
      }
      scatter(call, target, block.getBytes(data, (int) Math.min(result, room)));
      byte[] from = asked.bytes();
      if (target.name() != 0) {
        int length = Math.max(0, Math.min(target.room(), from.length));
        child.write(call.tid(), target.name(), Arrays.copyOf(from, length));
        child.write(call.tid(), target.lengthAt(), four(from.length));
      }
      if (target.header() != 0) {
        // msg_controllen, which is 8 bytes wide, and msg_flags.
        child.write(call.tid(), target.header() + 40, new byte[8]);
        child.write(call.tid(), target.header() + 48, four(block.getInt(header + 48)));
      }
      return result;
    }
  }

  private void scatter(SyscallNotification call, Target target, byte[] data)
      throws AccessException {
    int done = 0;
    for (int i = 0; i + 1 < target.parts().length && done < data.length; i += 2) {
      int length = (int) Math.min(target.parts()[i + 1], data.length - done);
      child.write(call.tid(), target.parts()[i], Arrays.copyOfRange(data, done, done + length));
      done += length;
    }
  }

  private static byte[] four(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array();
  }
}
