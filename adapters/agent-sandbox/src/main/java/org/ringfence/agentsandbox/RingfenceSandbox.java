package org.ringfence.agentsandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.ringfence.CommandRun;
import org.ringfence.Ending;
import org.ringfence.Result;
import org.ringfence.SandboxCommand;
import org.springaicommunity.sandbox.ExecResult;
import org.springaicommunity.sandbox.ExecSpec;
import org.springaicommunity.sandbox.Sandbox;
import org.springaicommunity.sandbox.SandboxException;
import org.springaicommunity.sandbox.SandboxFiles;
import org.springaicommunity.sandbox.TimeoutException;

/**
 * A sandbox of agent-sandbox whose commands and file operations run in a sandbox of Ringfence.
 * Closing it closes that sandbox; the workspace stays. Thread-safe.
 */
public final class RingfenceSandbox implements Sandbox {
  /** What {@link ExecSpec.Builder#shellCommand} puts before the line. */
  private static final String SHELL = "__SHELL_COMMAND__";

  private final org.ringfence.Sandbox sandbox;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Creates a sandbox.
   *
   * @param sandbox runs the commands; this closes it
   */
  public RingfenceSandbox(org.ringfence.Sandbox sandbox) {
    this.sandbox = Objects.requireNonNull(sandbox, "sandbox");
  }

  /**
   * Runs a command and waits for its end. The command gets the variables of the specification, and
   * those that the policy passes on.
   *
   * @param spec the command
   * @return its exit code, or 128 + the signal that ended it, and its output
   * @throws SandboxException if it cannot be started; if its time was over, with a {@link
   *     TimeoutException} as the cause; if the sandbox ended it; if it wrote more than 10 MiB to a
   *     stream
   * @throws IllegalStateException if the sandbox is closed
   */
  @Override
  public ExecResult exec(ExecSpec spec) {
    CommandRun run = sandbox.command(words(spec)).environment(spec.env());
    if (spec.timeout() != null) {
      run = run.timeout(positive(spec.timeout()));
    }
    Result result = run(run);
    demandWhole(result);
    if (result.stdout().truncated() || result.stderr().truncated()) {
      // An ExecResult cannot say that there was more.
      throw new SandboxException(
          "The command wrote "
              + Math.max(result.stdout().written(), result.stderr().written())
              + " bytes to a stream, more than "
              + CommandRun.USUAL_MAX_OUTPUT
              + "; write them to a file");
    }
    return new ExecResult(
        result.exitCode(),
        result.stdout().text(),
        result.stderr().text(),
        result.usage().wallTime());
  }

  /** Refuses a result without the ends of its streams, which no type of the SPI can say. */
  static void demandWhole(Result result) {
    if (result.stdout().cutOff() || result.stderr().cutOff()) {
      throw new SandboxException(
          "A stream of the command was still open 2 s after its end, so that output may be missing");
    }
  }

  /** Runs a command that ends by itself or by a signal; all other ends are exceptions. */
  static Result run(CommandRun run) {
    Result result;
    try {
      result = run.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("The thread was interrupted; the command was ended", e);
    } catch (IOException e) {
      throw new SandboxException("Failed to execute command: " + e.getMessage(), e);
    }
    Ending ending = result.ending();
    if (ending instanceof Ending.TimedOut timed) {
      throw new SandboxException(
          "Command timed out",
          new TimeoutException("Command timed out after " + timed.after(), timed.after()));
    }
    if (ending instanceof Ending.LimitReached reached) {
      throw new SandboxException(
          "The command reached the limit " + reached.limit() + " of the policy and was ended");
    }
    if (ending instanceof Ending.Cancelled) {
      throw new SandboxException("The sandbox was closed and ended the command");
    }
    return result;
  }

  /**
   * Starts a process. The caller reads its output while it runs. Its time, if the specification has
   * one, ends it.
   *
   * @param spec the command
   * @return an {@link org.ringfence.SandboxedProcess}
   * @throws SandboxException if it cannot be started
   * @throws IllegalStateException if the sandbox is closed
   */
  @Override
  public Process startInteractive(ExecSpec spec) {
    SandboxCommand command = SandboxCommand.of(words(spec));
    for (Map.Entry<String, String> variable : spec.env().entrySet()) {
      command = command.environment(variable.getKey(), variable.getValue());
    }
    if (spec.timeout() != null) {
      command = command.timeout(positive(spec.timeout()));
    }
    try {
      return sandbox.start(command);
    } catch (IOException e) {
      throw new SandboxException("Failed to start interactive process: " + e.getMessage(), e);
    }
  }

  private static Duration positive(Duration timeout) {
    return timeout.isNegative() || timeout.isZero() ? Duration.ofNanos(1) : timeout;
  }

  private List<String> words(ExecSpec spec) {
    List<String> words = spec.command();
    if (words.size() != 2 || !words.get(0).equals(SHELL)) {
      return words;
    }
    return workDir().getFileSystem().getSeparator().equals("\\")
        ? List.of("cmd", "/c", words.get(1))
        : List.of("bash", "-c", words.get(1));
  }

  /**
   * Returns the directory where commands start.
   *
   * @return the workspace
   */
  @Override
  public Path workDir() {
    return Path.of(sandbox.plan().policy().places().workspace());
  }

  @Override
  public boolean isClosed() {
    return closed.get();
  }

  /** Ends every command and closes the sandbox of Ringfence; the workspace stays. */
  @Override
  public void close() {
    closed.set(true);
    sandbox.close();
  }

  /**
   * Returns operations on files, which commands in the sandbox carry out: they may do what a
   * command may, and a link that a command has made leads them nowhere else.
   *
   * @return the operations; they need a POSIX shell, and {@code list} GNU find
   */
  @Override
  public SandboxFiles files() {
    return new ConfinedFiles(this, sandbox);
  }

  /**
   * Returns whether closing removes the workspace.
   *
   * @return false
   */
  @Override
  public boolean shouldCleanupOnClose() {
    return false;
  }

  /**
   * Returns the sandbox of Ringfence.
   *
   * @return one line
   */
  @Override
  public String toString() {
    return "RingfenceSandbox[" + sandbox + "]";
  }
}
