package org.ringfence;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * What a command wrote to one of its streams, up to a bound. Immutable.
 *
 * @see CommandRun#maxOutput
 */
public final class CapturedOutput {
  private final byte[] kept;
  private final byte[] end;
  private final long written;

  CapturedOutput(byte[] kept, byte[] end, long written) {
    this.kept = kept;
    this.end = end;
    this.written = written;
  }

  /**
   * The first bytes that were written.
   *
   * @return a copy
   */
  public byte[] bytes() {
    return kept.clone();
  }

  /**
   * The text in UTF-8; bytes that are none are replaced by U+FFFD.
   *
   * @return the text, as the command wrote it: escape it before it reaches a terminal
   */
  public String text() {
    return text(StandardCharsets.UTF_8);
  }

  /**
   * The text in another encoding.
   *
   * @param charset the encoding
   * @return the text; what the encoding does not have is replaced
   */
  public String text(Charset charset) {
    return new String(kept, Objects.requireNonNull(charset, "charset"));
  }

  /**
   * Whether the command wrote more than was kept.
   *
   * @return true if {@link #bytes()} is not all
   */
  public boolean truncated() {
    return written > kept.length;
  }

  /**
   * How much the command wrote.
   *
   * @return the number of bytes, those that were not kept among them
   */
  public long written() {
    return written;
  }

  /**
   * The last lines that were written, also when what lies before them was not kept.
   *
   * @param most how many
   * @return at most so many lines, of the last 4096 bytes
   */
  public List<String> lastLines(int most) {
    List<String> lines = new String(end, StandardCharsets.UTF_8).lines().toList();
    return lines.subList(Math.max(0, lines.size() - most), lines.size());
  }

  /**
   * The text.
   *
   * @return what {@link #text()} returns
   */
  @Override
  public String toString() {
    return text();
  }
}
