package org.ringfence.windows.setup;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.channel.FrameChannel;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.command.PipeStreams;
import org.ringfence.windows.plan.CommandLine;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;

/** Prompts the user for an administrator's rights, once, and runs a task in an elevated process. */
public final class Elevation {
  private static final int NAME_BYTES = 16;

  /** A person must read and answer. */
  private static final int ANSWER_MILLIS = 300_000;

  private static final int LAST_SECONDS = 30;

  /** Administrators alone: the task contains passwords. */
  private static final String DESCRIPTOR = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";

  private final WindowsSystem windows;
  private final String program;
  private final List<String> arguments;

  /**
   * Prepares an elevation.
   *
   * @param windows the system
   * @param program the program that runs elevated
   * @param arguments its arguments; the name of the pipes is added
   */
  public Elevation(WindowsSystem windows, String program, List<String> arguments) {
    this.windows = windows;
    this.program = program;
    this.arguments = List.copyOf(arguments);
  }

  /**
   * Runs a task in an elevated process.
   *
   * @param task the task
   * @return the findings of the elevated process
   * @throws SandboxException if the user declines, or the task fails
   */
  public List<Finding> run(Message.Task task) throws SandboxException {
    byte[] random = new byte[NAME_BYTES];
    new SecureRandom().nextBytes(random);
    String name = "ringfence-" + HexFormat.of().formatHex(random);
    try {
      byte[] descriptor = windows.security().ofSddl(DESCRIPTOR);
      try (Handle up = windows.administration().pipes().create(name + "-up", descriptor);
          Handle down = windows.administration().pipes().create(name + "-down", descriptor)) {
        return asked(task, name, up, down);
      }
    } catch (WindowsCallException e) {
      throw failed(e);
    }
  }

  private static SandboxException failed(WindowsCallException e) {
    String remedy = WindowsError.remedy(e.code());
    return new SandboxException(
        "elevated set-up: " + e.getMessage() + (remedy.isEmpty() ? "" : "; use " + remedy), e);
  }

  private List<Finding> asked(Message.Task task, String name, Handle up, Handle down)
      throws WindowsCallException, SandboxException {
    List<String> words = new ArrayList<>(List.of(program));
    words.addAll(arguments);
    words.add(name);
    // The first is the program, passed separately.
    String parameters = CommandLine.of(words).substring(CommandLine.of(List.of(program)).length());
    // Commands may write into the directory of this process; Windows searches it for libraries,
    // too.
    String directory = program.substring(0, program.lastIndexOf('\\') + 1);
    CompletableFuture<Integer> elevated =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return windows
                    .administration()
                    .logons()
                    .elevate(program, parameters.strip(), directory);
              } catch (WindowsCallException e) {
                throw new CompletionException(e);
              }
            },
            daemon());
    try {
      for (Handle pipe : List.of(up, down)) {
        windows.administration().pipes().await(pipe, ANSWER_MILLIS, () -> !elevated.isDone());
      }
    } catch (WindowsCallException e) {
      throw ending(elevated, e);
    }
    try {
      List<Finding> findings =
          told(
              task,
              new FrameChannel(
                  PipeStreams.input(windows.processes(), up),
                  PipeStreams.output(windows.processes(), down)));
      elevated.get(LAST_SECONDS, TimeUnit.SECONDS);
      return findings;
    } catch (ExecutionException | TimeoutException e) {
      throw new SandboxException("elevated set-up: it does not end: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted during set-up; run: ringfence windows status", e);
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException(
          "elevated set-up: it ended in the middle, "
              + e.getMessage()
              + "; run: ringfence windows repair",
          e);
    }
  }

  private static List<Finding> told(Message.Task task, FrameChannel channel) throws IOException {
    channel.send(task);
    List<Finding> findings = new ArrayList<>();
    Optional<Message> message = channel.receive();
    while (message.isPresent() && message.get() instanceof Message.Found found) {
      findings.add(new Finding(found.fine(), found.text()));
      message = channel.receive();
    }
    if (message.isEmpty() || !(message.get() instanceof Message.Finished finished)) {
      throw new IOException("the other end is closed");
    }
    if (!finished.failure().isEmpty()) {
      throw new SandboxException(finished.failure());
    }
    return findings;
  }

  private static java.util.concurrent.Executor daemon() {
    return task -> {
      Thread thread = new Thread(task, "ringfence-elevation");
      thread.setDaemon(true);
      thread.start();
    };
  }

  /**
   * Explains a missing connection: the prompt's or process's error is more useful than a timeout.
   */
  private static SandboxException ending(
      CompletableFuture<Integer> elevated, WindowsCallException waiting) {
    if (!elevated.isDone()) {
      return failed(waiting);
    }
    try {
      return new SandboxException(
          "elevated set-up: it ended with " + WindowsError.describe(elevated.join()), waiting);
    } catch (CompletionException e) {
      return e.getCause() instanceof WindowsCallException call
          ? failed(call)
          : new SandboxException("elevated set-up: " + e.getMessage(), e);
    }
  }
}
