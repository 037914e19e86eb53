package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.EPOLLOUT;
import static org.ringfence.linux.bind.Constants.IPPROTO_TCP;
import static org.ringfence.linux.bind.Constants.MSG_DONTWAIT;
import static org.ringfence.linux.bind.Constants.MSG_NOSIGNAL;
import static org.ringfence.linux.bind.Constants.SHUT_WR;
import static org.ringfence.linux.bind.Constants.SOL_SOCKET;
import static org.ringfence.linux.bind.Constants.SO_ERROR;
import static org.ringfence.linux.bind.Constants.SO_LINGER;
import static org.ringfence.linux.bind.Constants.TCP_NODELAY;

import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * A connection from a command to the outside. One socket, in this JVM's network, connects to the
 * command's destination; another, in the sandbox's network, connects to the command's waiting
 * socket. Runs on the {@link OutsidePump}'s thread.
 */
final class OutsideConnection implements OutsidePump.Moved {
  private static final int MOST_AT_ONCE = 4;

  /** Starts the connection to the command's socket, and receives an early failure. */
  interface Meeting {
    /**
     * Connects a socket to the command's own, without waiting.
     *
     * @return the descriptor, or a negated error number
     */
    int begin();

    /** Called once, when the command's socket has its peer or never will. */
    void over();

    /** Called before {@link #over} when the outside cannot be reached. */
    void failed(long error);
  }

  private final Kernel kernel;
  private final OutsidePump pump;
  private final SocketOptions options;
  private final Meeting meeting;
  private final End outside;
  private End inside;
  private boolean met;
  private boolean ended;

  /** One of the two sockets. */
  private static final class End {
    private final int fd;
    private int interest;
    // Bytes read from the other end and not yet written to this one.
    private byte[] pending = new byte[0];
    private boolean readAll;
    private boolean shut;

    private End(int fd) {
      this.fd = fd;
    }
  }

  /**
   * Makes a connection that is under way.
   *
   * @param outside the socket that is being connected to the outside; closed by this
   */
  OutsideConnection(Kernel kernel, OutsidePump pump, int outside, Meeting meeting) {
    this.kernel = kernel;
    this.pump = pump;
    this.options = new SocketOptions(kernel);
    this.meeting = meeting;
    this.outside = new End(outside);
  }

  /** Starts waiting for the outside. */
  void begin() {
    if (!watch(outside, EPOLLOUT)) {
      meeting.failed(-Errno.ENOMEM.value());
      end();
    }
  }

  private boolean watch(End end, int events) {
    if (end.interest == events) {
      return true;
    }
    // An end without pending work is not watched: epoll would report its hang-up repeatedly.
    if (end.interest != 0) {
      pump.unwatch(end.fd);
    }
    end.interest = events;
    return events == 0 || pump.watch(end.fd, events, this);
  }

  @Override
  public void ready(int fd, OutsidePump.Buffer buffer) {
    if (ended) {
      return;
    }
    if (inside == null) {
      connected();
    } else if (!met) {
      if (error(inside.fd) != 0) {
        end();
      } else {
        met = true;
        meeting.over();
        promptly(inside.fd);
        promptly(outside.fd);
        look();
      }
    } else {
      End from = fd == inside.fd ? inside : outside;
      End to = other(from);
      if (write(from) && move(from, to, buffer)) {
        look();
      } else {
        reset();
      }
    }
  }

  private End other(End end) {
    return end == inside ? outside : inside;
  }

  private void connected() {
    long error = error(outside.fd);
    int fd = error == 0 ? meeting.begin() : -1;
    if (error != 0) {
      meeting.failed(-error);
    }
    if (fd < 0) {
      end();
      return;
    }
    inside = new End(fd);
    if (!watch(outside, 0) || !watch(inside, EPOLLOUT)) {
      end();
    }
  }

  /** Returns SO_ERROR; a socket that cannot be asked counts as broken. */
  private long error(int fd) {
    try {
      return options.get(fd, SO_ERROR);
    } catch (AccessException e) {
      return -e.result();
    }
  }

  /** Watches for the events that allow the next step. */
  private void look() {
    if (inside.shut && outside.shut) {
      end();
      return;
    }
    if (!watch(inside, interest(inside)) || !watch(outside, interest(outside))) {
      end();
    }
  }

  private int interest(End end) {
    boolean reads = !end.readAll && other(end).pending.length == 0;
    return (reads ? EPOLLIN : 0) | (end.pending.length > 0 ? EPOLLOUT : 0);
  }

  /** Writes the pending bytes of an end; returns false when the connection is broken. */
  private boolean write(End to) {
    if (to.pending.length == 0) {
      return true;
    }
    try (NativeBlock block = new NativeBlock(to.pending.length + 32L)) {
      long sent = send(to, block.bytes(to.pending), to.pending.length);
      if (sent < 0) {
        return false;
      }
      to.pending = java.util.Arrays.copyOfRange(to.pending, (int) sent, to.pending.length);
    }
    finish(to);
    return true;
  }

  private boolean move(End from, End to, OutsidePump.Buffer buffer) {
    for (int i = 0; i < MOST_AT_ONCE && !from.readAll && to.pending.length == 0; i++) {
      long count =
          kernel.call(Syscall.RECVFROM, from.fd, buffer.at(), buffer.size(), MSG_DONTWAIT, 0, 0);
      if (count == -Errno.EAGAIN.value()) {
        return true;
      }
      if (count < 0) {
        return false;
      }
      if (count == 0) {
        from.readAll = true;
        finish(to);
        return true;
      }
      long sent = send(to, buffer.at(), count);
      if (sent < 0) {
        return false;
      }
      if (sent < count) {
        to.pending = buffer.block().getBytes(buffer.at() + sent, (int) (count - sent));
      }
    }
    return true;
  }

  private long send(End to, long at, long count) {
    long sent = kernel.call(Syscall.SENDTO, to.fd, at, count, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
    return sent == -Errno.EAGAIN.value() ? 0 : sent;
  }

  /** Passes on the end of the stream. */
  private void finish(End to) {
    if (other(to).readAll && to.pending.length == 0 && !to.shut) {
      to.shut = true;
      kernel.call(Syscall.SHUTDOWN, to.fd, SHUT_WR);
    }
  }

  private void promptly(int fd) {
    option(fd, IPPROTO_TCP, TCP_NODELAY, 1, 0, 4);
  }

  private void option(int fd, int level, int name, int first, int second, int size) {
    try (NativeBlock block = new NativeBlock(32)) {
      long value = block.allocate(8);
      block.setInt(value, first);
      block.setInt(value + 4, second);
      kernel.call(Syscall.SETSOCKOPT, fd, level, name, value, size, 0);
    }
  }

  /** Resets one end after the other end was reset. */
  private void reset() {
    // struct linger: on, and no time.
    option(inside.fd, SOL_SOCKET, SO_LINGER, 1, 0, 8);
    option(outside.fd, SOL_SOCKET, SO_LINGER, 1, 0, 8);
    end();
  }

  @Override
  public void end() {
    if (ended) {
      return;
    }
    ended = true;
    if (!met) {
      meeting.over();
    }
    close(outside);
    if (inside != null) {
      close(inside);
    }
  }

  private void close(End end) {
    watch(end, 0);
    kernel.call(Syscall.CLOSE, end.fd);
  }
}
