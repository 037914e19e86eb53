package org.ringfence;

import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A command of an open sandbox, ready to run. Immutable: every method returns a changed copy, which
 * can be run any number of times, from any thread.
 *
 * <pre>{@code
 * Result result =
 *     sandbox.command("sh", "-c", line).timeout(Duration.ofSeconds(30)).run();
 * if (result.succeeded()) {
 *   use(result.stdout().text());
 * }
 * }</pre>
 */
public final class CommandRun {
  /** The bytes kept of each stream unless {@link #maxOutput} changes it: 10 MiB. */
  public static final long USUAL_MAX_OUTPUT = 10L << 20;

  private final Sandbox sandbox;
  private final SandboxCommand command;
  private final Optional<byte[]> stdin;
  private final long maxOutput;

  private CommandRun(
      Sandbox sandbox, SandboxCommand command, Optional<byte[]> stdin, long maxOutput) {
    this.sandbox = sandbox;
    this.command = command;
    this.stdin = stdin;
    this.maxOutput = maxOutput;
  }

  static CommandRun of(Sandbox sandbox, SandboxCommand command) {
    return new CommandRun(sandbox, command, Optional.empty(), USUAL_MAX_OUTPUT);
  }

  private CommandRun with(SandboxCommand changed) {
    return new CommandRun(sandbox, changed, stdin, maxOutput);
  }

  /**
   * Bounds the wall time; the shorter of this and the policy's applies. The sandbox then asks the
   * command to end, and kills its tree after the policy's grace.
   *
   * @param value the bound
   * @return the changed copy
   * @throws IllegalArgumentException if it is not above 0
   */
  public CommandRun timeout(Duration value) {
    return with(command.timeout(Objects.requireNonNull(value, "timeout")));
  }

  /**
   * Bounds the bytes kept of standard output, and of standard error. The sandbox reads and drops
   * the rest, so that the command goes on; {@code limits.outputBytes} of the policy ends it
   * instead.
   *
   * @param bytes the bound for each stream
   * @return the changed copy
   * @throws IllegalArgumentException if it is negative, or more than an array holds
   */
  public CommandRun maxOutput(long bytes) {
    if (bytes < 0 || bytes > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "maxOutput: " + bytes + " is not valid; use 0 to " + (Integer.MAX_VALUE - 8) + " bytes");
    }
    return new CommandRun(sandbox, command, stdin, bytes);
  }

  /**
   * Sets the bytes of standard input, which is empty by default. The command need not read them.
   *
   * @param bytes the bytes
   * @return the changed copy
   */
  public CommandRun stdin(byte[] bytes) {
    byte[] copy = Objects.requireNonNull(bytes, "stdin").clone();
    return new CommandRun(
        sandbox, command.redirectInput(Redirect.PIPE), Optional.of(copy), maxOutput);
  }

  /**
   * Sets the text of standard input, in UTF-8.
   *
   * @param text the text
   * @return the changed copy
   */
  public CommandRun stdin(String text) {
    return stdin(Objects.requireNonNull(text, "stdin").getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Uses a file as standard input.
   *
   * @param file the file, opened by this JVM
   * @return the changed copy
   */
  public CommandRun stdin(Path file) {
    return new CommandRun(
        sandbox,
        command.redirectInput(Redirect.from(Objects.requireNonNull(file, "stdin").toFile())),
        Optional.empty(),
        maxOutput);
  }

  /**
   * Sets the working directory. It never widens the policy's grants.
   *
   * @param value the directory, absolute or below the workspace
   * @return the changed copy
   */
  public CommandRun directory(Path value) {
    return with(command.directory(Objects.requireNonNull(value, "directory")));
  }

  /**
   * Sets a variable, in addition to those that the policy passes on.
   *
   * @param name the name
   * @param value the value
   * @return the changed copy
   * @throws IllegalArgumentException if the name is empty or has {@code =}, or one has a NUL
   */
  public CommandRun environment(String name, String value) {
    return with(command.environment(name, value));
  }

  /**
   * Sets variables, in addition to those that the policy passes on.
   *
   * @param variables the variables
   * @return the changed copy
   * @throws IllegalArgumentException if a name is empty or has {@code =}, or one has a NUL
   */
  public CommandRun environment(Map<String, String> variables) {
    SandboxCommand changed = command;
    for (Map.Entry<String, String> variable :
        Objects.requireNonNull(variables, "environment").entrySet()) {
      changed = changed.environment(variable.getKey(), variable.getValue());
    }
    return with(changed);
  }

  /**
   * Merges standard error into standard output, in the order of the writes.
   *
   * @return the changed copy
   */
  public CommandRun mergeError() {
    return with(command.redirectErrorStream(true));
  }

  /**
   * Runs the command and waits for its end. The sandbox reads both streams all the time, so that
   * output never blocks the command; unread input blocks nothing. Processes that the command leaves
   * running (where {@code lifetime.onRootExit} permits it) may hold the streams open: the result
   * has their content at that point. Every event received of the command has reached the hooks by
   * then.
   *
   * @return the result
   * @throws CommandNotFoundException if the program does not exist or cannot be executed
   * @throws SandboxException if it cannot be started; nothing is left behind
   * @throws InterruptedException if this thread is interrupted; the sandbox first ends the command
   *     and everything that it started
   * @throws IllegalStateException if the sandbox is closed
   */
  public Result run() throws SandboxException, InterruptedException {
    return sandbox.run(command, stdin, maxOutput);
  }

  /**
   * Returns the command without the sandbox.
   *
   * @return a command for {@link Sandbox#start}, without {@link #stdin(byte[])} and {@link
   *     #maxOutput}
   */
  public SandboxCommand command() {
    return command;
  }

  /**
   * Returns the command.
   *
   * @return one line
   */
  @Override
  public String toString() {
    return "CommandRun[" + Objects.toString(command) + "]";
  }
}
