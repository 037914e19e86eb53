package org.ringfence.conformance.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Executes sequences, inside a sandbox or outside. Requests and answers are files in a directory,
 * because every descriptor is part of the scenario.
 */
public final class Executor {
  /** Starts the first line of a request, which lists the steps to skip. */
  static final String SKIPPED = "skip";

  static final int THREADS = 2;

  private final Path control;
  private final boolean tellsWays;
  private final List<ExecutorService> threads = new ArrayList<>();
  private final List<Calls> calls = new ArrayList<>();

  private Executor(Path control, Path root, Path host, boolean tellsWays) throws Exception {
    this.control = control;
    this.tellsWays = tellsWays;
    Calls.Channel channel = Calls.Channel.open();
    for (int i = 0; i < THREADS; i++) {
      ExecutorService thread = Executors.newSingleThreadExecutor();
      threads.add(thread);
      Calls made = new Calls(root.toString(), host.toString(), channel);
      calls.add(made);
      boolean apart = i > 0;
      await(thread, () -> made.begin(apart));
    }
  }

  /**
   * Runs until a request is empty.
   *
   * @param args directory of requests and answers, the scenario's root, its directory of the host,
   *     and "ways" to print the paths behind each step's names
   * @throws Exception if the executor itself is at fault
   */
  public static void main(String[] args) throws Exception {
    int code = 1;
    try {
      new Executor(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), args[3].equals("ways"))
          .serve();
      code = 0;
    } catch (IOException e) {
      e.printStackTrace();
    } finally {
      // The other threads would keep the JVM alive.
      System.exit(code);
    }
  }

  private void serve() throws Exception {
    Files.writeString(control.resolve("ready"), "");
    for (int number = 0; ; number++) {
      Path request = control.resolve(number + ".in");
      while (!Files.exists(request)) {
        Thread.sleep(1);
      }
      String text = Files.readString(request);
      if (text.isEmpty()) {
        return;
      }
      Path part = control.resolve(number + ".part");
      Files.writeString(part, answer(text));
      Files.move(part, control.resolve(number + ".out"), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private String answer(String text) throws Exception {
    int end = text.indexOf('\n');
    Set<String> skipped = Set.of(text.substring(0, end).split(" "));
    List<Step> steps = Sequence.parse(text.substring(end + 1)).steps();
    for (int i = 0; i < THREADS; i++) {
      Calls made = calls.get(i);
      await(threads.get(i), made::reset);
    }
    StringBuilder told = new StringBuilder();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      Calls made = calls.get(step.thread());
      String line =
          skipped.contains(Integer.toString(i))
              ? "skipped\t"
              : await(
                  threads.get(step.thread()),
                  () -> {
                    Set<String> ways = tellsWays ? made.ways(step) : Set.of();
                    return made.make(step) + "\t" + String.join("|", ways);
                  });
      told.append(line.replace("\n", "\\n")).append('\n');
    }
    for (int i = 0; i < THREADS; i++) {
      await(threads.get(i), calls.get(i)::reset);
    }
    return new String(told.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private static <T> T await(ExecutorService thread, Callable<T> task)
      throws InterruptedException, IOException {
    try {
      return thread.submit(task).get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }
}
