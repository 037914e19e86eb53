package org.ringfence.conformance.fuzz;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.ringfence.conformance.probe.NativeCalls;

/**
 * Has the tasks of a sequence make its calls, one after the other. Two tasks are threads of this
 * process; the second has a table of descriptors and a directory of its own. The others are
 * processes that steps fork, without exec. A forked process continues this virtual machine with one
 * thread. It has no thread that collects garbage or compiles: the executor runs with a heap that
 * its sequences do not fill, and interpreted.
 */
final class Tasks {
  /** WNOHANG, for every kind of child. */
  static final int WAIT_NOT = 0x40000001;

  private static final int WAIT = 0x40000000;
  private static final int SHARE_FS = 0x200;
  private static final int SHARE_FILES = 0x400;
  private static final int SIGCHLD = 17;
  private static final int SIGKILL = 9;
  private static final String ABSENT = "absent";

  private final boolean tellsWays;
  private final TaskState state = new TaskState();
  private final List<ExecutorService> threads = new ArrayList<>();
  private final List<Calls> calls = new ArrayList<>();
  private final List<Pair> pairs = new ArrayList<>();
  private final Memory message = NativeCalls.memory(Pair.LONGEST);
  private final boolean[] used = new boolean[TaskState.MOST];

  Tasks(Path root, Path host, boolean tellsWays) throws IOException, InterruptedException {
    this.tellsWays = tellsWays;
    Pair passing = Pair.ofDatagrams();
    for (int task = 0; task < TaskState.MOST; task++) {
      pairs.add(Pair.ofMessages());
      calls.add(new Calls(root.toString(), host.toString(), passing, state, task));
    }
    for (int i = 0; i < TaskState.THREADS; i++) {
      int task = i;
      threads.add(Executors.newSingleThreadExecutor());
      await(
          task,
          () -> {
            if (task > 0) {
              NativeCalls.call("unshare", SHARE_FILES | SHARE_FS);
            }
            state.begins(
                task, (int) NativeCalls.call("getpid"), (int) NativeCalls.syscall(186, 178));
            return state;
          });
    }
  }

  /** Ends processes and puts everything back to how every sequence finds it. */
  void reset() throws IOException, InterruptedException {
    // Those that a process has forked have greater numbers than itself.
    for (int task = TaskState.MOST - 1; task >= 0; task--) {
      used[task] = task < TaskState.THREADS;
      if (task >= TaskState.THREADS && state.lives(task)) {
        NativeCalls.call("kill", state.process(task), SIGKILL);
        end(task);
      }
    }
    for (int task = 0; task < TaskState.THREADS; task++) {
      await(task, calls.get(task)::reset);
    }
    state.underWay(false);
  }

  private void end(int task) throws IOException, InterruptedException {
    by(new Step(state.parent(task), "wait", List.of(Integer.toString(task))));
    state.ended(task);
  }

  /** Has a step made by its task; the result and what its names led to, parted by a tab. */
  String make(Step step) throws IOException, InterruptedException {
    int task = step.task();
    if (!state.lives(task)) {
      return ABSENT + "\t";
    }
    return switch (step.call()) {
      case "fork" -> fork(step);
      case "hand" -> hand(step);
      case "exit" -> {
        if (task < TaskState.THREADS || state.isParent(task)) {
          yield ABSENT + "\t";
        }
        String told = by(step);
        end(task);
        yield told;
      }
      case "unshare" -> {
        String told = by(step);
        if ((step.number(0) & SHARE_FILES) != 0 && told.startsWith("0")) {
          state.unshared(task);
        }
        yield told;
      }
      default -> by(step);
    };
  }

  private String fork(Step step) throws IOException, InterruptedException {
    int made = step.number(0);
    if (used[made]) {
      return ABSENT + "\t";
    }
    int process = Integer.parseInt(by(step).split("\t", -1)[0]);
    if (process < 0) {
      return "E" + -process + "\t";
    }
    used[made] = true;
    state.forked(step.task(), made, process, (flags(step) & SHARE_FILES) != 0);
    pairs.get(made).takeFrom(process, message);
    return "0\t";
  }

  /** A descriptor goes from one task to another. */
  private String hand(Step step) throws IOException, InterruptedException {
    int to = step.number(1);
    if (!state.lives(to)) {
      return ABSENT + "\t";
    }
    String[] sent = by(new Step(step.task(), "send", List.of(step.text(0)))).split("\t", -1);
    if (sent[0].startsWith("E")) {
      return sent[0] + "\t" + sent[1];
    }
    String taken = by(new Step(to, "take", List.of(step.text(2))));
    return taken.split("\t", -1)[0] + "\t" + sent[1];
  }

  /** Made by the task itself, whatever it is. */
  private String by(Step step) throws IOException, InterruptedException {
    int task = step.task();
    if (task < TaskState.THREADS) {
      return await(task, () -> perform(step));
    }
    Pair pair = pairs.get(task);
    Pair.send(pair.near(), state + "\n" + step);
    String[] told = pair.takeFrom(state.process(task), message).split("\n", 2);
    if (told.length < 2) {
      throw new IOException("task " + task + ": " + told[0]);
    }
    state.read(told[0]);
    return told[1];
  }

  private String perform(Step step) throws IOException {
    if (step.call().equals("fork")) {
      long process = NativeCalls.syscall(56, 220, (long) (flags(step) | SIGCHLD));
      if (process == 0) {
        serve(step.number(0));
      }
      return process + "\t";
    }
    if (step.call().equals("wait")) {
      int process = state.process(step.number(0));
      return NativeCalls.call("waitpid", process, NativeCalls.memory(4), WAIT) + "\t";
    }
    Calls made = calls.get(step.task());
    Set<String> ways = tellsWays ? made.ways(step) : Set.of();
    return made.make(step) + "\t" + String.join("|", ways);
  }

  private static int flags(Step step) {
    return switch (step.text(1)) {
      case "files" -> SHARE_FILES;
      case "fs" -> SHARE_FS;
      case "both" -> SHARE_FILES | SHARE_FS;
      default -> 0;
    };
  }

  /** All that a forked process does, until it ends. */
  private void serve(int task) {
    int end = pairs.get(task).far();
    try {
      Pair.send(end, "begun");
      Step step;
      do {
        String[] asked = Pair.take(end, message).split("\n", 2);
        state.read(asked[0]);
        step = Step.parse(asked[1]);
        String told = step.call().equals("exit") ? "0\t" : perform(step);
        Pair.send(end, state + "\n" + told);
      } while (!step.call().equals("exit"));
    } catch (IOException | RuntimeException | Error e) {
      try {
        Pair.send(end, e.toString().replace('\n', ' '));
      } catch (IOException gone) {
        // Its end tells the first process.
      }
    } finally {
      NativeCalls.syscall(231, 94, 0L);
    }
  }

  private <T> T await(int task, Callable<T> what) throws InterruptedException, IOException {
    try {
      return threads.get(task).submit(what).get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }
}
