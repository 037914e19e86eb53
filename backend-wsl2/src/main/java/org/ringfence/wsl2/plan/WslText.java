package org.ringfence.wsl2.plan;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * The text that {@code wsl.exe} itself writes: UTF-16 without a mark, or UTF-8 where it heeds
 * {@code WSL_UTF8}, which older versions do not.
 */
public final class WslText {
  private WslText() {}

  /**
   * Decodes its output.
   *
   * @param bytes the output
   * @return text with lines that end in only a line feed
   */
  public static String of(byte[] bytes) {
    int zeros = 0;
    for (int i = 1; i < bytes.length; i += 2) {
      if (bytes[i] == 0) {
        zeros++;
      }
    }
    // In any language, at least the line ends are letters of one byte.
    Charset charset = zeros > 0 ? StandardCharsets.UTF_16LE : StandardCharsets.UTF_8;
    String text = new String(bytes, charset);
    return (text.startsWith("\uFEFF") ? text.substring(1) : text).replace("\r\n", "\n");
  }
}
