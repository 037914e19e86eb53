package org.ringfence.linux.stream;

import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.EPOLLOUT;
import static org.ringfence.linux.bind.Constants.MSG_DONTWAIT;
import static org.ringfence.linux.bind.Constants.MSG_NOSIGNAL;

import java.io.IOException;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Syscall;

/** Copies the output of a command. */
public final class OutputPump extends StreamPump {
  private final int pipe;

  /**
   * Prepares a pump.
   *
   * @param kernel the system calls
   * @param pipe the end to read from, closed here
   * @param handed the descriptor to write to
   * @param closesHanded whether this JVM closes that descriptor
   */
  public OutputPump(Kernel kernel, int pipe, int handed, boolean closesHanded) throws IOException {
    super(kernel, handed, closesHanded);
    this.pipe = pipe;
  }

  @Override
  void copy(long buffer) {
    boolean drained = false;
    while (true) {
      // Checked before the pipe, so that bytes written before the end are still read.
      boolean ended = isOver();
      if (ready(pipe, EPOLLIN, !ended || drained)) {
        long count = kernel.call(Syscall.READ, pipe, buffer, CHUNK);
        if (count == 0 || count < 0 && !again(count) || !write(buffer, count)) {
          return;
        }
      } else if (ended && !drained) {
        // Processes that the command left behind may still write.
        drained = true;
        drained();
      }
    }
  }

  private boolean write(long buffer, long count) {
    long at = 0;
    while (at < count) {
      boolean givenUp = isGivenUp();
      if (!ready(handed, EPOLLOUT, !givenUp)) {
        if (givenUp) {
          return false;
        }
        continue;
      }
      long some =
          socket
              ? kernel.call(
                  Syscall.SENDTO,
                  handed,
                  buffer + at,
                  count - at,
                  MSG_DONTWAIT | MSG_NOSIGNAL,
                  0,
                  0)
              : kernel.call(Syscall.WRITE, handed, buffer + at, count - at);
      if (some < 0 && !again(some)) {
        return false;
      }
      at += Math.max(0, some);
    }
    return true;
  }

  @Override
  void closePipe() {
    closeDescriptor(pipe);
  }
}
