package org.ringfence.mcp;

import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import org.ringfence.SandboxException;
import org.ringfence.text.Printable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Calls of tools, each on a thread of its own: a call that shared a thread with a running command
 * would wait for its end. The connection bounds how many there are. Thread-safe.
 */
final class ToolCalls {
  /** A call of a tool whose arguments fit the schema. */
  interface Call {
    CallToolResult result() throws SandboxException, InterruptedException;
  }

  private final Scheduler threads =
      Schedulers.fromExecutor(
          Executors.newCachedThreadPool(
              work -> {
                Thread thread = new Thread(work, "mcp-call");
                thread.setDaemon(true);
                return thread;
              }));

  /** Returns a call's result; a failure is a result, too, so that the model reads its text. */
  Mono<CallToolResult> answered(Call call) {
    return Mono.fromCallable(() -> result(call)).subscribeOn(threads);
  }

  private static CallToolResult result(Call call) {
    try {
      return call.result();
    } catch (SandboxException | IllegalArgumentException | IllegalStateException e) {
      return failure(Printable.of(String.valueOf(e.getMessage())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failure("the server stops");
    } catch (OutOfMemoryError e) {
      return failure("the heap of the server is full, so that the result was lost");
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
