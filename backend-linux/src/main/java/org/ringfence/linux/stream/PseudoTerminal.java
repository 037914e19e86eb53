package org.ringfence.linux.stream;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.ringfence.SandboxException;
import org.ringfence.TerminalSize;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * A pseudo-terminal: the command has one end, this JVM the other. A hostile command can only harm
 * this terminal; the filter denies pushing input into it (TIOCSTI).
 */
public final class PseudoTerminal implements AutoCloseable {
  // asm-generic/ioctls.h
  private static final long TIOCSWINSZ = 0x5414;
  private static final long TIOCSPTLCK = 0x40045431L;
  private static final long TIOCGPTPEER = 0x5441;
  private static final int BUFFER = 8192;
  private static final int END_OF_TRANSMISSION = 4;

  private final Kernel kernel;
  private final Descriptors descriptors;
  private int master = -1;
  private int slave = -1;
  private int users;
  private boolean closed;

  private PseudoTerminal(Kernel kernel) {
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
  }

  public static PseudoTerminal open(Kernel kernel, TerminalSize size) throws SandboxException {
    // Made first: without memory for it no descriptor is open.
    PseudoTerminal terminal = new PseudoTerminal(kernel);
    try {
      boolean done = false;
      try (NativeBlock block = new NativeBlock(16)) {
        long unlocked = block.allocate(8);
        terminal.master =
            terminal.descriptors.open("/dev/ptmx", Constants.O_RDWR | Constants.O_NOCTTY, 0);
        Descriptors.check(
            "TIOCSPTLCK", kernel.call(Syscall.IOCTL, terminal.master, TIOCSPTLCK, unlocked));
        terminal.slave =
            (int)
                Descriptors.check(
                    "TIOCGPTPEER",
                    kernel.call(
                        Syscall.IOCTL,
                        terminal.master,
                        TIOCGPTPEER,
                        Constants.O_RDWR | Constants.O_NOCTTY | Constants.O_CLOEXEC));
        terminal.resize(size);
        done = true;
        return terminal;
      } finally {
        if (!done) {
          terminal.close();
          terminal.closeSlave();
        }
      }
    } catch (IOException e) {
      throw new SandboxException("terminal: no pseudo-terminal can be made: " + e.getMessage(), e);
    }
  }

  /** Returns this JVM's end; for the thread that opened it, before any other knows of it. */
  public int master() {
    return master;
  }

  /** Returns the command's end. */
  public int slave() {
    return slave;
  }

  /**
   * Closes this JVM's copy of the command's end: while it is open, the command's closing goes
   * unnoticed.
   */
  public void closeSlave() {
    descriptors.close(slave);
    slave = -1;
  }

  /** Sets the size; the kernel notifies the command with SIGWINCH. */
  public synchronized void resize(TerminalSize size) {
    if (closed) {
      return;
    }
    try (NativeBlock block = new NativeBlock(16)) {
      // struct winsize
      long at = block.allocate(8);
      block.setShort(at, (short) size.rows());
      block.setShort(at + 2, (short) size.columns());
      kernel.call(Syscall.IOCTL, master, TIOCSWINSZ, at);
    }
  }

  /**
   * Returns the command's output. It ends when the last process of the command has closed the
   * terminal.
   */
  public InputStream output() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        int count = read(one, 0, 1);
        return count < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
          return 0;
        }
        if (!entered()) {
          return -1;
        }
        try (NativeBlock block = new NativeBlock(BUFFER + 64)) {
          long at = block.allocate(BUFFER);
          long count = kernel.call(Syscall.READ, master, at, Math.min(length, BUFFER));
          if (count == 0 || count == -Errno.EIO.value() || count == -Errno.EBADF.value()) {
            PseudoTerminal.this.close();
            return -1;
          }
          Descriptors.check("terminal", count);
          System.arraycopy(block.getBytes(at, (int) count), 0, buffer, offset, (int) count);
          return (int) count;
        } finally {
          left();
        }
      }

      @Override
      public void close() {
        PseudoTerminal.this.close();
      }
    };
  }

  /** Returns the stream of the command's input, as if it were typed. */
  public OutputStream input() {
    return new OutputStream() {
      @Override
      public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
          byte[] part = new byte[Math.min(BUFFER, length - done)];
          System.arraycopy(bytes, offset + done, part, 0, part.length);
          if (!entered()) {
            throw new IOException("the terminal is closed");
          }
          try (NativeBlock block = new NativeBlock(BUFFER + 64)) {
            done +=
                (int)
                    Descriptors.check(
                        "terminal",
                        kernel.call(Syscall.WRITE, master, block.bytes(part), part.length));
          } finally {
            left();
          }
        }
      }

      /** Sends the end of input, as at a shell; the terminal stays open for the output. */
      @Override
      public void close() throws IOException {
        if (isOpen()) {
          write(END_OF_TRANSMISSION);
        }
      }
    };
  }

  private synchronized boolean isOpen() {
    return !closed;
  }

  /** Keeps the descriptor open for a call, so that the call meets no other file of its number. */
  private synchronized boolean entered() {
    if (closed) {
      return false;
    }
    users++;
    return true;
  }

  private synchronized void left() {
    users--;
    closeUnused();
  }

  /** Hangs up; while another thread reads or writes, when that call has returned. */
  @Override
  public synchronized void close() {
    closed = true;
    closeUnused();
  }

  private void closeUnused() {
    if (closed && users == 0) {
      descriptors.close(master);
      master = -1;
    }
  }
}
