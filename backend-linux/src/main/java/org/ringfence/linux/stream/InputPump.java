package org.ringfence.linux.stream;

import static org.ringfence.linux.bind.Constants.EPOLLIN;
import static org.ringfence.linux.bind.Constants.EPOLLOUT;
import static org.ringfence.linux.bind.Constants.MSG_DONTWAIT;

import java.io.IOException;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Syscall;

/**
 * Copies a command's input, and sets a file's offset to the position that the command has read to.
 */
public final class InputPump extends StreamPump {
  // A ready pipe takes up to this many bytes at once (limits.h, PIPE_BUF).
  private static final int SURE = 4096;
  private static final int SEEK_CUR = 1;
  private static final int SEEK_SET = 0;

  private final int pipe;
  private final int look;
  private final long start;
  private boolean pipeClosed;

  /**
   * Prepares the pump.
   *
   * @param kernel the system calls
   * @param pipe the end to write to; the pump closes it
   * @param look a descriptor of the other end, which shows the bytes left in it; the pump closes it
   * @param handed the source
   * @param closesHanded whether the pump closes the source
   */
  public InputPump(Kernel kernel, int pipe, int look, int handed, boolean closesHanded)
      throws IOException {
    super(kernel, handed, closesHanded);
    this.pipe = pipe;
    this.look = look;
    // Below zero for a source without an offset.
    this.start = kernel.call(Syscall.LSEEK, handed, 0, SEEK_CUR);
  }

  @Override
  void copy(long buffer) {
    long written = 0;
    boolean more = true;
    while (more && !isOver()) {
      if (!ready(handed, EPOLLIN, true)) {
        continue;
      }
      long count =
          socket
              ? kernel.call(Syscall.RECVFROM, handed, buffer, CHUNK, MSG_DONTWAIT, 0, 0)
              : kernel.call(Syscall.READ, handed, buffer, CHUNK);
      more = count > 0 || again(count);
      long at = 0;
      while (at < count && !isOver()) {
        if (ready(pipe, EPOLLOUT, true)) {
          long some = kernel.call(Syscall.WRITE, pipe, buffer + at, Math.min(SURE, count - at));
          at += Math.max(0, some);
        }
      }
      written += Math.max(0, at);
    }
    closeEnd();
    while (!isOver()) {
      ready(-1, 0, true);
    }
    if (start >= 0) {
      kernel.call(Syscall.LSEEK, handed, start + written - waiting(look), SEEK_SET);
    }
  }

  private void closeEnd() {
    if (!pipeClosed) {
      pipeClosed = true;
      closeDescriptor(pipe);
    }
  }

  @Override
  void closePipe() {
    closeEnd();
    closeDescriptor(look);
  }
}
