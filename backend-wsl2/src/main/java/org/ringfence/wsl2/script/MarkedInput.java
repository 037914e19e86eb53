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

  private boolean passed;

  MarkedInput(InputStream in) {
    super(in);
  }

  private void pass() throws IOException {
    int matched = 0;
    while (!passed && matched < MARK.length) {
      int next = in.read();
      if (next < 0) {
        break;
      }
      // The first byte of the mark occurs nowhere else in it.
      matched = next == MARK[matched] ? matched + 1 : next == MARK[0] ? 1 : 0;
    }
    passed = true;
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

  /** Returns 0 before the mark, since those bytes are not the command's. */
  @Override
  public int available() throws IOException {
    return passed ? in.available() : 0;
  }
}
