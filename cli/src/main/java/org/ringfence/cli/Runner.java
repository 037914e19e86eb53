package org.ringfence.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.event.SandboxListener;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.SandboxBackend;

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
    // Probing loads native code; the policy can be read meanwhile.
    FutureTask<Backends> probing = new FutureTask<>(Runner::probed);
    Thread prober = new Thread(probing, "probe");
    prober.setDaemon(true);
    prober.start();
    SandboxPolicy policy = options.policy();
    Backends backends = finished(probing);
    try (Sandbox sandbox =
        Sandbox.opener(policy)
            .backends(backends)
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

  private static Backends probed() throws SandboxException {
    Backends backends = Backends.load();
    backends.all().forEach(SandboxBackend::probe);
    return backends;
  }

  private static Backends finished(FutureTask<Backends> probing)
      throws IOException, InterruptedException {
    try {
      return probing.get();
    } catch (ExecutionException e) {
      throw new SandboxException("backend: " + e.getCause().getMessage(), e);
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
