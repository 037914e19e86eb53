package org.ringfence.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jline.terminal.impl.jni.JniNativePty;
import org.jline.terminal.spi.SystemStream;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.policy.PathStyle;

/**
 * The terminal that Ringfence itself was started in. Its library is loaded by nothing but {@link
 * #open} and {@link #columnsOfStandardError}, since most commands need no terminal.
 */
sealed interface CallerTerminal extends AutoCloseable
    permits PosixTerminal, WindowsConsole, NoTerminal {
  /** Bytes that are copied at once. */
  int BUFFER = 8192;

  /**
   * Opens the terminal that standard input is, and leaves it as it is until {@link #raw}.
   *
   * @return the terminal, or one that stands for none
   * @throws IOException if the terminal cannot be worked
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
   * Asks for the width of the terminal that standard error is.
   *
   * @return the columns; 0 where it is none, or none that can be asked
   */
  static int columnsOfStandardError() {
    try {
      return Math.max(0, JniNativePty.systemStreamWidth(SystemStream.Error));
    } catch (LinkageError | RuntimeException e) {
      // Text is not wrapped then.
      return 0;
    }
  }

  /** Its size, or the usual one. */
  TerminalSize size();

  /** Has every key come as it is, and nothing be shown that is not written. */
  void raw() throws IOException;

  /** Has an action run whenever the size has changed, until this is closed. */
  void onResize(Runnable action);

  /** What is typed. */
  InputStream keys();

  /** What is shown. */
  OutputStream screen();

  /** Makes everything as it was. */
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
      // It has changed while the command was started, and nobody listened.
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
