package org.ringfence.cli.terminal;

import java.io.InputStream;
import java.io.OutputStream;
import org.ringfence.TerminalSize;

/** A placeholder where standard input is a file or a pipe. */
final class NoTerminal implements CallerTerminal {
  @Override
  public TerminalSize size() {
    return TerminalSize.USUAL;
  }

  @Override
  public void raw() {
    // Files and pipes are raw already.
  }

  @Override
  public void onResize(Runnable action) {
    // Files and pipes have no size.
  }

  @Override
  public InputStream keys() {
    return System.in;
  }

  @Override
  public OutputStream screen() {
    return System.out;
  }

  @Override
  public void close() {
    // This class changes nothing.
  }
}
