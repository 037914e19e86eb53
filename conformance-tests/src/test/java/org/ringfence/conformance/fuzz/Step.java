package org.ringfence.conformance.fuzz;

import java.util.List;
import java.util.Set;

/**
 * One system call of a sequence.
 *
 * @param thread the executor's thread that makes the call; each has separate descriptors and a
 *     separate directory
 * @param call the name of the call
 * @param arguments its arguments as words, in which {@code $R} and {@code $H} stand for the
 *     scenario's directories and {@code @n/} for the n-th descriptor's entry of {@code /proc}
 */
record Step(int thread, String call, List<String> arguments) {
  private static final Set<String> READING =
      Set.of(
          "read",
          "stat",
          "fstat",
          "readlink",
          "access",
          "chdir",
          "fchdir",
          "list",
          "getfl",
          "peername",
          "sockname");
  private static final int WRITING_FLAGS = 0x3 | 0x40 | 0x200;

  Step {
    arguments = List.copyOf(arguments);
  }

  /** Parses the output of {@link #toString}. */
  static Step parse(String line) {
    List<String> words = List.of(line.split(" "));
    return new Step(Integer.parseInt(words.get(0)), words.get(1), words.subList(2, words.size()));
  }

  /** Returns whether the call may change something. */
  boolean writes() {
    if (call.equals("open")) {
      return (Integer.decode(arguments.get(3)) & WRITING_FLAGS) != 0;
    }
    return !READING.contains(call);
  }

  String text(int index) {
    return arguments.get(index).equals("''") ? "" : arguments.get(index);
  }

  int number(int index) {
    return Integer.decode(arguments.get(index));
  }

  @Override
  public String toString() {
    return thread + " " + call + " " + String.join(" ", arguments);
  }
}
