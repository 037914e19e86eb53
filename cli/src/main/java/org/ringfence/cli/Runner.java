package org.ringfence.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.event.SandboxListener;

/** What {@code ringfence run} does, apart from reading its options. */
final class Runner {
  private final PolicyOptions options;
  private final boolean verbose;
  private final PrintWriter err;

  Runner(PolicyOptions options, boolean verbose, PrintWriter err) {
    this.options = options;
    this.verbose = verbose;
    this.err = err;
  }

  /**
   * Runs a command with the streams of this JVM.
   *
   * @param command the program and its arguments
   * @return its exit code
   */
  int run(List<String> command) throws IOException, InterruptedException {
    SandboxListener listener = verbose ? new DenialPrinter(err) : SandboxListener.NONE;
    SandboxCommand request = SandboxCommand.of(command).inheritIO();
    try (Sandbox sandbox =
        Sandbox.opener(options.policy())
            .workspace(options.workspace())
            .backend(options.backend())
            .listener(listener)
            .open()) {
      SandboxedProcess process = sandbox.start(request);
      Termination end = awaited(process);
      if (end.cause() == Termination.Cause.TIMED_OUT) {
        complain("the command was ended: its time was up");
      } else if (end.cause() == Termination.Cause.OUTPUT_LIMIT) {
        complain("the command was ended: it wrote more than the limit allows");
      }
      return end.exitValue();
    }
  }

  /** When this JVM is asked to end (Ctrl-C), the command is asked first. */
  private static Termination awaited(SandboxedProcess process) throws InterruptedException {
    Thread hook = new Thread(() -> endWithJvm(process));
    Runtime.getRuntime().addShutdownHook(hook);
    process.waitFor();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending already, and the hook with it.
      hook.join();
    }
    return process.termination().orElseThrow();
  }

  private static void endWithJvm(SandboxedProcess process) {
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
    }
  }

  private void complain(String text) {
    err.println("ringfence: " + text);
    err.flush();
  }
}
