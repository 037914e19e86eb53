package org.ringfence.conformance.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;

/**
 * Executes sequences, inside a sandbox or outside. Requests and answers are files in a directory,
 * because every descriptor is part of the scenario.
 */
public final class Executor {
  /** Starts the first line of a request, which lists the steps to skip. */
  static final String SKIPPED = "skip";

  private final Path control;
  private final Tasks tasks;

  private Executor(Path control, Tasks tasks) {
    this.control = control;
    this.tasks = tasks;
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
      Tasks tasks = new Tasks(Path.of(args[1]), Path.of(args[2]), args[3].equals("ways"));
      new Executor(Path.of(args[0]), tasks).serve();
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
    tasks.reset();
    StringBuilder told = new StringBuilder();
    for (int i = 0; i < steps.size(); i++) {
      String line = skipped.contains(Integer.toString(i)) ? "skipped\t" : tasks.make(steps.get(i));
      told.append(line.replace("\n", "\\n")).append('\n');
    }
    tasks.reset();
    return new String(told.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
