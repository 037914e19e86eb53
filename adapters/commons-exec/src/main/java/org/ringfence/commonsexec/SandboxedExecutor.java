package org.ringfence.commonsexec;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.commons.exec.CommandLine;
import org.apache.commons.exec.DefaultExecutor;
import org.apache.commons.exec.ExecuteException;
import org.apache.commons.exec.ExecuteResultHandler;
import org.ringfence.Ending;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;

/**
 * An executor whose commands run in a sandbox. Stream handlers, watchdogs, exit values, result
 * handlers and process destroyers work as with {@link DefaultExecutor}; a watchdog ends the whole
 * process tree.
 *
 * <p>Without an environment the policy decides which variables a command gets. With one, it still
 * decides about the variables that have this JVM's value; the command gets all others.
 *
 * <p>The executor does not close its sandbox. Like {@link DefaultExecutor}, it is not thread-safe;
 * several executors may share a sandbox.
 */
public class SandboxedExecutor extends DefaultExecutor {
  private final Sandbox sandbox;

  /** The process that this thread has launched; the executor runs a command on one thread. */
  private final ThreadLocal<SandboxedProcess> launched = new ThreadLocal<>();

  /**
   * Creates an executor whose commands start in the sandbox's workspace.
   *
   * @param sandbox runs the commands
   */
  public SandboxedExecutor(Sandbox sandbox) {
    this(sandbox, Path.of(sandbox.plan().policy().places().workspace()));
  }

  /**
   * Creates an executor.
   *
   * @param sandbox runs the commands
   * @param workingDirectory where they start; a relative path starts at this JVM's directory
   */
  // The builder, which replaces what this uses, makes no subclasses.
  @SuppressWarnings({"deprecation", "this-escape"})
  public SandboxedExecutor(Sandbox sandbox, Path workingDirectory) {
    this.sandbox = Objects.requireNonNull(sandbox, "sandbox");
    setWorkingDirectory(workingDirectory.toFile());
  }

  /**
   * Runs a command and waits for its end.
   *
   * @param command the command
   * @param environment its variables, or null for those of the policy
   * @return the exit value
   * @throws SandboxEndedException if a limit of the policy ended the command, whatever exit values
   *     count as success
   * @throws ExecuteException if the exit value is a failure
   * @throws org.ringfence.CommandNotFoundException if the program does not exist or cannot be
   *     executed
   * @throws IOException if it cannot be started
   */
  @Override
  public int execute(CommandLine command, Map<String, String> environment) throws IOException {
    try {
      int exitValue = super.execute(command, environment);
      Optional<SandboxEndedException> ended = ended();
      if (ended.isPresent()) {
        throw ended.get();
      }
      return exitValue;
    } catch (SandboxEndedException e) {
      throw e;
    } catch (ExecuteException e) {
      throw explained(e);
    } finally {
      launched.remove();
    }
  }

  /**
   * Starts a command, and reports its end to a handler. The handler gets a {@link
   * SandboxEndedException} if a limit of the policy ended the command.
   *
   * @param command the command
   * @param environment its variables, or null for those of the policy
   * @param handler receives the end
   * @throws IOException if the working directory does not exist
   */
  @Override
  public void execute(
      CommandLine command, Map<String, String> environment, ExecuteResultHandler handler)
      throws IOException {
    super.execute(
        command,
        environment,
        new ExecuteResultHandler() {
          @Override
          public void onProcessComplete(int exitValue) {
            Optional<SandboxEndedException> ended = ended();
            if (ended.isPresent()) {
              handler.onProcessFailed(ended.get());
            } else {
              handler.onProcessComplete(exitValue);
            }
          }

          @Override
          public void onProcessFailed(ExecuteException failure) {
            handler.onProcessFailed(explained(failure));
          }
        });
  }

  private ExecuteException explained(ExecuteException failure) {
    Optional<SandboxEndedException> ended = ended();
    ended.ifPresent(cause -> cause.addSuppressed(failure));
    return ended.isPresent() ? ended.get() : failure;
  }

  /** Returns the end of this thread's last command, if the sandbox ended it at a limit. */
  private Optional<SandboxEndedException> ended() {
    return Optional.ofNullable(launched.get())
        .filter(process -> process.termination().isPresent() && process.usage().isPresent())
        .map(
            process ->
                Ending.of(
                    process.termination().get(),
                    sandbox.plan().policy().policy().limits(),
                    process.usage().get()))
        .filter(end -> end instanceof Ending.TimedOut || end instanceof Ending.LimitReached)
        .map(end -> new SandboxEndedException(end, launched.get().exitValue()));
  }

  @Override
  protected Process launch(CommandLine command, Map<String, String> environment, File directory)
      throws IOException {
    return launch(command, environment, directory == null ? null : directory.toPath());
  }

  @Override
  protected Process launch(CommandLine command, Map<String, String> environment, Path directory)
      throws IOException {
    SandboxedProcess process = sandbox.start(command(command, environment, directory));
    launched.set(process);
    return process;
  }

  private static SandboxCommand command(
      CommandLine command, Map<String, String> environment, Path directory)
      throws SandboxException {
    try {
      ProcessBuilder builder = new ProcessBuilder(command.toStrings());
      if (environment != null) {
        builder.environment().clear();
        // Commons Exec passes a variable without a value as an empty one.
        environment.forEach(
            (name, value) -> builder.environment().put(name, Objects.toString(value, "")));
      }
      if (directory != null) {
        builder.directory(directory.toAbsolutePath().toFile());
      }
      return SandboxCommand.from(builder);
    } catch (IllegalArgumentException e) {
      throw new SandboxException(e.getMessage(), e);
    }
  }
}
