package org.ringfence.windows.runner;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.ringfence.SandboxException;
import org.ringfence.kit.remote.ChannelException;
import org.ringfence.kit.remote.RemoteChannel;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.channel.FrameChannel;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.command.PipeInputStream;
import org.ringfence.windows.command.PipeOutput;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;
import org.ringfence.windows.system.WindowsSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A started runner, which answers over two pipes. */
public final class RunnerConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunnerConnection.class);
  private static final int NAME_BYTES = 16;
  private static final int CONNECT_MILLIS = 30_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int LAST_MILLIS = 5_000;
  private static final byte[] PROTECTED = {1, 0, 0x04, (byte) 0x90};

  private final WindowsSystem windows;
  private final Processes.Started runner;
  private final Handle job;
  private final Handle up;
  private final Handle down;
  private final PipeInputStream input;
  private final PipeOutput output;
  private final FrameChannel frames;
  private final RemoteChannel<Message> channel;
  private final Map<Integer, CompletableFuture<Integer>> ends = new ConcurrentHashMap<>();
  private Map<String, String> profile = Map.of();

  /** Starts a runner's process, suspended. */
  public interface Starting {
    /** Starts a runner that connects to these pipes. */
    Processes.Started start(String pipes) throws WindowsCallException, SandboxException;
  }

  private RunnerConnection(
      WindowsSystem windows, Processes.Started runner, Handle job, Handle up, Handle down) {
    this.windows = windows;
    this.runner = runner;
    this.job = job;
    this.up = up;
    this.down = down;
    this.input = new PipeInputStream(windows.processes(), up);
    this.output = new PipeOutput(windows.processes(), down);
    this.frames = new FrameChannel(input, output);
    this.channel = new RemoteChannel<>("the runner", frames, PATIENCE);
  }

  /**
   * Starts a runner and receives its greeting.
   *
   * @param windows the system
   * @param start starts its process
   * @param expected the user that the runner must run as
   * @throws SandboxException if it cannot be started, or another process answers
   */
  public static RunnerConnection open(WindowsSystem windows, Starting start, Sid expected)
      throws SandboxException {
    byte[] random = new byte[NAME_BYTES];
    new SecureRandom().nextBytes(random);
    String name = "ringfence-" + HexFormat.of().formatHex(random);
    try {
      byte[] descriptor = descriptor(windows, expected);
      Handle up = windows.administration().pipes().create(name + "-up", descriptor);
      boolean done = false;
      try {
        RunnerConnection made = withUp(windows, start, expected, name, descriptor, up);
        done = true;
        return made;
      } finally {
        if (!done) {
          up.close();
        }
      }
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("runner", e);
    }
  }

  private static RunnerConnection withUp(
      WindowsSystem windows,
      Starting start,
      Sid expected,
      String name,
      byte[] descriptor,
      Handle up)
      throws WindowsCallException, SandboxException {
    Handle down = windows.administration().pipes().create(name + "-down", descriptor);
    Processes.Started runner = null;
    Handle job = null;
    boolean done = false;
    try {
      job = windows.jobs().createForRunner();
      runner = start.start(name);
      windows.jobs().add(job, runner.process());
      windows.processes().resume(runner.thread());
      RunnerConnection connection = new RunnerConnection(windows, runner, job, up, down);
      connection.greet(expected);
      done = true;
      return connection;
    } finally {
      if (!done) {
        endRunner(windows, runner);
        if (job != null) {
          job.close();
        }
        down.close();
      }
    }
  }

  private static void endRunner(WindowsSystem windows, Processes.Started runner) {
    if (runner != null) {
      try {
        windows.processes().terminate(runner.process(), 1);
      } catch (WindowsCallException e) {
        LOG.debug("the runner cannot be ended; its job is closed", e);
      }
      runner.thread().close();
      runner.process().close();
    }
  }

  /** This user owns the pipes; the runner's user reads and writes them. */
  private static byte[] descriptor(WindowsSystem windows, Sid expected)
      throws WindowsCallException {
    try (Handle own = windows.tokens().ofThisProcess()) {
      Sid user = windows.tokens().facts(own).user();
      return AccessControlList.of(
              new Ace(Ace.Type.ALLOW, user, AccessMask.GENERIC_ALL, Ace.Scope.OBJECT),
              new Ace(
                  Ace.Type.ALLOW,
                  expected,
                  AccessMask.GENERIC_READ | AccessMask.GENERIC_WRITE,
                  Ace.Scope.OBJECT))
          .descriptor(PROTECTED);
    }
  }

  private void greet(Sid expected) throws WindowsCallException, SandboxException {
    try {
      windows.administration().pipes().await(up, CONNECT_MILLIS, this::runs);
      windows.administration().pipes().await(down, CONNECT_MILLIS, this::runs);
    } catch (WindowsCallException e) {
      throw new SandboxException("runner: it does not answer: " + ending(e), e);
    }
    for (Handle pipe : new Handle[] {up, down}) {
      int client = windows.administration().pipes().client(pipe);
      if (client != runner.pid()) {
        throw new SandboxException(
            "runner: process " + client + " answers, not the runner, " + runner.pid());
      }
    }
    try {
      if (!(channel.first(frames::receive) instanceof Message.Hello first)) {
        throw new SandboxException("runner: it does not identify itself");
      }
      RemoteChannel.checkVersion(first.version(), Message.VERSION);
      profile = first.profile();
      Sid user = windows.administration().pipes().user(up);
      if (!user.equals(expected)) {
        throw new SandboxException("runner: it runs as " + user + ", not as " + expected);
      }
    } catch (ChannelException e) {
      throw new SandboxException(
          "runner: "
              + e.getMessage()
              + (e.kind() == ChannelException.Kind.VERSION ? "; run: ringfence windows setup" : ""),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("runner: interrupted", e);
    }
    channel.start(
        "ringfence-runner-" + runner.pid(),
        this::heard,
        gone -> ends.values().forEach(end -> end.completeExceptionally(failure(gone))));
  }

  private static SandboxException failure(ChannelException e) {
    return new SandboxException(e.getMessage(), e);
  }

  private boolean runs() {
    try {
      return !windows.processes().await(runner.process(), 0);
    } catch (WindowsCallException e) {
      return true;
    }
  }

  private String ending(WindowsCallException e) {
    try {
      int code = windows.processes().exitCode(runner.process());
      return code == Processes.STILL_ACTIVE
          ? e.getMessage()
          : "it ended with " + WindowsError.describe(code);
    } catch (WindowsCallException unknown) {
      return e.getMessage();
    }
  }

  private void heard(Message message) throws IOException {
    if (message instanceof Message.Answer answer) {
      channel.answered(answer.number(), answer);
    } else if (message instanceof Message.Failure failure) {
      channel.answered(failure.number(), failure);
    } else if (message instanceof Message.Ended ended) {
      end(ended.command()).complete(ended.exitCode());
    } else {
      throw new IOException("it sends a message that no runner sends");
    }
  }

  /** Returns the end of a command's first process. */
  CompletableFuture<Integer> end(int command) {
    CompletableFuture<Integer> end =
        ends.computeIfAbsent(command, number -> new CompletableFuture<>());
    // After the runner's end no message arrives; ends received earlier remain.
    channel.over().ifPresent(gone -> end.completeExceptionally(failure(gone)));
    return end;
  }

  void forget(int command) {
    ends.remove(command);
  }

  /** Returns a number that is unique on this connection. */
  public int number() {
    return channel.number();
  }

  /** Returns the variables of the runner's user. */
  public Map<String, String> profile() {
    return profile;
  }

  /** Duplicates a handle into the runner. */
  long give(Handle handle) throws WindowsCallException {
    return windows.processes().duplicateInto(handle, runner.process());
  }

  public long ask(Message.Question question) throws WindowsCallException, SandboxException {
    try {
      Message answer = channel.ask(question.number(), question);
      if (answer instanceof Message.Failure failure) {
        if (failure.call().isEmpty()) {
          throw new SandboxException(failure.text());
        }
        throw new WindowsCallException(failure.call(), failure.code());
      }
      return ((Message.Answer) answer).value();
    } catch (ChannelException e) {
      throw failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while the runner was asked", e);
    }
  }

  /** Ends the runner and all of its commands. */
  @Override
  public void close() {
    channel.close();
    // The runner closes its commands when the pipe closes; past the time limit it is ended. Closing
    // waits for a write that a runner which reads nothing holds up.
    Thread closing = new Thread(output::close, "ringfence-runner-close");
    closing.setDaemon(true);
    closing.start();
    try {
      windows.processes().await(runner.process(), LAST_MILLIS);
    } catch (WindowsCallException e) {
      LOG.debug("the runner cannot be waited for and is ended", e);
    }
    // Its job ends it at the latest, and its end closes its commands' jobs.
    endRunner(windows, runner);
    job.close();
    try {
      closing.join(LAST_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    input.close();
  }
}
