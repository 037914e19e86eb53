package org.ringfence.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of the command line as the kernel stores them. A JVM decodes them with its locale, and
 * replaces undecodable bytes by U+FFFD: a rule for such a name would protect another name.
 */
final class NativeArguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private NativeArguments() {}

  /**
   * Decodes words as UTF-8, independently of the locale.
   *
   * @param args the words as the JVM decoded them
   * @return the words; unchanged where the system does not expose their bytes
   * @throws IllegalArgumentException if the bytes of a word are not UTF-8
   */
  static String[] of(String[] args) {
    if (List.of(args).stream().allMatch(word -> word.chars().allMatch(c -> c < 0x80))
        || !Files.isReadable(COMMAND_LINE)) {
      return args;
    }
    try {
      return decoded(args, Files.readAllBytes(COMMAND_LINE));
    } catch (IOException e) {
      throw new IllegalArgumentException("the command line cannot be read: " + e.getMessage(), e);
    }
  }

  /** Decodes the last words of a block of NUL-terminated words. */
  static String[] decoded(String[] args, byte[] block) {
    List<byte[]> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < block.length; i++) {
      if (block[i] == 0) {
        words.add(java.util.Arrays.copyOfRange(block, start, i));
        start = i + 1;
      }
    }
    if (words.size() < args.length) {
      throw new IllegalArgumentException("the command line is not all there");
    }
    List<byte[]> own = words.subList(words.size() - args.length, words.size());
    String[] result = new String[args.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = decoded(i + 1, own.get(i));
    }
    return result;
  }

  private static String decoded(int number, byte[] word) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(word)).toString();
    } catch (CharacterCodingException e) {
      StringBuilder shown = new StringBuilder();
      for (byte each : word) {
        shown.append(
            each >= ' ' && each < 0x7f
                ? String.valueOf((char) each)
                : String.format(Locale.ROOT, "\\x%02x", each));
      }
      throw new IllegalArgumentException(
          "argument " + number + ": '" + shown + "' is not valid; use a word in UTF-8", e);
    }
  }
}
