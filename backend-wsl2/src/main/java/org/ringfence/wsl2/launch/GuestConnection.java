package org.ringfence.wsl2.launch;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.spi.EventSink;
import org.ringfence.wsl2.channel.GuestChannel;
import org.ringfence.wsl2.channel.GuestMessage;
import org.ringfence.wsl2.plan.WslText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A guest in a distribution, for all sandboxes of this process. Thread-safe. */
public final class GuestConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuestConnection.class);
  private static final int ANSWER_SECONDS = 60;

  private final Process process;
  private final GuestChannel channel;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<Integer, CompletableFuture<GuestMessage>> answers = new ConcurrentHashMap<>();
  private final Map<Integer, WslProcess> commands = new ConcurrentHashMap<>();
  private final Map<Integer, HeardEvents> sandboxes = new ConcurrentHashMap<>();
  private volatile String gone = "";

  private GuestConnection(Process process) {
    this.process = process;
    this.channel = new GuestChannel(process.getInputStream(), process.getOutputStream());
  }

  /**
   * Takes a guest over and receives its first message.
   *
   * @param process the guest's process: {@code wsl.exe}, or a program in its place
   * @return the connection
   * @throws SandboxException if it is no guest of this version
   */
  static GuestConnection of(Process process) throws SandboxException {
    GuestConnection connection = new GuestConnection(process);
    CompletableFuture<Void> greeted = new CompletableFuture<>();
    Thread thread = new Thread(() -> connection.run(greeted), "ringfence-wsl-guest");
    thread.setDaemon(true);
    thread.start();
    boolean done = false;
    try {
      greeted.get(ANSWER_SECONDS, TimeUnit.SECONDS);
      done = true;
      return connection;
    } catch (ExecutionException e) {
      throw new SandboxException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new SandboxException("the guest does not start in " + ANSWER_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while the guest started", e);
    } finally {
      if (!done) {
        connection.close();
      }
    }
  }

  private void run(CompletableFuture<Void> greeted) {
    try {
      greet();
      greeted.complete(null);
    } catch (IOException e) {
      gone = "the guest does not start: " + e.getMessage();
      greeted.completeExceptionally(new SandboxException(gone, e));
      return;
    }
    hear();
  }

  private void greet() throws IOException {
    byte[] noise = GuestChannel.awaitMark(process.getInputStream());
    if (noise.length > 0) {
      // Output of wsl.exe itself, or the reason why there is no guest.
      LOG.debug("before the guest: {}", WslText.of(noise));
    }
    Optional<GuestChannel.Received> first = channel.receive();
    if (first.isEmpty()
        || !(first.get() instanceof GuestChannel.Said said)
        || !(said.message() instanceof GuestMessage.Hello hello)) {
      throw new IOException("it does not say who it is");
    }
    if (hello.version() != GuestMessage.VERSION) {
      throw new IOException(
          "it speaks version " + hello.version() + ", this is " + GuestMessage.VERSION);
    }
  }

  private void hear() {
    String reason = "the guest has ended";
    try {
      Optional<GuestChannel.Received> received = channel.receive();
      while (received.isPresent()) {
        if (received.get() instanceof GuestChannel.Data data) {
          WslProcess command = commands.get(data.command());
          if (command != null) {
            command.received(data.stream(), data.bytes());
          }
        } else if (received.get() instanceof GuestChannel.Said said) {
          heard(said.message());
        }
        received = channel.receive();
      }
    } catch (IOException e) {
      reason = "the guest: " + e.getMessage();
    }
    gone = reason;
    SandboxException failed = new SandboxException(reason);
    answers.values().forEach(answer -> answer.completeExceptionally(failed));
    commands.values().forEach(WslProcess::lost);
  }

  private void heard(GuestMessage message) throws IOException {
    if (message instanceof GuestMessage.Ended ended) {
      WslProcess command = commands.remove(ended.command());
      if (command != null) {
        afterTold(command, () -> command.ended(ended));
      }
    } else if (message instanceof GuestMessage.Credit credit) {
      WslProcess command = commands.get(credit.command());
      if (command != null) {
        command.room(credit.bytes());
      }
    } else if (sandboxOf(message) != 0) {
      HeardEvents hearer = sandboxes.get(sandboxOf(message));
      if (hearer != null) {
        told(hearer, message);
      }
    } else {
      CompletableFuture<GuestMessage> asked = answers.remove(number(message));
      if (asked == null) {
        throw new IOException("it answers what nobody asked");
      }
      asked.complete(message);
    }
  }

  /** Reports an end after all events received before it. */
  private void afterTold(WslProcess command, Runnable then) {
    HeardEvents hearer = sandboxes.get(command.sandbox());
    if (hearer == null) {
      then.run();
    } else {
      hearer.afterTold(then);
    }
  }

  /** Waits until the listener has received all reports of a sandbox. */
  boolean flush(int sandbox, Duration patience) throws InterruptedException {
    HeardEvents hearer = sandboxes.get(sandbox);
    return hearer == null || hearer.flush(patience);
  }

  /** Returns the sandbox that a message reports on; 0 for none. */
  private static int sandboxOf(GuestMessage message) {
    if (message instanceof GuestMessage.Denied denied) {
      return denied.sandbox();
    } else if (message instanceof GuestMessage.Executed executed) {
      return executed.sandbox();
    } else if (message instanceof GuestMessage.Connected connected) {
      return connected.sandbox();
    } else if (message instanceof GuestMessage.Dropped dropped) {
      return dropped.sandbox();
    } else if (message instanceof GuestMessage.AskHost asked) {
      return asked.sandbox();
    }
    return 0;
  }

  private void told(HeardEvents hearer, GuestMessage message) {
    if (message instanceof GuestMessage.AskHost asked) {
      hearer.ask(
          asked,
          verdict -> {
            try {
              channel.send(new GuestMessage.HostAnswer(asked.number(), verdict.name()));
            } catch (IOException e) {
              LOG.debug("the guest has gone", e);
            }
          });
    } else {
      hearer.tell(message);
    }
  }

  private static int number(GuestMessage message) throws IOException {
    if (message instanceof GuestMessage.Answer answer) {
      return answer.number();
    } else if (message instanceof GuestMessage.Failure failure) {
      return failure.number();
    } else if (message instanceof GuestMessage.Planned planned) {
      return planned.number();
    }
    throw new IOException("it says what a guest does not say");
  }

  /** Returns a number that is unique in this connection. */
  int number() {
    return numbers.incrementAndGet();
  }

  boolean alive() {
    return gone.isEmpty() && process.isAlive();
  }

  GuestMessage ask(GuestMessage.Question question) throws SandboxException {
    CompletableFuture<GuestMessage> answer = new CompletableFuture<>();
    answers.put(question.number(), answer);
    try {
      if (!gone.isEmpty()) {
        throw new SandboxException(gone);
      }
      channel.send(question);
      GuestMessage told = answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
      if (told instanceof GuestMessage.Failure failure) {
        throw failed(question, failure);
      }
      return told;
    } catch (ExecutionException e) {
      throw new SandboxException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new SandboxException("the guest does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while the guest was asked", e);
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("the guest: " + e.getMessage(), e);
    } finally {
      answers.remove(question.number());
    }
  }

  private static SandboxException failed(
      GuestMessage.Question question, GuestMessage.Failure failure) {
    if (failure.kind() == GuestMessage.Kind.COMMAND_NOT_FOUND
        && question instanceof GuestMessage.Start start) {
      String name = start.words().get(0);
      // Its message begins with the same words as this side's.
      String reason = failure.text().replace("command '" + name + "': ", "");
      return new CommandNotFoundException(name, reason);
    }
    return new SandboxException(failure.text());
  }

  void tell(GuestMessage message) throws IOException {
    channel.send(message);
  }

  GuestChannel channel() {
    return channel;
  }

  void put(int number, WslProcess command) {
    commands.put(number, command);
  }

  void forget(int number) {
    commands.remove(number);
  }

  void hears(int sandbox, EventSink listener) {
    sandboxes.put(sandbox, new HeardEvents(listener));
  }

  void forgetSandbox(int sandbox) {
    HeardEvents hearer = sandboxes.remove(sandbox);
    if (hearer != null) {
      hearer.close();
    }
  }

  /** Ends the guest: its input ends, and with it all processes that it has started. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
