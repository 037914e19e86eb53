package org.ringfence.windows.runner;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.ringfence.SandboxException;
import org.ringfence.TerminalSize;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.channel.FrameChannel;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.command.CommandHost;
import org.ringfence.windows.command.CommandRequest;
import org.ringfence.windows.command.LocalHost;
import org.ringfence.windows.command.PipeInputStream;
import org.ringfence.windows.command.PipeOutput;
import org.ringfence.windows.command.RunningCommand;
import org.ringfence.windows.confine.TokenConfinement;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.Jobs;
import org.ringfence.windows.system.NamedPipes.Direction;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the commands of one sandbox, as the sandbox's user. It ends with the process that started
 * it, and all commands with it: this process alone holds their jobs.
 */
public final class RunnerServer {
  private static final Logger LOG = LoggerFactory.getLogger(RunnerServer.class);

  private static final int CONSOLE_MILLIS = 1_000;

  /** Variables of the command's user that replace the caller's. */
  private static final List<String> PROFILE =
      List.of(
          "USERPROFILE",
          "HOMEDRIVE",
          "HOMEPATH",
          "APPDATA",
          "LOCALAPPDATA",
          "USERNAME",
          "USERDOMAIN");

  private final WindowsSystem windows;
  private final FrameChannel channel;
  private final RunnerProtection protection;
  private final Map<Integer, RunningCommand> commands = new ConcurrentHashMap<>();
  private final List<Thread> closing = new CopyOnWriteArrayList<>();
  private CommandHost host;

  private RunnerServer(WindowsSystem windows, FrameChannel channel, RunnerProtection protection) {
    this.windows = windows;
    this.channel = channel;
    this.protection = protection;
  }

  /**
   * Protects this process, connects, and answers requests until the other side closes.
   *
   * @param windows the system
   * @param pipes the name of both pipes, without their ends
   * @param environment the environment of this process
   * @throws IOException if a message of the other side is invalid
   * @throws WindowsCallException if the pipes cannot be opened, or this process not protected
   */
  public static void run(WindowsSystem windows, String pipes, Map<String, String> environment)
      throws IOException, WindowsCallException {
    RunnerProtection protection = new RunnerProtection(windows);
    protection.close();
    try (Handle up = windows.administration().pipes().open(pipes + "-up", Direction.IN);
        Handle down = windows.administration().pipes().open(pipes + "-down", Direction.OUT)) {
      FrameChannel channel =
          new FrameChannel(
              new PipeInputStream(windows.processes(), down),
              new PipeOutput(windows.processes(), up));
      Map<String, String> profile = new HashMap<>();
      for (String name : PROFILE) {
        Optional.ofNullable(environment.get(name)).ifPresent(value -> profile.put(name, value));
      }
      channel.send(
          new Message.Hello(Message.VERSION, (int) ProcessHandle.current().pid(), profile));
      RunnerServer server = new RunnerServer(windows, channel, protection);
      try {
        server.serve();
      } finally {
        server.end();
      }
    }
  }

  private void serve() throws IOException {
    Optional<Message> message = channel.receive();
    while (message.isPresent()) {
      if (!(message.get() instanceof Message.Question question)) {
        throw new IOException("a runner is asked, not told: " + message.get());
      }
      channel.send(answered(question));
      message = channel.receive();
    }
  }

  private Message answered(Message.Question question) {
    int number = question.number();
    try {
      return new Message.Answer(number, answer(question));
    } catch (WindowsCallException e) {
      return new Message.Failure(number, e.call(), e.code(), e.getMessage());
    } catch (IOException | IllegalArgumentException e) {
      return new Message.Failure(number, "", 0, String.valueOf(e.getMessage()));
    }
  }

  private long answer(Message.Question question) throws WindowsCallException, IOException {
    if (question instanceof Message.Start start) {
      return start(start);
    } else if (question instanceof Message.Act act) {
      return act(act);
    } else if (question instanceof Message.Confine confine) {
      confine(confine);
      return 0;
    } else if (question instanceof Message.IsFile file) {
      return LocalHost.isFile(windows, file.path()) ? 1 : 0;
    } else if (question instanceof Message.IsDirectory directory) {
      return LocalHost.isDirectory(windows, directory.path()) ? 1 : 0;
    } else if (question instanceof Message.Resize size) {
      command(size.command()).resize(size.columns(), size.rows());
      return 0;
    } else if (question instanceof Message.Reach reach) {
      return windows
          .administration()
          .sockets()
          .reach(reach.tcp(), InetAddress.getByName(reach.address()), reach.port());
    }
    if (question instanceof Message.Ping ping) {
      InetAddress address = InetAddress.getByName(ping.address());
      return windows.administration().sockets().ping(address) ? 1 : 0;
    }
    throw new IOException("an unknown question: " + question);
  }

  private CommandHost host() throws SandboxException {
    if (host == null) {
      throw new SandboxException("nothing confines commands yet");
    }
    return host;
  }

  private void confine(Message.Confine confine) throws SandboxException, WindowsCallException {
    end();
    Sid user;
    try (Handle own = windows.tokens().ofThisProcess()) {
      user = windows.tokens().facts(own).user();
    }
    Sid session = new Sid(confine.session());
    List<Sid> roots = confine.roots().stream().map(Sid::new).toList();
    host =
        new LocalHost(
            windows,
            TokenConfinement.make(
                windows,
                roots,
                session,
                new TokenConfinement.Choices(
                    confine.token(),
                    confine.everyone(),
                    confine.logon(),
                    confine.desktop(),
                    new ProcessMitigations(Set.copyOf(confine.mitigations()))),
                Optional.empty()),
            request -> protection.make(request, user, session));
  }

  private RunningCommand command(int number) throws SandboxException {
    RunningCommand command = commands.get(number);
    if (command == null) {
      throw new SandboxException("there is no command " + number);
    }
    return command;
  }

  private long start(Message.Start start) throws WindowsCallException, SandboxException {
    List<Handle> handles = new ArrayList<>();
    start.handles().forEach(number -> handles.add(windows.processes().adopt(number)));
    try {
      boolean terminal = start.columns() > 0;
      CommandRequest request =
          new CommandRequest(
              start.program(),
              start.line(),
              start.environment(),
              start.directory(),
              terminal ? List.of() : handles,
              terminal
                  ? Optional.of(
                      new CommandRequest.TerminalEnds(
                          new TerminalSize(start.rows(), start.columns()),
                          handles.get(0),
                          handles.get(1)))
                  : Optional.empty(),
              limits(start.limits()));
      RunningCommand running = host().start(request);
      commands.put(start.command(), running);
      return running.pid();
    } finally {
      // The command has its own handles; while these are open, the other side sees no end.
      handles.forEach(Handle::close);
    }
  }

  private static JobLimits limits(Message.Limits limits) {
    return new JobLimits(
        limits.killOnClose(),
        optional(limits.processes()),
        optional(limits.memory()),
        optional(limits.processCpuNanos()),
        limits.userInterface());
  }

  private static OptionalLong optional(long value) {
    return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
  }

  private long act(Message.Act act) throws WindowsCallException, SandboxException {
    RunningCommand command = command(act.command());
    switch (act.verb()) {
      case RESUME -> {
        command.resume();
        watch(act.command(), command);
      }
      case TERMINATE -> command.terminate();
      case CLOSE_CONSOLE -> closeConsole(command);
      case LEFT -> {
        return command.anyLeft() ? 1 : 0;
      }
      case CPU_NANOS -> {
        return used(command).cpuNanos();
      }
      case PEAK_MEMORY -> {
        return used(command).peakMemory();
      }
      case RELEASE -> {
        commands.remove(act.command());
        closeConsole(command);
        command.release(false);
      }
    }
    return 0;
  }

  private static Jobs.Used used(RunningCommand command) throws SandboxException {
    return command
        .used()
        .orElseThrow(() -> new SandboxException("its job does not tell its usage"));
  }

  /**
   * Closes a console on another thread: before Windows 11 24H2 this waits until the output has been
   * read, and other requests must not wait.
   */
  private void closeConsole(RunningCommand command) {
    Thread thread = new Thread(command::closeConsole, "ringfence-console");
    thread.setDaemon(true);
    closing.removeIf(other -> !other.isAlive());
    thread.start();
    closing.add(thread);
  }

  private void watch(int number, RunningCommand command) {
    Thread thread =
        new Thread(
            () -> {
              try {
                channel.send(new Message.Ended(number, command.await()));
              } catch (WindowsCallException | IOException | IllegalStateException e) {
                // The connection has closed, or the command has been released.
                LOG.debug("the end of command {} cannot be told", number, e);
              }
            },
            "ringfence-command-" + number);
    thread.setDaemon(true);
    thread.start();
  }

  private void end() throws SandboxException {
    for (Integer number : List.copyOf(commands.keySet())) {
      RunningCommand command = commands.remove(number);
      try {
        command.terminate();
      } catch (WindowsCallException e) {
        // Closing its job ends it as well.
        LOG.debug("command {} cannot be ended", number, e);
      }
      closeConsole(command);
      command.release(false);
    }
    // A console's process would outlive this one unless it is closed.
    for (Thread thread : List.copyOf(closing)) {
      try {
        thread.join(CONSOLE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      closing.remove(thread);
    }
    if (host != null) {
      host.close();
      host = null;
    }
  }
}
