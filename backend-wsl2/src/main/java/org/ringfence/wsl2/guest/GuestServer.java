package org.ringfence.wsl2.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.Backends;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.EnvironmentPolicy;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.path.PathContext;
import org.ringfence.wsl2.channel.GuestChannel;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.ringfence.wsl2.plan.DoorMounts;
import org.ringfence.wsl2.plan.DoorTrial;
import org.ringfence.wsl2.plan.GuestEnvironment;
import org.ringfence.wsl2.plan.GuestFacts;
import org.ringfence.wsl2.plan.WslDoubts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens sandboxes of bubblewrap and starts their commands for the other side. */
final class GuestServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuestServer.class);
  private static final String BACKEND = "bubblewrap";

  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

  private final GuestChannel channel;
  private final BubblewrapBackend bubblewrap = new BubblewrapBackend();
  private final Map<Integer, Sandbox> sandboxes = new ConcurrentHashMap<>();
  private final Map<Integer, GuestDoors> doors = new ConcurrentHashMap<>();
  private final Map<Integer, GuestCommand> commands = new ConcurrentHashMap<>();
  private final Map<Integer, CompletableFuture<HostVerdict>> asked = new ConcurrentHashMap<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private final ExecutorService answering =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "ringfence-guest");
            thread.setDaemon(true);
            return thread;
          });

  GuestServer(GuestChannel channel) {
    this.channel = channel;
  }

  void serve() throws IOException {
    channel.send(new GuestMessage.Hello(GuestMessage.VERSION));
    Optional<GuestChannel.Received> received = channel.receive();
    while (received.isPresent()) {
      if (received.get() instanceof GuestChannel.Data data) {
        GuestCommand command = commands.get(data.command());
        if (command != null) {
          command.input(data.bytes());
        }
      } else if (received.get() instanceof GuestChannel.Said said) {
        heard(said.message());
      }
      received = channel.receive();
    }
  }

  private void heard(GuestMessage message) throws IOException {
    if (message instanceof GuestMessage.Question question) {
      // A slow question delays no other.
      answering.execute(() -> tell(answered(question)));
    } else if (message instanceof GuestMessage.Credit credit) {
      Optional.ofNullable(commands.get(credit.command()))
          .ifPresent(command -> command.more(credit.stream(), credit.bytes()));
    } else if (message instanceof GuestMessage.End end) {
      Optional.ofNullable(commands.get(end.command()))
          .ifPresent(command -> command.end(end.forcibly()));
    } else if (message instanceof GuestMessage.HostAnswer answer) {
      Optional.ofNullable(asked.remove(answer.number()))
          .ifPresent(waiting -> waiting.complete(HostVerdict.valueOf(answer.verdict())));
    } else if (message instanceof GuestMessage.Resize size) {
      Optional.ofNullable(commands.get(size.command()))
          .ifPresent(command -> command.resize(size.columns(), size.rows()));
    } else {
      throw new IOException("a guest is asked, not told");
    }
  }

  /** Asks the other side about a host. */
  HostVerdict verdict(int sandbox, HostRequest request, long millis) {
    int number = numbers.incrementAndGet();
    CompletableFuture<HostVerdict> waiting = new CompletableFuture<>();
    asked.put(number, waiting);
    try {
      tell(
          new GuestMessage.AskHost(
              number,
              sandbox,
              request.host(),
              request.port(),
              request.pid(),
              request.executable(),
              request.command()));
      return waiting.get(millis, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return HostVerdict.DENY;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return HostVerdict.DENY;
    } finally {
      asked.remove(number);
    }
  }

  /** Sends a message. If that fails the other side has gone, and this process is about to end. */
  void tell(GuestMessage message) {
    try {
      channel.send(message);
    } catch (IOException e) {
      LOG.debug("the other side has gone", e);
    }
  }

  private GuestMessage answered(GuestMessage.Question question) {
    int number = question.number();
    try {
      if (question instanceof GuestMessage.Plan plan) {
        return planned(plan);
      } else if (question instanceof GuestMessage.Open open) {
        open(open);
        return new GuestMessage.Answer(number, 0);
      } else if (question instanceof GuestMessage.Start start) {
        return new GuestMessage.Answer(number, start(start));
      } else if (question instanceof GuestMessage.Flush flush) {
        return new GuestMessage.Answer(number, flushed(flush) ? 1 : 0);
      } else if (question instanceof GuestMessage.Close close) {
        close(close.sandbox());
        return new GuestMessage.Answer(number, 0);
      }
      throw new IOException("an unknown question");
    } catch (CommandNotFoundException e) {
      return new GuestMessage.Failure(
          number, GuestMessage.Kind.COMMAND_NOT_FOUND, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      return new GuestMessage.Failure(
          number, GuestMessage.Kind.OTHER, String.valueOf(e.getMessage()));
    }
  }

  private boolean flushed(GuestMessage.Flush asked) throws IOException {
    Sandbox sandbox = sandboxes.get(asked.sandbox());
    try {
      return sandbox == null || sandbox.flushEvents(Duration.ofMillis(asked.millis()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static SandboxPolicy policy(String json) {
    return PolicyReader.parse("policy", json);
  }

  private GuestMessage planned(GuestMessage.Plan asked) throws IOException {
    PathContext places = PathContext.current(Path.of(asked.workspace()));
    EffectivePolicy placed =
        EffectivePolicy.of(
            DoorMounts.shut(policy(asked.policy()), places, GuestDoors.mounted()), places);
    SandboxPlan plan = bubblewrap.plan(placed);
    return new GuestMessage.Planned(
        asked.number(),
        plan.availability().usable(),
        plan.availability().reasons(),
        plan.availability().remedies(),
        withBoot(plan.availability().facts()),
        WslDoubts.withUntriedDoors(plan.guarantees(), DoorTrial.problem(placed)));
  }

  /** Adds which start of the virtual machine this is: the other side may know an earlier one. */
  private static Map<String, String> withBoot(Map<String, String> facts) {
    Map<String, String> more = new LinkedHashMap<>(facts);
    try {
      more.put(GuestFacts.BOOT, Files.readString(BOOT).strip());
    } catch (IOException e) {
      more.put(GuestFacts.BOOT, "");
    }
    return more;
  }

  private void open(GuestMessage.Open asked) throws IOException {
    Path workspace = Path.of(asked.workspace());
    PathContext places = PathContext.current(workspace);
    List<String> mounted = GuestDoors.mounted();
    SandboxPolicy policy = DoorMounts.shut(policy(asked.policy()), places, mounted);
    GuestDoors known = new GuestDoors(EffectivePolicy.of(policy, places), mounted);
    EnvironmentPolicy environment = GuestEnvironment.of(known.policy(), System.getenv());
    PolicyBuilder inside = policy.toBuilder().excludeVariables(environment.exclude());
    environment.set().forEach(inside::variable);
    if (!policy.strictness().accepts(Guarantee.WSL_DOORS)) {
      known.demandShut(() -> opener(inside, workspace).open());
    }
    Sandbox opened = opener(inside, workspace).sink(new GuestSink(this, asked)).open();
    doors.put(asked.sandbox(), known);
    sandboxes.put(asked.sandbox(), opened);
  }

  private Sandbox.Opener opener(PolicyBuilder inside, Path workspace) {
    return Sandbox.opener(inside.build())
        .workspace(workspace)
        .backends(Backends.of(List.of(bubblewrap)))
        .backend(BACKEND);
  }

  private long start(GuestMessage.Start asked) throws IOException {
    Sandbox sandbox = sandboxes.get(asked.sandbox());
    if (sandbox == null) {
      throw new IOException("the sandbox has been closed");
    }
    doors.get(asked.sandbox()).demandKnown();
    SandboxCommand command =
        SandboxCommand.of(asked.words())
            .commandId(asked.commandId())
            .directory(Path.of(asked.directory()))
            .redirectErrorStream(asked.mergeError());
    for (Map.Entry<String, String> variable : asked.variables().entrySet()) {
      command = command.environment(variable.getKey(), variable.getValue());
    }
    if (asked.timeoutMillis() >= 0) {
      command = command.timeout(Duration.ofMillis(asked.timeoutMillis()));
    }
    if (asked.columns() > 0) {
      command = command.terminal(new TerminalSize(asked.rows(), asked.columns()));
    }
    SandboxedProcess process = sandbox.start(command);
    GuestCommand running = new GuestCommand(channel, asked.sandbox(), asked.command(), process);
    commands.put(asked.command(), running);
    running.run(
        ended -> {
          tell(ended);
          commands.remove(asked.command());
        });
    return process.pid();
  }

  /** Ends a sandbox. The answer follows the ends of its commands, whose processes have ended. */
  private void close(int number) throws IOException {
    Sandbox closing = sandboxes.remove(number);
    doors.remove(number);
    if (closing == null) {
      return;
    }
    closing.close();
    try {
      for (GuestCommand command : commands.values()) {
        if (command.sandbox() == number) {
          command.awaitEnd();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Ends all sandboxes. */
  @Override
  public void close() {
    sandboxes.values().forEach(Sandbox::close);
  }
}
