package org.ringfence.mcp;

import io.modelcontextprotocol.server.McpServerFeatures.AsyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ringfence.event.Violation;
import org.ringfence.event.json.OutcomeJson;
import org.ringfence.text.Printable;

/** Lists what the sandbox has denied, by which rule, and what would allow it. */
final class DenialsTool {
  private static final int USUAL = 50;
  private static final int MOST = 500;

  private static final Map<String, Object> ARGUMENTS =
      new ToolSchema()
          .number("most", 1, MOST, "How many to list, the latest first to be kept. Default: 50.")
          .number("command", 1, Long.MAX_VALUE, "Only those of the command with this number.")
          .demanding();

  private final DenialMemory memory;

  DenialsTool(DenialMemory memory) {
    this.memory = memory;
  }

  AsyncToolSpecification specification(ToolCalls calls) {
    return AsyncToolSpecification.builder()
        .tool(
            Tool.builder("read_denials", ARGUMENTS)
                .title("Read what the sandbox denied")
                .description(
                    "Lists the operations that the sandbox denied to commands so far, each with the"
                        + " rule, and with the options that would allow it. Only the user can give"
                        + " these options, to the start of this server.")
                .annotations(
                    ToolAnnotations.builder().readOnlyHint(true).idempotentHint(true).build())
                .build())
        .callHandler((exchange, request) -> calls.answered(() -> list(request.arguments())))
        .build();
  }

  private CallToolResult list(Map<String, Object> arguments) {
    DenialMemory.Some some =
        memory.latest(
            ToolCalls.number(arguments, "command"),
            (int) ToolCalls.number(arguments, "most").orElse(USUAL));
    List<Object> trees = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (Violation each : some.listed()) {
      Map<String, Object> tree = new LinkedHashMap<>();
      tree.put("command", each.command());
      tree.putAll(OutcomeJson.of(each));
      trees.add(tree);
      text.append("command ").append(each.command()).append(": ").append(each.operation());
      text.append(' ').append(Printable.name(each.target())).append(": ");
      text.append(Printable.of(each.rule()));
      if (tree.get("options") instanceof List<?> options) {
        text.append("; to allow it:");
        options.forEach(word -> text.append(' ').append(Printable.name(word.toString())));
      }
      text.append('\n');
    }
    if (some.leftOut() > 0) {
      text.append("and ").append(some.leftOut()).append(" more\n");
    } else if (trees.isEmpty()) {
      text.append("nothing was denied, or the system alone denied it\n");
    }
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("denials", trees);
    tree.put("leftOut", some.leftOut());
    return CallToolResult.builder()
        .addTextContent(text.toString())
        .structuredContent(tree)
        .isError(false)
        .build();
  }
}
