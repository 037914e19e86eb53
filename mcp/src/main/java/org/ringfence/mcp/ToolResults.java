package org.ringfence.mcp;

import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.util.Map;
import java.util.OptionalLong;
import org.ringfence.SandboxException;
import org.ringfence.text.Printable;

/** Results that tools have in common. */
final class ToolResults {
  /** A call of a tool whose arguments fit the schema. */
  interface Call {
    CallToolResult result() throws SandboxException, InterruptedException;
  }

  private ToolResults() {}

  /** Returns a call's result; a failure is a result, too, so that the model reads its text. */
  static CallToolResult answered(Call call) {
    try {
      return call.result();
    } catch (SandboxException | IllegalArgumentException | IllegalStateException e) {
      return failure(Printable.of(String.valueOf(e.getMessage())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failure("the server stops");
    }
  }

  static CallToolResult failure(String why) {
    return CallToolResult.builder().addTextContent(why).isError(true).build();
  }

  static OptionalLong number(Map<String, Object> arguments, String name) {
    return arguments.get(name) instanceof Number number
        ? OptionalLong.of(number.longValue())
        : OptionalLong.empty();
  }
}
