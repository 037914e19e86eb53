package org.ringfence.windows.runner;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.SandboxException;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.channel.FrameChannel;
import org.ringfence.windows.channel.Message;
import org.ringfence.windows.command.PipeInput;
import org.ringfence.windows.command.PipeOutput;
import org.ringfence.windows.system.Failures;
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
  private static final int ANSWER_SECONDS = 60;
  private static final int LAST_MILLIS = 5_000;
  private static final byte[] PROTECTED = {1, 0, 0x04, (byte) 0x90};

  private final WindowsSystem windows;
  private final Processes.Started runner;
  private final Handle job;
  private final Handle up;
  private final Handle down;
  private final PipeInput input;
  private final PipeOutput output;
  private final FrameChannel channel;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<Integer, CompletableFuture<Long>> answers = new ConcurrentHashMap<>();
  private final Map<Integer, CompletableFuture<Integer>> ends = new ConcurrentHashMap<>();
  private Map<String, String> profile = Map.of();
  private volatile boolean closed;

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
    this.input = new PipeInput(windows.processes(), up);
    this.output = new PipeOutput(windows.processes(), down);
    this.channel = new FrameChannel(input, output);
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
      throw Failures.cannot("runner", e);
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
    try (Handle token = windows.tokens().of(runner.process())) {
      Sid user = windows.tokens().facts(token).user();
      if (!user.equals(expected)) {
        throw new SandboxException("runner: it runs as " + user + ", not as " + expected);
      }
    }
    try {
      Optional<Message> hello = first();
      if (hello.isEmpty() || !(hello.get() instanceof Message.Hello first)) {
        throw new SandboxException("runner: it does not say who it is");
      }
      if (first.version() != Message.VERSION) {
        throw new SandboxException(
            "runner: it speaks version "
                + first.version()
                + ", this is "
                + Message.VERSION
                + "; run: ringfence windows setup");
      }
      profile = first.profile();
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("runner: " + e.getMessage(), e);
    }
    Thread thread = new Thread(this::hear, "ringfence-runner-" + runner.pid());
    thread.setDaemon(true);
    thread.start();
  }

  /** Limits the wait for a client that connects and sends nothing. */
  private Optional<Message> first() throws IOException {
    FutureTask<Optional<Message>> hearing = new FutureTask<>(channel::receive);
    Thread thread = new Thread(hearing, "ringfence-runner-greeting");
    thread.setDaemon(true);
    thread.start();
    try {
      return hearing.get(CONNECT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("it says nothing", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
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

  private void hear() {
    String reason = "the runner has ended";
    try {
      Optional<Message> message = channel.receive();
      while (message.isPresent()) {
        heard(message.get());
        message = channel.receive();
      }
    } catch (IOException e) {
      reason = "the runner: " + e.getMessage();
    }
    closed = true;
    SandboxException gone = new SandboxException(reason);
    answers.values().forEach(answer -> answer.completeExceptionally(gone));
    ends.values().forEach(end -> end.completeExceptionally(gone));
  }

  private void heard(Message message) throws IOException {
    if (message instanceof Message.Answer answer) {
      take(answer.number()).complete(answer.value());
    } else if (message instanceof Message.Failure failure) {
      take(failure.number())
          .completeExceptionally(
              failure.call().isEmpty()
                  ? new SandboxException(failure.text())
                  : new WindowsCallException(failure.call(), failure.code()));
    } else if (message instanceof Message.Ended ended) {
      end(ended.command()).complete(ended.exitCode());
    } else {
      throw new IOException("it says what a runner does not say");
    }
  }

  private CompletableFuture<Long> take(int number) throws IOException {
    CompletableFuture<Long> asked = answers.remove(number);
    if (asked == null) {
      throw new IOException("it answers what nobody asked");
    }
    return asked;
  }

  /** Returns the end of a command's first process. */
  CompletableFuture<Integer> end(int command) {
    CompletableFuture<Integer> end =
        ends.computeIfAbsent(command, number -> new CompletableFuture<>());
    if (closed) {
      // After the runner's end no message arrives; ends received earlier remain.
      end.completeExceptionally(new SandboxException("the runner has ended"));
    }
    return end;
  }

  void forget(int command) {
    ends.remove(command);
  }

  /** Returns a number that is unique on this connection. */
  public int number() {
    return numbers.incrementAndGet();
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
    CompletableFuture<Long> answer = new CompletableFuture<>();
    answers.put(question.number(), answer);
    try {
      if (closed) {
        throw new SandboxException("the runner has ended");
      }
      channel.send(question);
      return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WindowsCallException call) {
        throw call;
      }
      throw new SandboxException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new SandboxException("the runner does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while the runner was asked", e);
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("the runner: " + e.getMessage(), e);
    } finally {
      answers.remove(question.number());
    }
  }

  /** Ends the runner and all of its commands. */
  @Override
  public void close() {
    closed = true;
    // The runner closes its commands when the pipe closes; past the time limit it is ended.
    output.close();
    try {
      windows.processes().await(runner.process(), LAST_MILLIS);
    } catch (WindowsCallException e) {
      LOG.debug("the runner cannot be waited for and is ended", e);
    }
    // Its job ends it at the latest, and its end closes its commands' jobs.
    endRunner(windows, runner);
    job.close();
    input.close();
  }
}
