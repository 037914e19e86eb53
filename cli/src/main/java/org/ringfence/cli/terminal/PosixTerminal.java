package org.ringfence.cli.terminal;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.EnumSet;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.ControlFlag;
import org.jline.terminal.Attributes.InputFlag;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Attributes.OutputFlag;
import org.jline.terminal.Size;
import org.jline.terminal.impl.jni.JniNativePty;
import org.jline.terminal.impl.jni.JniTerminalProvider;
import org.jline.terminal.spi.Pty;
import org.jline.terminal.spi.SystemStream;
import org.jline.utils.Signals;
import org.ringfence.TerminalSize;

/**
 * A POSIX terminal, controlled through JLine's view of its descriptor. JLine's own {@code Terminal}
 * queries the terminal and runs a program from PATH, which must not happen here. Thread-safe.
 */
final class PosixTerminal implements CallerTerminal {
  private static final String RESIZED = "WINCH";

  private final Pty pty;
  private final Attributes before;
  private final Thread hook = new Thread(this::restore, "terminal");
  private boolean hooked;
  private boolean changed;
  private boolean ended;
  private Object handling;

  private PosixTerminal(Pty pty) throws IOException {
    this.pty = pty;
    this.before = pty.getAttr();
  }

  static CallerTerminal open() throws IOException {
    JniTerminalProvider provider = new JniTerminalProvider();
    return provider.isSystemStream(SystemStream.Input)
        ? new PosixTerminal(new StandardInput(provider))
        : new NoTerminal();
  }

  @Override
  public TerminalSize size() {
    try {
      Size size = pty.getSize();
      return new TerminalSize(size.getRows(), size.getColumns());
    } catch (IOException | IllegalArgumentException e) {
      // A terminal has no size until a program sets one.
      return TerminalSize.USUAL;
    }
  }

  @Override
  public synchronized void raw() throws IOException {
    if (ended) {
      return;
    }
    if (!hooked) {
      try {
        Runtime.getRuntime().addShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The JVM is ending: no hook would restore it.
        return;
      }
      hooked = true;
    }
    changed = true;
    pty.setAttr(raw(before));
  }

  /** Returns the attributes that cfmakeraw(3) sets. */
  private static Attributes raw(Attributes from) {
    Attributes raw = new Attributes(from);
    raw.setInputFlags(
        EnumSet.of(
            InputFlag.IGNBRK,
            InputFlag.BRKINT,
            InputFlag.IGNPAR,
            InputFlag.PARMRK,
            InputFlag.INPCK,
            InputFlag.ISTRIP,
            InputFlag.INLCR,
            InputFlag.IGNCR,
            InputFlag.ICRNL,
            InputFlag.IUCLC,
            InputFlag.IXON,
            InputFlag.IXANY,
            InputFlag.IXOFF,
            InputFlag.IMAXBEL),
        false);
    raw.setOutputFlag(OutputFlag.OPOST, false);
    raw.setLocalFlags(
        EnumSet.of(
            LocalFlag.ISIG,
            LocalFlag.ICANON,
            LocalFlag.XCASE,
            LocalFlag.ECHO,
            LocalFlag.ECHONL,
            LocalFlag.IEXTEN),
        false);
    raw.setControlFlag(ControlFlag.PARENB, false);
    raw.setControlChar(ControlChar.VMIN, 1);
    raw.setControlChar(ControlChar.VTIME, 0);
    return raw;
  }

  @Override
  public synchronized void onResize(Runnable action) {
    if (!ended && handling == null) {
      handling = Signals.register(RESIZED, action);
    }
  }

  @Override
  public InputStream keys() {
    return System.in;
  }

  @Override
  public OutputStream screen() {
    return System.out;
  }

  private synchronized void restore() {
    ended = true;
    Signals.unregister(RESIZED, handling);
    handling = null;
    if (changed) {
      changed = false;
      try {
        pty.setAttr(before);
      } catch (IOException e) {
        System.err.println("ringfence: the terminal cannot be restored; use: stty sane");
      }
    }
  }

  @Override
  public void close() {
    restore();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending, and has run the hook.
      return;
    }
  }

  /** Descriptor 0, whatever descriptors 1 and 2 are. */
  private static final class StandardInput extends JniNativePty {
    StandardInput(JniTerminalProvider provider) {
      super(
          provider,
          SystemStream.Input,
          -1,
          null,
          0,
          FileDescriptor.in,
          "the terminal of Ringfence");
    }
  }
}
