package org.ringfence.conformance.fuzz;

import java.util.List;
import java.util.Set;

/**
 * One system call of a sequence.
 *
 * @param task which of the executor's tasks makes it: 0 and 1 are threads of the first process, of
 *     which each has descriptors and a directory of its own, the others are processes that a step
 *     has forked, which share such things with the task that forked them or have a copy
 * @param call the name of the call
 * @param arguments its arguments as words, in which {@code $R} and {@code $H} stand for the
 *     scenario's directories and {@code @n/} for the n-th descriptor's entry of {@code /proc},
 *     {@code %t/} for the directory of {@code /proc} of task t
 */
record Step(int task, String call, List<String> arguments) {
  private static final Set<String> READING =
      Set.of(
          "read",
          "stat",
          "fstat",
          "readlink",
          "chdir",
          "fchdir",
          "list",
          "getfl",
          "peername",
          "sockname",
          "fork",
          "exit",
          "unshare");
  private static final int W_OK = 2;
  private static final int WRITING_FLAGS = 0x3 | 0x40 | 0x200;

  Step {
    arguments = List.copyOf(arguments);
  }

  /** Parses the output of {@link #toString}. */
  static Step parse(String line) {
    List<String> words = List.of(line.split(" "));
    return new Step(Integer.parseInt(words.get(0)), words.get(1), words.subList(2, words.size()));
  }

  /** Returns whether the call may change something, or asks whether it may. */
  boolean writes() {
    if (call.equals("open")) {
      return (Integer.decode(arguments.get(3)) & WRITING_FLAGS) != 0;
    }
    if (call.equals("access")) {
      return (number(2) & W_OK) != 0;
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
    return task + " " + call + " " + String.join(" ", arguments);
  }
}
