package org.ringfence.mcp;

import io.modelcontextprotocol.server.McpServerFeatures.AsyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import org.ringfence.CapturedOutput;
import org.ringfence.CommandRun;
import org.ringfence.Ending;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.event.Violation;
import org.ringfence.event.json.OutcomeJson;

/** Runs a command to its end and returns its output. */
final class CommandTool {
  /** What a model asks for at once; more would only slow each other down. */
  static final int MOST_AT_ONCE = 8;

  private static final long USUAL_SECONDS = 120;
  private static final long MOST_SECONDS = 86_400;
  private static final long USUAL_OUTPUT = 64 << 10;
  private static final long MOST_OUTPUT = 1 << 20;
  private static final int LONGEST_INPUT = 4 << 20;

  private static final Map<String, Object> ARGUMENTS =
      new ToolSchema()
          .with(
              "command",
              Map.of(
                  "type",
                  "array",
                  "items",
                  Map.of("type", "string"),
                  "minItems",
                  1,
                  "description",
                  "The program and its arguments; for a shell: [\"sh\", \"-c\", \"make && make"
                      + " test\"]."))
          .text(
              "directory",
              4096,
              "The directory to start in: absolute, or relative to the workspace. Default: the"
                  + " workspace.")
          .text("stdin", LONGEST_INPUT, "The standard input. Default: empty.")
          .number(
              "timeoutSeconds",
              1,
              MOST_SECONDS,
              "After this time the command and all that it started is ended. Default: "
                  + USUAL_SECONDS
                  + "; the policy may have a shorter one.")
          .number(
              "maxOutputBytes",
              0,
              MOST_OUTPUT,
              "How much of each output stream to return. Default: " + USUAL_OUTPUT + ".")
          .demanding("command");

  private final Sandbox sandbox;
  private final DenialMemory memory;
  private final Semaphore running = new Semaphore(MOST_AT_ONCE);

  CommandTool(Sandbox sandbox, DenialMemory memory) {
    this.sandbox = sandbox;
    this.memory = memory;
  }

  AsyncToolSpecification specification(ToolCalls calls) {
    return AsyncToolSpecification.builder()
        .tool(
            Tool.builder("run_command", ARGUMENTS)
                .title("Run a command in the sandbox")
                .description(
                    "Runs a command in the sandbox, waits for its end, and returns its exit code and"
                        + " output. The workspace is "
                        + sandbox.plan().policy().places().workspace()
                        + ".")
                .annotations(
                    ToolAnnotations.builder().readOnlyHint(false).destructiveHint(true).build())
                .build())
        .callHandler((exchange, request) -> calls.answered(() -> run(request.arguments())))
        .build();
  }

  private CallToolResult run(Map<String, Object> arguments)
      throws SandboxException, InterruptedException {
    if (!running.tryAcquire()) {
      return ToolCalls.failure(MOST_AT_ONCE + " commands run already; wait for one of them");
    }
    try {
      return result(command(arguments).run());
    } finally {
      running.release();
    }
  }

  private CommandRun command(Map<String, Object> arguments) {
    List<String> words =
        ((List<?>) arguments.get("command")).stream().map(String.class::cast).toList();
    CommandRun run =
        sandbox
            .command(words)
            .timeout(
                Duration.ofSeconds(
                    ToolCalls.number(arguments, "timeoutSeconds").orElse(USUAL_SECONDS)))
            .maxOutput(ToolCalls.number(arguments, "maxOutputBytes").orElse(USUAL_OUTPUT));
    if (arguments.get("stdin") instanceof String text) {
      run = run.stdin(text);
    }
    if (arguments.get("directory") instanceof String text) {
      run = run.directory(directory(text));
    }
    return run;
  }

  private Path directory(String text) {
    try {
      return Path.of(sandbox.plan().policy().places().workspace()).resolve(text).normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("directory: this is no path", e);
    }
  }

  private CallToolResult result(Result result) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("exitCode", result.exitCode());
    tree.put("ending", OutcomeJson.of(result.ending()));
    tree.put("stdout", result.stdout().text());
    tree.put("stderr", result.stderr().text());
    tree.put("stdoutBytes", result.stdout().written());
    tree.put("stderrBytes", result.stderr().written());
    tree.put("stdoutCutOff", result.stdout().cutOff());
    tree.put("stderrCutOff", result.stderr().cutOff());
    tree.put("usage", OutcomeJson.of(result.usage()));
    long denials = result.denials().size() + result.denialsLeftOut();
    tree.put("denials", denials);
    OptionalLong number = result.denials().stream().mapToLong(Violation::command).findFirst();
    number.ifPresent(command -> tree.put("command", command));
    result.denials().forEach(memory::denied);
    StringBuilder text = new StringBuilder(result.ending().describe()).append('\n');
    append(text, "stdout", result.stdout());
    append(text, "stderr", result.stderr());
    if (denials > 0) {
      text.append("The sandbox denied ").append(denials);
      text.append(denials == 1 ? " operation" : " operations").append("; read_denials has more");
      number.ifPresent(
          command -> text.append(", for this command with the number ").append(command));
      text.append(".\n");
    }
    return CallToolResult.builder()
        .addTextContent(text.toString())
        .structuredContent(tree)
        .isError(!(result.ending() instanceof Ending.Exited))
        .build();
  }

  private static void append(StringBuilder text, String name, CapturedOutput output) {
    String kept = output.text();
    if (!kept.isEmpty()) {
      text.append(name).append(":\n").append(kept).append(kept.endsWith("\n") ? "" : "\n");
    }
    if (output.written() > output.bytes().length) {
      text.append(name).append(" had ").append(output.written());
      text.append(" bytes; the first are above, maxOutputBytes returns more.\n");
    }
    if (output.cutOff()) {
      text.append(name).append(" was still open 2 s after the end, and may miss its last bytes.\n");
    }
  }
}
