package org.ringfence.wsl2.plan;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * What {@code wsl.exe} writes by itself: UTF-16 without a mark, or UTF-8 where it heeds {@code
 * WSL_UTF8}, which older ones do not.
 */
public final class WslText {
  private WslText() {}

  /**
   * Reads what it wrote.
   *
   * @param bytes the output
   * @return text with lines that end in a line feed alone
   */
  public static String of(byte[] bytes) {
    int zeros = 0;
    for (int i = 1; i < bytes.length; i += 2) {
      if (bytes[i] == 0) {
        zeros++;
      }
    }
    // Of text in any language, the line ends at least are letters of one byte.
    Charset charset = zeros > 0 ? StandardCharsets.UTF_16LE : StandardCharsets.UTF_8;
    String text = new String(bytes, charset);
    return (text.startsWith("\uFEFF") ? text.substring(1) : text).replace("\r\n", "\n");
  }
}
