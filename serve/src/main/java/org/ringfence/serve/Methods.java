package org.ringfence.serve;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.TerminalSize;
import org.ringfence.event.json.OutcomeJson;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.serve.RpcException.Kind;
import org.ringfence.serve.json.JsonLine;
import org.ringfence.text.line.Outbox;

/** The methods of a connection, and its sandboxes. Thread-safe. */
final class Methods implements AutoCloseable {
  private static final int MOST_SANDBOXES = 64;
  private static final long MOST_DECISION_MILLIS = Duration.ofHours(1).toMillis();
  static final List<String> NAMES =
      List.of(
          "initialize",
          "sandbox/open",
          "sandbox/close",
          "command/run",
          "command/start",
          "command/write",
          "command/signal",
          "command/resize",
          "command/wait");

  private static final List<String> EVENTS =
      List.of("denials", "decidedDenials", "programs", "connections");

  private final Outbox outbox;
  private final Executor threads;
  private final HostQuestions questions;
  private final AtomicLong numbers = new AtomicLong();
  private final Map<String, ServedSandbox> sandboxes = new ConcurrentHashMap<>();
  private boolean closed;

  Methods(Outbox outbox, Executor threads) {
    this.outbox = outbox;
    this.threads = threads;
    questions = new HostQuestions(outbox);
  }

  /** A method's result, and an action that follows once the result is sent. */
  record Outcome(CompletableFuture<Object> result, Runnable afterwards) {
    static Outcome of(Object result) {
      return new Outcome(CompletableFuture.completedFuture(result), () -> {});
    }
  }

  HostQuestions questions() {
    return questions;
  }

  /** Returns whether a method may take long, so that it needs a thread of its own. */
  static boolean mayTakeLong(String method) {
    return List.of("sandbox/open", "sandbox/close", "command/run", "command/start")
        .contains(method);
  }

  Outcome call(String method, Params params) throws RpcException {
    try {
      return called(method, params);
    } catch (InvalidPolicyException e) {
      throw new RpcException(Kind.INVALID_POLICY, e);
    } catch (IllegalArgumentException e) {
      throw new RpcException(Kind.INVALID_PARAMS, e);
    } catch (SandboxRefusedException e) {
      throw new RpcException(Kind.REFUSED, e);
    } catch (CommandNotFoundException e) {
      throw new RpcException(Kind.COMMAND_NOT_FOUND, e);
    } catch (IllegalStateException | IOException e) {
      throw new RpcException(Kind.FAILED, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RpcException(Kind.FAILED, "the server is closing");
    }
  }

  private Outcome called(String method, Params params)
      throws RpcException, IOException, InterruptedException {
    switch (method) {
      case "sandbox/open":
        return Outcome.of(open(params));
      case "sandbox/close":
        ServedSandbox closing = sandbox(params);
        params.end();
        sandboxes.values().remove(closing);
        closing.close();
        return Outcome.of(Map.of());
      case "command/run":
        return Outcome.of(sandbox(params).run(params));
      case "command/start":
        ServedCommand started = sandbox(params).start(params);
        return new Outcome(
            CompletableFuture.completedFuture(Map.of("command", started.number())), started::begin);
      case "command/wait":
        ServedSandbox in = sandbox(params);
        ServedCommand awaited = command(params);
        params.end();
        return new Outcome(awaited.end(), () -> in.forget(awaited));
      case "command/write":
        ServedCommand written = command(params);
        byte[] data = ServedSandbox.bytes("data", params.optionalText("data").orElse(""));
        boolean end = params.flag("end");
        params.end();
        return new Outcome(written.write(data, end), () -> {});
      case "command/signal":
        ServedCommand signalled = command(params);
        String signal = params.text("signal");
        params.end();
        signalled.signal(signal);
        return Outcome.of(Map.of());
      case "command/resize":
        ServedCommand resized = command(params);
        TerminalSize size = ServedSandbox.size(params);
        params.end();
        resized.resize(size);
        return Outcome.of(Map.of());
      default:
        throw new RpcException(Kind.UNKNOWN_METHOD, "there is no method '" + method + "'");
    }
  }

  private ServedSandbox sandbox(Params params) throws RpcException {
    String id = params.text("sandbox");
    ServedSandbox sandbox = sandboxes.get(id);
    if (sandbox == null) {
      throw new RpcException(Kind.UNKNOWN_SANDBOX, "there is no open sandbox '" + id + "'");
    }
    return sandbox;
  }

  private ServedCommand command(Params params) throws RpcException {
    ServedSandbox sandbox = sandbox(params);
    return sandbox.command(params.demandedNumber("command", 1, Long.MAX_VALUE));
  }

  private Map<String, Object> open(Params params) throws RpcException, SandboxException {
    if (sandboxes.size() >= MOST_SANDBOXES) {
      throw new RpcException(Kind.TOO_MUCH, MOST_SANDBOXES + " sandboxes are open; close one");
    }
    String id = "s" + numbers.incrementAndGet();
    Sandbox.Opener opener = Sandbox.opener(policy(params)).workspace(path(params));
    opener.backend(params.optionalText("backend").orElse(null));
    for (String event : params.texts("events")) {
      switch (event) {
        case "denials" ->
            opener.onDenied(
                denial -> send("sandbox/denied", id, denial.command(), OutcomeJson.of(denial)));
        case "decidedDenials" ->
            opener.onDecidedDenial(
                denial -> send("sandbox/denied", id, denial.command(), OutcomeJson.of(denial)));
        case "programs" ->
            opener.onExecuted(
                program ->
                    send("sandbox/executed", id, program.command(), OutcomeJson.of(program)));
        case "connections" ->
            opener.onConnection(
                decided ->
                    send("sandbox/connection", id, decided.command(), OutcomeJson.of(decided)));
        default -> throw Params.invalid("events", String.join(", ", EVENTS));
      }
    }
    opener.onDropped(
        count ->
            send(
                "sandbox/dropped",
                id,
                0,
                Map.of(
                    "denials", count.violations(),
                    "programs", count.commands(),
                    "connections", count.connections())));
    OptionalLong decide = params.number("decideHostsMillis", 1, MOST_DECISION_MILLIS);
    params.end();
    if (decide.isPresent()) {
      Duration patience = Duration.ofMillis(decide.getAsLong());
      opener.onUnlistedHost(request -> questions.ask(id, request, patience), patience);
    }
    ServedSandbox opened = new ServedSandbox(id, opener.open(), outbox, threads);
    synchronized (this) {
      if (!closed) {
        sandboxes.put(id, opened);
        return Map.of("sandbox", id, "backend", opened.backend());
      }
    }
    opened.close();
    throw new RpcException(Kind.FAILED, "the server is closing");
  }

  private static SandboxPolicy policy(Params params) throws RpcException {
    List<String> parts = new ArrayList<>();
    for (Object part : params.oneOrMore("policy")) {
      if (part instanceof Map) {
        parts.add(JsonLine.text(part));
      } else if (part instanceof String name) {
        parts.add(name);
      } else {
        throw Params.invalid("policy", "presets' names, files' paths and policies");
      }
    }
    if (parts.isEmpty()) {
      throw Params.invalid("policy", "a preset's name, such as workspace-write, or a policy");
    }
    return PolicyReader.combined(parts);
  }

  private static Path path(Params params) throws RpcException {
    Optional<Path> path;
    try {
      path = params.optionalText("workspace").map(Path::of);
    } catch (InvalidPathException e) {
      throw Params.invalid("workspace", "an absolute path");
    }
    return path.filter(Path::isAbsolute)
        .orElseThrow(() -> Params.invalid("workspace", "an absolute path"));
  }

  /** Sends an event: a host that does not read delays this hook, and later events are counted. */
  private void send(String method, String sandbox, long command, Map<String, ?> event) {
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("sandbox", sandbox);
    if (command != 0) {
      params.put("command", command);
    }
    params.putAll(event);
    try {
      outbox.await(Messages.notification(method, params));
    } catch (IOException e) {
      // Only the end of the connection closes the outbox, and then no host reads events.
      return;
    }
  }

  @Override
  public void close() {
    List<ServedSandbox> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(sandboxes.values());
    }
    questions.close();
    all.forEach(ServedSandbox::close);
    sandboxes.clear();
  }
}
