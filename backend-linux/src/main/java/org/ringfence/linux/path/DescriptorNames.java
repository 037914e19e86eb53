package org.ringfence.linux.path;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names that stand for a descriptor of the thread that gives them, as {@code /dev/stdin} does. */
public final class DescriptorNames {
  static final Pattern PROC_SELF = Pattern.compile("/proc/(self|thread-self)(?=/|$)");
  static final Pattern DESCRIPTOR =
      Pattern.compile("(?:/proc/[0-9]+(?:/task/[0-9]+)?/fd|/dev/fd)/([0-9]{1,9})/*");
  static final Pattern STANDARD = Pattern.compile("/dev/std(in|out|err)");
  private static final byte[] PROC = "/proc/".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DEVICES = "/dev/".getBytes(StandardCharsets.US_ASCII);
  static final List<String> STREAMS = List.of("in", "out", "err");

  private DescriptorNames() {}

  /** Returns whether a name is spelled as one in /proc or /dev. All names of descriptors are. */
  public static boolean areNear(byte[] name) {
    return startsWith(name, PROC) || startsWith(name, DEVICES);
  }

  private static boolean startsWith(byte[] name, byte[] start) {
    return name.length >= start.length
        && Arrays.equals(name, 0, start.length, start, 0, start.length);
  }

  /**
   * Returns the number of the descriptor that a name stands for.
   *
   * @param tid the thread that gives the name
   * @param name the name, as bytes
   * @return the number, or -1 for any other name
   */
  public static int number(int tid, byte[] name) {
    if (!areNear(name)) {
      return -1;
    }
    String text = new String(name, StandardCharsets.ISO_8859_1);
    Matcher standard = STANDARD.matcher(text);
    if (standard.matches()) {
      return STREAMS.indexOf(standard.group(1));
    }
    Matcher self = PROC_SELF.matcher(text);
    String own = self.lookingAt() ? "/proc/" + tid + text.substring(self.end()) : text;
    Matcher descriptor = DESCRIPTOR.matcher(own);
    boolean ours = own.startsWith("/dev/fd/") || own.startsWith("/proc/" + tid + "/");
    return ours && descriptor.matches() ? Integer.parseInt(descriptor.group(1)) : -1;
  }
}
