package org.ringfence.wsl2.distribution;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** {@code wsl.exe}, by its absolute path: an alias of a packaged app may have the same name. */
public final class WslProgram {
  /** A distribution that has to boot first takes a while. */
  private static final int SECONDS = 60;

  private final List<String> program;

  /**
   * The answer of the program.
   *
   * @param exit its exit code, or the command's inside; -1 when it failed itself
   * @param output its standard output
   */
  public record Answer(int exit, byte[] output) {}

  /**
   * Uses a program.
   *
   * @param program the program, with arguments that it needs before those of {@code wsl.exe}
   */
  public WslProgram(List<String> program) {
    this.program = List.copyOf(program);
  }

  /**
   * Returns the program of this system.
   *
   * @param environment the environment of this process
   * @return the program; empty when this Windows has none
   */
  public static Optional<WslProgram> ofSystem(Map<String, String> environment) {
    String root = environment.get("SystemRoot");
    if (root == null) {
      return Optional.empty();
    }
    Path program = Path.of(root, "System32", "wsl.exe");
    return Files.isRegularFile(program)
        ? Optional.of(new WslProgram(List.of(program.toString())))
        : Optional.empty();
  }

  /** Returns its identity: another version is another program. */
  public String identity() {
    StringBuilder identity = new StringBuilder();
    for (String word : program) {
      identity.append(word).append(' ');
    }
    try {
      Path file = Path.of(program.get(0));
      identity.append(Files.size(file)).append(' ').append(Files.getLastModifiedTime(file));
    } catch (IOException | InvalidPathException e) {
      // Found under another name, as a fake is.
      identity.append("somewhere");
    }
    return identity.toString();
  }

  /**
   * Runs the program and returns its answer.
   *
   * @param input its standard input
   * @param arguments its arguments
   * @return the answer
   * @throws IOException if it cannot be started, or does not answer in a minute
   */
  public Answer ask(byte[] input, String... arguments) throws IOException {
    return ask(input, SECONDS, arguments);
  }

  /** As {@link #ask(byte[], String...)}, for calls that take longer. */
  public Answer ask(byte[] input, long seconds, String... arguments) throws IOException {
    Process process = start(List.of(arguments));
    CompletableFuture<byte[]> output =
        CompletableFuture.supplyAsync(() -> read(process.getInputStream()), WslProgram::daemon);
    try {
      try (OutputStream stdin = process.getOutputStream()) {
        stdin.write(input);
      } catch (IOException e) {
        // It has ended without reading; its output gives the reason.
        output.join();
      }
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        throw new IOException("wsl.exe does not answer in " + seconds + " s");
      }
      return new Answer(process.exitValue(), output.join());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while wsl.exe was asked", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Returns the words that start it, with arguments. */
  public List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>(program);
    command.addAll(arguments);
    return command;
  }

  /**
   * Starts the program.
   *
   * @param arguments its arguments
   * @return its process
   * @throws IOException if it cannot be started
   */
  public Process start(List<String> arguments) throws IOException {
    return start(arguments, ProcessBuilder.Redirect.DISCARD);
  }

  /** As {@link #start(List)}, with standard error redirected. */
  public Process start(List<String> arguments, ProcessBuilder.Redirect error) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command(arguments)).redirectError(error);
    builder.environment().put("WSL_UTF8", "1");
    // No variable of this process goes along.
    builder.environment().put("WSLENV", "");
    return builder.start();
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "ringfence-wsl");
    thread.setDaemon(true);
    thread.start();
  }

  private static byte[] read(InputStream stream) {
    // Under Wine, reading all at once fails at the end.
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    try {
      for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
        bytes.write(buffer, 0, count);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Returns the words that start a command in a distribution, without any sandbox.
   *
   * @param distribution its name
   * @param command the command
   * @return the words that start it on this side
   */
  public List<String> unconfined(String distribution, List<String> command) {
    List<String> words = new ArrayList<>(List.of("-d", distribution, "--exec"));
    words.addAll(command);
    return command(words);
  }
}
