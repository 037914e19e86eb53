package org.ringfence.conformance.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A running executor, in a sandbox or not, seen from this process. */
final class Box implements AutoCloseable {
  /**
   * A forked process cannot collect garbage, so that an executor has to be left before it would.
   */
  private static final int MOST_SEQUENCES = 40;

  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(120);

  private final Process process;
  private final Path control;
  private final AutoCloseable around;
  private int number;

  /**
   * Takes a started executor.
   *
   * @param around closed after the executor
   */
  Box(Process process, Path control, AutoCloseable around) throws Exception {
    this.process = process;
    this.control = control;
    this.around = around;
    await("ready");
  }

  /** Returns the command that starts an executor. */
  static List<String> command(Path library, Path control, Path root, Path host, boolean tellsWays) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xint",
            "-XX:-UsePerfData",
            "-Xlog:disable",
            "-Xms512m",
            "-Xmx512m",
            "-Xmn448m",
            "-Djna.boot.library.path=" + library,
            "-Djna.nosys=true"));
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Executor.class.getName());
    command.addAll(
        List.of(
            control.toString(), root.toString(), host.toString(), tellsWays ? "ways" : "no-ways"));
    return command;
  }

  /** The result of a step and, if requested, the paths behind its names. */
  record Told(String result, List<String> ways) {}

  /** Runs a sequence without some of its steps. */
  List<Told> run(Sequence sequence, Set<Integer> skipped) throws Exception {
    String first = skipped.stream().map(String::valueOf).collect(Collectors.joining(" "));
    request(Executor.SKIPPED + " " + first + "\n" + sequence);
    return Files.readAllLines(await(number++ + ".out")).stream()
        .map(
            line -> {
              String[] parts = line.split("\t", -1);
              return new Told(
                  parts[0], parts[1].isEmpty() ? List.of() : List.of(parts[1].split("\\|")));
            })
        .toList();
  }

  /** Whether another executor has to run the next sequence. */
  boolean spent() {
    return number >= MOST_SEQUENCES;
  }

  private void request(String text) throws IOException {
    Path part = control.resolve("request");
    Files.writeString(part, text);
    Files.move(part, control.resolve(number + ".in"), StandardCopyOption.ATOMIC_MOVE);
  }

  private Path await(String name) throws Exception {
    Path file = control.resolve(name);
    long end = System.nanoTime() + PATIENCE;
    while (!Files.exists(file)) {
      if (!process.isAlive() && !Files.exists(file)) {
        throw new IOException("the executor ended with " + process.exitValue());
      }
      if (System.nanoTime() > end) {
        throw new IOException("the executor does not answer");
      }
      Thread.sleep(1);
    }
    return file;
  }

  @Override
  public void close() throws Exception {
    try {
      if (process.isAlive()) {
        request("");
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
        }
      }
    } finally {
      around.close();
    }
  }
}
