package org.ringfence.linux.net;

import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.MSG_DONTWAIT;
import static org.ringfence.linux.bind.Constants.MSG_NOSIGNAL;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.SocketAddress;
import org.ringfence.linux.socket.SocketMessage;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/** Sends for sandboxed threads, on a copy of the socket, to the address that was decided on. */
final class SendCalls {
  private final Kernel kernel;
  private final TargetMemory child;
  private final WaitingSends waiting;
  private final Destinations destinations;
  private final ConnectedSockets connected;

  /** Decides where a message may go. */
  interface Destinations {
    Destination of(SyscallNotification call, int fd, SocketAddress given)
        throws AccessException, IOException;
  }

  SendCalls(
      Kernel kernel, WaitingSends waiting, ConnectedSockets connected, Destinations destinations) {
    this.kernel = kernel;
    this.connected = connected;
    this.child = new TargetMemory(kernel);
    this.waiting = waiting;
    this.destinations = destinations;
  }

  void answer(Syscall syscall, SyscallNotification call) throws AccessException, IOException {
    switch (syscall) {
      case SENDTO -> send(syscall, call, plain(call), call.intArgument(3), call::result);
      case SENDMSG -> send(syscall, call, message(call), call.intArgument(2), call::result);
      case SENDMMSG -> sendMessages(call);
      default -> call.fail(Errno.ENOSYS);
    }
  }

  private WaitingSends.Source plain(SyscallNotification call) {
    return most ->
        SocketMessage.plain(
            child,
            call.tid(),
            SocketAddress.read(child, call, 4),
            call.argument(1),
            call.argument(2),
            most);
  }

  private WaitingSends.Source message(SyscallNotification call) {
    return most -> SocketMessage.read(child, call.tid(), call.argument(1), most);
  }

  /** Sends the first message of several: the caller of sendmmsg continues with the rest. */
  private void sendMessages(SyscallNotification call) throws AccessException, IOException {
    if (call.intArgument(2) == 0) {
      call.result(0);
      return;
    }
    send(
        Syscall.SENDMMSG,
        call,
        message(call),
        call.intArgument(3),
        sent -> {
          if (sent < 0) {
            call.result(sent);
            return;
          }
          try {
            // struct mmsghdr: msg_len follows the 56 bytes of struct msghdr.
            child.write(
                call.tid(),
                call.argument(1) + SocketMessage.HEADER_BYTES,
                ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt((int) sent).array());
            call.result(1);
          } catch (AccessException e) {
            call.result(e.result());
          }
        });
  }

  private void send(
      Syscall syscall,
      SyscallNotification call,
      WaitingSends.Source source,
      int flags,
      LongConsumer answer)
      throws AccessException, IOException {
    int fd = child.descriptor(call.tid(), call.intArgument(0));
    SocketMessage message = null;
    Destination destination = null;
    boolean handedOn = false;
    try {
      if (syscall != Syscall.SENDTO && connected.isCallers(call, fd)) {
        call.proceed();
        return;
      }
      message = source.read(SocketMessage.LARGEST);
      call.live();
      destination =
          syscall != Syscall.SENDTO && message.address().bytes().length == 0
              ? new Destination(message.address(), 0, -1, child)
              : destinations.of(call, fd, message.address());
      if (destination.refusal() != 0) {
        answer.accept(destination.refusal());
        return;
      }
      long sent =
          message.send(kernel, fd, destination.address(), flags | MSG_DONTWAIT | MSG_NOSIGNAL);
      boolean waits =
          sent == -Errno.EAGAIN.value()
              && (flags & MSG_DONTWAIT) == 0
              && (kernel.call(Syscall.FCNTL, fd, F_GETFL) & O_NONBLOCK) == 0;
      if (!waits) {
        answer.accept(sent);
        return;
      }
      waiting.add(
          new WaitingSends.Waiting(
              call, fd, source, message.size(), message.passed(), destination, flags, answer));
      handedOn = true;
    } finally {
      if (message != null) {
        message.close(child);
      }
      if (!handedOn) {
        child.close(fd);
        if (destination != null) {
          destination.close();
        }
      }
    }
  }
}
