package org.ringfence.serve;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.ringfence.CommandRun;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.TerminalSize;
import org.ringfence.event.json.OutcomeJson;
import org.ringfence.policy.Limits;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.text.line.Outbox;

/** An open sandbox of a host. Thread-safe. */
final class ServedSandbox implements AutoCloseable {
  private static final int MOST_COMMANDS = 32;
  private static final int MOST_OUTPUT = 4 << 20;
  private static final int USUAL_OUTPUT = 1 << 20;
  private static final long MOST_MILLIS = Duration.ofDays(30).toMillis();

  private final String id;
  private final Sandbox sandbox;
  private final Outbox outbox;
  private final Executor threads;
  private final Map<Long, ServedCommand> commands = new ConcurrentHashMap<>();

  ServedSandbox(String id, Sandbox sandbox, Outbox outbox, Executor threads) {
    this.id = id;
    this.sandbox = sandbox;
    this.outbox = outbox;
    this.threads = threads;
  }

  String backend() {
    return sandbox.plan().backend();
  }

  /** Runs a command to its end. */
  Map<String, Object> run(Params params)
      throws RpcException, SandboxException, InterruptedException {
    CommandRun run = sandbox.command(params.texts("command"));
    Optional<String> directory = params.optionalText("directory");
    Optional<Duration> timeout = timeout(params);
    Optional<String> stdin = params.optionalText("stdin");
    long most = params.number("maxOutputBytes", 0, MOST_OUTPUT).orElse(USUAL_OUTPUT);
    run = run.environment(params.textsByName("environment")).maxOutput(most);
    params.end();
    if (directory.isPresent()) {
      run = run.directory(Path.of(directory.get()));
    }
    if (timeout.isPresent()) {
      run = run.timeout(timeout.get());
    }
    if (stdin.isPresent()) {
      run = run.stdin(bytes("stdin", stdin.get()));
    }
    Result result = run.run();
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("exitCode", result.exitCode());
    tree.put("ending", OutcomeJson.of(result.ending()));
    tree.put("stdout", Base64.getEncoder().encodeToString(result.stdout().bytes()));
    tree.put("stderr", Base64.getEncoder().encodeToString(result.stderr().bytes()));
    tree.put("stdoutWritten", result.stdout().written());
    tree.put("stderrWritten", result.stderr().written());
    tree.put("stdoutCutOff", result.stdout().cutOff());
    tree.put("stderrCutOff", result.stderr().cutOff());
    tree.put("usage", OutcomeJson.of(result.usage()));
    tree.put("denials", OutcomeJson.of(result.denials()));
    tree.put("denialsLeftOut", result.denialsLeftOut());
    return tree;
  }

  /** Starts a command; its output is sent once the answer is. */
  ServedCommand start(Params params) throws RpcException, SandboxException {
    SandboxCommand command = SandboxCommand.of(params.texts("command"));
    Optional<String> directory = params.optionalText("directory");
    if (directory.isPresent()) {
      command = command.directory(Path.of(directory.get()));
    }
    for (Map.Entry<String, String> one : params.textsByName("environment").entrySet()) {
      command = command.environment(one.getKey(), one.getValue());
    }
    Optional<Duration> timeout = timeout(params);
    if (timeout.isPresent()) {
      command = command.timeout(timeout.get());
    }
    Optional<Params> terminal = params.object("terminal");
    if (terminal.isPresent()) {
      command = command.terminal(size(terminal.get()));
      terminal.get().end();
    }
    command = command.redirectErrorStream(params.flag("mergeError"));
    params.end();
    if (commands.size() >= MOST_COMMANDS) {
      throw new RpcException(
          RpcException.Kind.TOO_MUCH,
          "the sandbox has " + MOST_COMMANDS + " commands; 'command/wait' releases an ended one");
    }
    ServedCommand started =
        new ServedCommand(id, sandbox.start(command), limits(timeout), outbox, threads);
    commands.put(started.number(), started);
    return started;
  }

  private Limits limits(Optional<Duration> timeout) {
    SandboxPolicy policy = sandbox.plan().policy().policy();
    Optional<Duration> own = policy.limits().wallTime();
    return timeout.isEmpty() || own.isPresent() && own.get().compareTo(timeout.get()) <= 0
        ? policy.limits()
        : policy.toBuilder().wallTime(timeout.get()).build().limits();
  }

  private static Optional<Duration> timeout(Params params) throws RpcException {
    OptionalLong millis = params.number("timeoutMillis", 1, MOST_MILLIS);
    return millis.isPresent()
        ? Optional.of(Duration.ofMillis(millis.getAsLong()))
        : Optional.empty();
  }

  static TerminalSize size(Params params) throws RpcException {
    return new TerminalSize(
        (int) params.demandedNumber("rows", 1, 65_535),
        (int) params.demandedNumber("columns", 1, 65_535));
  }

  static byte[] bytes(String name, String base64) throws RpcException {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw Params.invalid(name, "base64");
    }
  }

  ServedCommand command(long number) throws RpcException {
    ServedCommand command = commands.get(number);
    if (command == null) {
      throw new RpcException(
          RpcException.Kind.UNKNOWN_COMMAND,
          "there is no command " + number + " in " + id + "; an ended one is gone once waited for");
    }
    return command;
  }

  void forget(ServedCommand command) {
    commands.remove(command.number(), command);
  }

  @Override
  public void close() {
    sandbox.close();
    commands.clear();
  }
}
