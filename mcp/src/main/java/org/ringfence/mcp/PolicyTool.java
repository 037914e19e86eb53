package org.ringfence.mcp;

import io.modelcontextprotocol.server.McpServerFeatures.AsyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.ringfence.Sandbox;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyWriter;
import org.ringfence.text.Printable;

/** Explains the policy, or its decision about one path or host. */
final class PolicyTool {
  private static final int USUAL_PORT = 443;

  private static final Map<String, Object> ARGUMENTS =
      new ToolSchema()
          .text(
              "path",
              4096,
              "Whether the policy lets commands read and write this path: absolute, or relative to"
                  + " the workspace.")
          .text("host", 253, "Whether the policy lets commands connect to this host.")
          .number("port", 1, 65_535, "The host's port. Default: " + USUAL_PORT + ".")
          .demanding();

  private final Sandbox sandbox;

  PolicyTool(Sandbox sandbox) {
    this.sandbox = sandbox;
  }

  AsyncToolSpecification specification(ToolCalls calls) {
    return AsyncToolSpecification.builder()
        .tool(
            Tool.builder("explain", ARGUMENTS)
                .title("Explain the sandbox's policy")
                .description(
                    "With a path or a host: whether the policy allows it, and by which rule. Without:"
                        + " the policy, and what this machine enforces of it. Runs nothing.")
                .annotations(
                    ToolAnnotations.builder().readOnlyHint(true).idempotentHint(true).build())
                .build())
        .callHandler((exchange, request) -> calls.answered(() -> explain(request.arguments())))
        .build();
  }

  private CallToolResult explain(Map<String, Object> arguments) {
    EffectivePolicy policy = sandbox.plan().policy();
    Map<String, Object> tree = new LinkedHashMap<>();
    StringBuilder text = new StringBuilder();
    List<Object> decisions = new ArrayList<>();
    if (arguments.get("path") instanceof String path) {
      String absolute = absolute(policy, path);
      for (Operation operation : List.of(Operation.READ, Operation.WRITE)) {
        String what = operation.name().toLowerCase(Locale.ROOT) + ' ' + absolute;
        decisions.add(decided(what, policy.check(absolute, operation), text));
      }
    }
    if (arguments.get("host") instanceof String host) {
      int port = (int) ToolCalls.number(arguments, "port").orElse(USUAL_PORT);
      String what = "connect " + host + ':' + port;
      decisions.add(decided(what, policy.evaluate(host, port), text));
    }
    if (decisions.isEmpty()) {
      plan(tree, text);
    } else {
      tree.put("decisions", decisions);
    }
    return CallToolResult.builder()
        .addTextContent(text.toString())
        .structuredContent(tree)
        .isError(false)
        .build();
  }

  private static String absolute(EffectivePolicy policy, String path) {
    try {
      return Path.of(policy.places().workspace()).resolve(path).normalize().toString();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("path: this is no path", e);
    }
  }

  private static Map<String, Object> decided(String what, Decision decision, StringBuilder text) {
    text.append(Printable.of(what)).append(decision.allowed() ? ": allowed" : ": denied");
    text.append(" by ").append(Printable.of(decision.rule())).append('\n');
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("question", what);
    tree.put("allowed", decision.allowed());
    tree.put("rule", decision.rule());
    tree.put("explanation", decision.explanation());
    return tree;
  }

  private void plan(Map<String, Object> tree, StringBuilder text) {
    EffectivePolicy policy = sandbox.plan().policy();
    tree.put("backend", sandbox.plan().backend());
    tree.put("workspace", policy.places().workspace());
    List<Object> guarantees = new ArrayList<>();
    text.append("backend ").append(sandbox.plan().backend()).append('\n');
    for (PlannedGuarantee each : sandbox.plan().guarantees()) {
      text.append(each.level().name().toLowerCase(Locale.ROOT)).append(' ').append(each.id());
      text.append(": ").append(Printable.of(each.statement())).append('\n');
      guarantees.add(
          Map.of("id", each.id(), "level", each.level().name(), "statement", each.statement()));
    }
    tree.put("guarantees", guarantees);
    String written = PolicyWriter.write(policy.policy());
    tree.put("policy", written);
    text.append("policy:\n").append(written);
  }
}
