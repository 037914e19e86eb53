package org.ringfence.cli.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jline.terminal.impl.jni.JniNativePty;
import org.jline.terminal.spi.SystemStream;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.policy.path.PathStyle;

/**
 * The terminal that Ringfence itself was started in. Only {@link #open} and {@link
 * #columnsOfStandardError} load its library, since most commands need no terminal.
 */
public sealed interface CallerTerminal extends AutoCloseable
    permits PosixTerminal, WindowsConsole, NoTerminal {
  /** Size of the copy buffer in bytes. */
  int BUFFER = 8192;

  /**
   * Opens the terminal that standard input is, and leaves it as it is until {@link #raw}.
   *
   * @return the terminal, or a placeholder when there is none
   * @throws IOException if the terminal cannot be controlled
   */
  static CallerTerminal open() throws IOException {
    try {
      return PathStyle.current() == PathStyle.WINDOWS
          ? WindowsConsole.open()
          : PosixTerminal.open();
    } catch (LinkageError | RuntimeException e) {
      throw new IOException("the terminal cannot be worked: " + e.getMessage(), e);
    }
  }

  /**
   * Returns the width of the terminal that standard error is.
   *
   * @return the columns; 0 where it is no terminal, or the terminal reports no width
   */
  static int columnsOfStandardError() {
    try {
      return Math.max(0, JniNativePty.systemStreamWidth(SystemStream.Error));
    } catch (LinkageError | RuntimeException e) {
      // Text is not wrapped then.
      return 0;
    }
  }

  /** Returns the terminal's size, or the usual one. */
  TerminalSize size();

  /** Switches to raw mode: every key arrives unchanged, and the terminal echoes nothing. */
  void raw() throws IOException;

  /** Runs an action after each change of size, until this is closed. */
  void onResize(Runnable action);

  /** Returns the typed input. */
  InputStream keys();

  /** Returns the stream that the terminal shows. */
  OutputStream screen();

  /** Restores the terminal. */
  @Override
  void close();

  /**
   * Copies to and from a command until its output ends.
   *
   * @param process the command
   * @param known the size that the command's terminal has
   */
  default void connect(SandboxedProcess process, TerminalSize known) throws IOException {
    onResize(() -> process.resize(size()));
    TerminalSize now = size();
    if (!now.equals(known)) {
      // The size changed while the command was started, before the listener was registered.
      process.resize(now);
    }
    Thread typing = new Thread(() -> type(process.getOutputStream()), "typing");
    typing.setDaemon(true);
    typing.start();
    OutputStream screen = screen();
    try (InputStream output = process.getInputStream()) {
      byte[] buffer = new byte[BUFFER];
      for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
        screen.write(buffer, 0, count);
        screen.flush();
      }
    }
  }

  private void type(OutputStream to) {
    InputStream keys = keys();
    try (to) {
      byte[] buffer = new byte[BUFFER];
      for (int count = keys.read(buffer); count >= 0; count = keys.read(buffer)) {
        to.write(buffer, 0, count);
        to.flush();
      }
    } catch (IOException e) {
      // The command has ended.
      return;
    }
  }
}
