package org.ringfence.wsl2.java;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.kit.remote.ChannelException;
import org.ringfence.kit.remote.RemoteChannel;
import org.ringfence.spi.EventSink;
import org.ringfence.wsl2.channel.GuestChannel;
import org.ringfence.wsl2.channel.GuestChannel.Data;
import org.ringfence.wsl2.channel.GuestChannel.Received;
import org.ringfence.wsl2.channel.GuestChannel.Said;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.ringfence.wsl2.distribution.WslProgram;
import org.ringfence.wsl2.plan.WslText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A guest in a distribution, for all sandboxes of this process. Thread-safe. */
public final class GuestConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuestConnection.class);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int LAST_SECONDS = 10;

  private final Process process;
  private final GuestChannel frames;
  private final RemoteChannel<Received> channel;
  private final Map<Integer, WslProcess> commands = new ConcurrentHashMap<>();
  private final Map<Integer, EventDispatcher> sandboxes = new ConcurrentHashMap<>();

  private GuestConnection(Process process) {
    this.process = process;
    this.frames = new GuestChannel(process.getInputStream(), process.getOutputStream());
    this.channel = new RemoteChannel<>("the guest", frames, PATIENCE);
  }

  /**
   * Returns the words after {@code wsl.exe} that start a JVM in a distribution. A distribution may
   * set no locale, and in the POSIX locale a JVM finds no file with a letter beyond ASCII in its
   * name; {@code SandboxCommand} takes the variable away from commands again. No sandbox confines
   * the JVM, and commands write into the directory that wsl.exe starts in, where a relative entry
   * of the path would look for Java.
   */
  static List<String> java(String distribution, String classPath, String main) {
    return List.of(
        "-d",
        distribution,
        "--exec",
        "/bin/sh",
        "-c",
        "cd / && LC_ALL=C.UTF-8 RINGFENCE_OUTER_UNSET=LC_ALL exec java \"$@\"",
        "sh",
        "-XX:+UseSerialGC",
        // Its warnings would go between the frames.
        "-Xlog:disable",
        "-cp",
        classPath,
        main);
  }

  /**
   * Starts a guest in a distribution.
   *
   * @param program starts programs there
   * @param distribution its name
   * @param classPath the class path of this process, by its names there
   * @return the guest
   * @throws SandboxException if it does not start
   */
  static GuestConnection start(WslProgram program, String distribution, String classPath)
      throws SandboxException {
    try {
      return of(program.start(java(distribution, classPath, "org.ringfence.wsl2.guest.GuestMain")));
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("wsl.exe: " + e.getMessage(), e);
    }
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
    boolean done = false;
    try {
      connection.greet();
      done = true;
      return connection;
    } catch (ChannelException e) {
      throw new SandboxException("the guest does not start: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while the guest started", e);
    } finally {
      if (!done) {
        connection.close();
      }
    }
  }

  private void greet() throws ChannelException, InterruptedException {
    if (!(channel.first(this::afterMark) instanceof Said said)
        || !(said.message() instanceof GuestMessage.Hello hello)) {
      throw new ChannelException(ChannelException.Kind.MALFORMED, "it does not identify itself");
    }
    RemoteChannel.checkVersion(hello.version(), GuestMessage.VERSION);
    channel.start(
        "ringfence-wsl-guest", this::heard, gone -> commands.values().forEach(WslProcess::lost));
  }

  private Optional<Received> afterMark() throws IOException {
    byte[] noise = GuestChannel.awaitMark(process.getInputStream());
    if (noise.length > 0) {
      // Output of wsl.exe itself, or the reason why there is no guest.
      LOG.debug("before the guest: {}", WslText.of(noise));
    }
    return frames.receive();
  }

  private void heard(Received received) throws IOException {
    if (received instanceof Data data) {
      WslProcess command = commands.get(data.command());
      if (command != null) {
        command.received(data.stream(), data.bytes());
      }
    } else if (received instanceof Said said) {
      heard(said.message());
    }
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
      EventDispatcher hearer = sandboxes.get(sandboxOf(message));
      if (hearer != null) {
        told(hearer, message);
      }
    } else {
      channel.answered(number(message), new Said(message));
    }
  }

  /** Reports an end after all events received before it. */
  private void afterTold(WslProcess command, Runnable then) {
    EventDispatcher hearer = sandboxes.get(command.sandbox());
    if (hearer == null) {
      then.run();
    } else {
      hearer.afterTold(then);
    }
  }

  /** Waits until the listener has received all reports of a sandbox. */
  boolean flush(int sandbox, Duration patience) throws InterruptedException {
    EventDispatcher hearer = sandboxes.get(sandbox);
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

  private void told(EventDispatcher hearer, GuestMessage message) {
    if (message instanceof GuestMessage.AskHost asked) {
      hearer.ask(
          asked,
          verdict -> {
            try {
              tell(new GuestMessage.HostAnswer(asked.number(), verdict.name()));
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
    throw new IOException("it sends a message that no guest sends");
  }

  /** Returns a number that is unique in this connection. */
  int number() {
    return channel.number();
  }

  boolean alive() {
    return channel.over().isEmpty() && process.isAlive();
  }

  GuestMessage ask(GuestMessage.Question question) throws SandboxException {
    try {
      Received told = channel.ask(question.number(), new Said(question));
      GuestMessage answer = ((Said) told).message();
      if (answer instanceof GuestMessage.Failure failure) {
        throw failed(question, failure);
      }
      return answer;
    } catch (ChannelException e) {
      throw new SandboxException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while the guest was asked", e);
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
    channel.tell(new Said(message));
  }

  /** Returns the channel that carries the bytes of commands. */
  GuestChannel channel() {
    return frames;
  }

  void put(int number, WslProcess command) {
    commands.put(number, command);
  }

  void forget(int number) {
    commands.remove(number);
  }

  void hears(int sandbox, EventSink listener) {
    sandboxes.put(sandbox, new EventDispatcher(listener));
  }

  void forgetSandbox(int sandbox) {
    EventDispatcher hearer = sandboxes.remove(sandbox);
    if (hearer != null) {
      hearer.close();
    }
  }

  /** Ends the guest: its input ends, and with it all processes that it has started. */
  @Override
  public void close() {
    // Closing waits for a write that a guest which reads nothing holds up.
    Thread closing = new Thread(this::closeInput, "ringfence-wsl-close");
    closing.setDaemon(true);
    closing.start();
    try {
      if (!process.waitFor(LAST_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void closeInput() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      LOG.debug("the guest has gone", e);
      process.destroyForcibly();
    }
  }
}
