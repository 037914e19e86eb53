package org.ringfence.wsl2.script;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * The standard error of a command: what comes behind the mark that script-run.sh prints. Before it
 * stand warnings of {@code wsl.exe} itself, in the language of Windows. For one thread.
 */
final class MarkedInput extends FilterInputStream {
  private static final byte[] MARK = "\0ringfence command\n".getBytes(StandardCharsets.US_ASCII);

  private int matched;
  private boolean passed;

  MarkedInput(InputStream in) {
    super(in);
  }

  private void pass() throws IOException {
    while (!passed) {
      take(in.read());
    }
  }

  private void take(int next) {
    if (next < 0) {
      passed = true;
      return;
    }
    // The first byte of the mark occurs nowhere else in it.
    matched = next == MARK[matched] ? matched + 1 : next == MARK[0] ? 1 : 0;
    passed = matched == MARK.length;
  }

  @Override
  public int read() throws IOException {
    pass();
    return in.read();
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    pass();
    return in.read(bytes, offset, length);
  }

  /**
   * Passes the bytes before the mark that have arrived, since they are not the command's. A caller
   * that closes the stream after the command's end would otherwise take it for empty.
   */
  @Override
  public int available() throws IOException {
    while (!passed && in.available() > 0) {
      take(in.read());
    }
    return passed ? in.available() : 0;
  }
}
