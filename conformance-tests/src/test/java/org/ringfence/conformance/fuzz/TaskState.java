package org.ringfence.conformance.fuzz;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The tasks of a sequence as all of them know them: their numbers in the kernel, and which table of
 * descriptors each of them has. Tasks of several processes may share a table, and with it the small
 * numbers that a sequence gives to descriptors.
 */
final class TaskState {
  /** Two threads of the first process, then processes of one thread each. */
  static final int MOST = 5;

  /** Tasks that are threads of the first process; the others are processes that steps fork. */
  static final int THREADS = 2;

  private static final int SLOTS = 5;

  private final int[] processes = new int[MOST];
  private final int[] threads = new int[MOST];
  private final int[] parents = new int[MOST];
  private final int[] tables = new int[MOST];
  private final int[][] slots = new int[MOST][SLOTS];
  private boolean underWay;

  TaskState() {
    for (int task = 0; task < MOST; task++) {
      Arrays.fill(slots[task], -1);
    }
  }

  /** Descriptors of a task by their small numbers, -1 for none. */
  int[] slots(int task) {
    return slots[tables[task]];
  }

  boolean lives(int task) {
    return processes[task] > 0;
  }

  int process(int task) {
    return processes[task];
  }

  /** The task that has forked one. */
  int parent(int task) {
    return parents[task];
  }

  boolean isParent(int task) {
    return IntStream.range(THREADS, MOST).anyMatch(other -> lives(other) && parents[other] == task);
  }

  /** The directory that {@code /proc} has for a task. */
  String proc(int task) {
    return "/proc/" + processes[task] + "/task/" + threads[task];
  }

  /** A task that has a table of its own, without descriptors. */
  void begins(int task, int process, int thread) {
    processes[task] = process;
    threads[task] = thread;
    tables[task] = task;
  }

  /** A process that a task has forked. */
  void forked(int from, int task, int process, boolean sharesTable) {
    processes[task] = process;
    threads[task] = process;
    parents[task] = from;
    tables[task] = tables[from];
    if (!sharesTable) {
      unshared(task);
    }
  }

  /** A task has a copy of its table now. */
  void unshared(int task) {
    int[] copy = slots(task).clone();
    tables[task] =
        IntStream.range(0, MOST)
            .filter(
                table ->
                    IntStream.range(0, MOST)
                        .noneMatch(
                            other -> other != task && lives(other) && tables[other] == table))
            .findFirst()
            .orElseThrow();
    slots[tables[task]] = copy;
  }

  void ended(int task) {
    processes[task] = 0;
    threads[task] = 0;
  }

  /** Whether something was sent or connected that may not have arrived. */
  boolean underWay() {
    return underWay;
  }

  void underWay(boolean is) {
    underWay = is;
  }

  /** Reads the text of another process's {@link #toString}. */
  void read(String text) {
    int[] all = Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    int at = 0;
    underWay = all[at++] == 1;
    for (int task = 0; task < MOST; task++) {
      processes[task] = all[at++];
      threads[task] = all[at++];
      parents[task] = all[at++];
      tables[task] = all[at++];
      for (int slot = 0; slot < SLOTS; slot++) {
        slots[task][slot] = all[at++];
      }
    }
  }

  @Override
  public String toString() {
    IntStream all = IntStream.of(underWay ? 1 : 0);
    for (int task = 0; task < MOST; task++) {
      all =
          IntStream.concat(
              all,
              IntStream.concat(
                  IntStream.of(processes[task], threads[task], parents[task], tables[task]),
                  IntStream.of(slots[task])));
    }
    return all.mapToObj(Integer::toString).collect(Collectors.joining(" "));
  }
}
