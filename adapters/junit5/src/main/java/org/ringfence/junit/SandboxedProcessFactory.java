package org.ringfence.junit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;

/**
 * Starts what a {@link ProcessBuilder} describes, in a sandbox: for code under test that takes the
 * start of its processes as a function. A builder without a directory starts in the workspace. The
 * policy decides about the builder's variables that have this JVM's value. Thread-safe.
 */
public final class SandboxedProcessFactory {
  private final Sandbox sandbox;

  /**
   * Creates a factory.
   *
   * @param sandbox runs the processes
   */
  public SandboxedProcessFactory(Sandbox sandbox) {
    this.sandbox = Objects.requireNonNull(sandbox, "sandbox");
  }

  /**
   * Starts a process in the sandbox. As with {@link ProcessBuilder#start()}, the caller reads piped
   * output while it runs.
   *
   * @param builder describes it; not changed
   * @return the process
   * @throws org.ringfence.CommandNotFoundException if the program does not exist or cannot be
   *     executed
   * @throws IOException if it cannot be started
   * @throws IllegalArgumentException if its command is empty, or an argument has a NUL
   */
  public SandboxedProcess start(ProcessBuilder builder) throws IOException {
    return sandbox.start(SandboxCommand.from(builder));
  }

  /**
   * Returns the directory where processes start.
   *
   * @return the workspace of the sandbox
   */
  public Path workspace() {
    return Path.of(sandbox.plan().policy().places().workspace());
  }
}
