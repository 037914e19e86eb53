package org.ringfence;

import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A command of an open sandbox, about to be run. Immutable: every method returns a changed copy,
 * which can be run any number of times, from any thread.
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
  /** How much of each stream is kept unless {@link #maxOutput} says otherwise: 10 MiB. */
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
   * Bounds the wall time; the shorter of this and the policy's holds. The command is asked to end
   * then, and its tree is killed when the policy's grace has passed.
   *
   * @param value the bound
   * @return the changed copy
   * @throws IllegalArgumentException if it is not above 0
   */
  public CommandRun timeout(Duration value) {
    return with(command.timeout(value));
  }

  /**
   * Bounds how much of standard output, and how much of standard error, is kept. The rest is read
   * and dropped, so that the command goes on; {@code limits.outputBytes} of the policy ends it
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
   * Sets what the command reads from standard input; without it there is nothing to read. A command
   * need not read it.
   *
   * @param bytes the bytes
   * @return the changed copy
   */
  public CommandRun stdin(byte[] bytes) {
    return new CommandRun(
        sandbox, command.redirectInput(Redirect.PIPE), Optional.of(bytes.clone()), maxOutput);
  }

  /**
   * Sets what the command reads from standard input, in UTF-8.
   *
   * @param text the text
   * @return the changed copy
   */
  public CommandRun stdin(String text) {
    return stdin(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Has the command read a file as its standard input.
   *
   * @param file the file, opened by this JVM
   * @return the changed copy
   */
  public CommandRun stdin(Path file) {
    return new CommandRun(
        sandbox, command.redirectInput(Redirect.from(file.toFile())), Optional.empty(), maxOutput);
  }

  /**
   * Sets the working directory. It never widens what the policy grants.
   *
   * @param value the directory, absolute or below the workspace
   * @return the changed copy
   */
  public CommandRun directory(Path value) {
    return with(command.directory(value));
  }

  /**
   * Sets a variable, in addition to what the policy lets through.
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
   * Sets variables, in addition to what the policy lets through.
   *
   * @param variables the variables
   * @return the changed copy
   * @throws IllegalArgumentException if a name is empty or has {@code =}, or one has a NUL
   */
  public CommandRun environment(Map<String, String> variables) {
    SandboxCommand changed = command;
    for (Map.Entry<String, String> variable : variables.entrySet()) {
      changed = changed.environment(variable.getKey(), variable.getValue());
    }
    return with(changed);
  }

  /**
   * Has standard error go where standard output goes, in the order in which both were written.
   *
   * @return the changed copy
   */
  public CommandRun mergeError() {
    return with(command.redirectErrorStream(true));
  }

  /**
   * Runs the command and waits for its end. Both streams are read all the time, so that no amount
   * of output holds the command up, and input that it does not read holds up nothing. What the
   * command leaves running (where {@code lifetime.onRootExit} lets it) may hold the streams open:
   * their content at that point is returned all the same. Every event that was heard of the command
   * has reached the hooks by then.
   *
   * @return what came of it
   * @throws CommandNotFoundException if the program does not exist or cannot be executed
   * @throws SandboxException if it cannot be started; nothing is left behind
   * @throws InterruptedException if this thread is interrupted; the command and everything that it
   *     started are ended before this is thrown
   * @throws IllegalStateException if the sandbox is closed
   */
  public Result run() throws SandboxException, InterruptedException {
    return sandbox.run(command, stdin, maxOutput);
  }

  /**
   * The command without the sandbox.
   *
   * @return what {@link Sandbox#start} takes; {@link #stdin(byte[])} and {@link #maxOutput} are not
   *     part of it
   */
  public SandboxCommand command() {
    return command;
  }

  /**
   * The command.
   *
   * @return one line
   */
  @Override
  public String toString() {
    return "CommandRun[" + Objects.toString(command) + "]";
  }
}
