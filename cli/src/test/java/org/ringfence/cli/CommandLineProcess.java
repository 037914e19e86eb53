package org.ringfence.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs the command line interface in a separate process.
 *
 * @param directory the working directory
 * @param environment variables to add to those of this JVM
 * @param outer a program that starts the interface, with its arguments; empty for none
 */
record CommandLineProcess(Path directory, Map<String, String> environment, List<String> outer) {
  /**
   * The result of a run.
   *
   * @param exit the exit code
   * @param out standard output
   * @param err standard error
   */
  record Result(int exit, String out, String err) {}

  CommandLineProcess(Path directory, Map<String, String> environment) {
    this(directory, environment, List.of());
  }

  /** Returns a copy that another program starts. */
  CommandLineProcess under(String... program) {
    return new CommandLineProcess(directory, environment, List.of(program));
  }

  static CommandLineProcess in(Path directory) {
    return new CommandLineProcess(directory, Map.of());
  }

  /** Returns the program and the arguments. */
  List<String> words(String... args) {
    List<String> command = new ArrayList<>(outer);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // As the launcher starts it.
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    if (Runtime.version().feature() >= 22) {
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(args));
    return command;
  }

  Result run(String... args) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(words(args)).directory(directory.toFile());
    builder.environment().putAll(environment);
    return run(builder);
  }

  /** Runs another program to its end, without input. */
  static Result run(ProcessBuilder builder) throws IOException, InterruptedException {
    Path err = Files.createTempFile("run", ".err");
    try {
      Process process = builder.redirectError(err.toFile()).start();
      process.getOutputStream().close();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), out, Files.readString(err));
    } finally {
      Files.delete(err);
    }
  }
}
