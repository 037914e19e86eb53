package org.ringfence;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * The bytes that a command wrote to one stream, up to a bound. Immutable.
 *
 * @see CommandRun#maxOutput
 */
public final class CapturedOutput {
  private final byte[] kept;
  private final byte[] end;
  private final long written;
  private final boolean cutOff;

  CapturedOutput(byte[] kept, byte[] end, long written, boolean cutOff) {
    this.kept = kept;
    this.end = end;
    this.written = written;
    this.cutOff = cutOff;
  }

  /**
   * Returns the first bytes that were written.
   *
   * @return a copy
   */
  public byte[] bytes() {
    return kept.clone();
  }

  /**
   * Returns the text in UTF-8; U+FFFD replaces malformed bytes.
   *
   * @return the text, as the command wrote it: escape it before it reaches a terminal
   */
  public String text() {
    return text(StandardCharsets.UTF_8);
  }

  /**
   * Returns the text in another encoding.
   *
   * @param charset the encoding
   * @return the text; malformed bytes are replaced
   */
  public String text(Charset charset) {
    return new String(kept, Objects.requireNonNull(charset, "charset"));
  }

  /**
   * Returns whether the command wrote more than was kept, or the stream was {@linkplain #cutOff()
   * cut off}.
   *
   * @return true if {@link #bytes()} is not all, or may not be
   */
  public boolean truncated() {
    return cutOff || written > kept.length;
  }

  /**
   * Returns whether the stream's end was not seen: a process that the command left behind held it
   * open for 2 seconds after the command's end, or it broke. What came later is neither in {@link
   * #bytes()} nor in {@link #written()}.
   *
   * @return true if there may have been more
   */
  public boolean cutOff() {
    return cutOff;
  }

  /**
   * Returns how many bytes the command wrote.
   *
   * @return the number, including bytes that were not kept, up to a {@linkplain #cutOff() cut}
   */
  public long written() {
    return written;
  }

  /**
   * Returns the last lines, even if the bytes before them were not kept.
   *
   * @param most the maximum number of lines
   * @return at most that many lines, of the last 4096 bytes
   */
  public List<String> lastLines(int most) {
    List<String> lines = new String(end, StandardCharsets.UTF_8).lines().toList();
    return lines.subList(Math.max(0, lines.size() - most), lines.size());
  }

  /**
   * Returns the text.
   *
   * @return the same as {@link #text()}
   */
  @Override
  public String toString() {
    return text();
  }
}
