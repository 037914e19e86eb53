package org.ringfence.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.ringfence.Ending;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.Usage;
import org.ringfence.event.json.OutcomeJson;
import org.ringfence.policy.Limits;
import org.ringfence.text.line.Outbox;

/** A started command whose streams pass through the connection. Thread-safe. */
final class ServedCommand {
  /** What waits to be written to a command's input is at most this. */
  private static final int MOST_INPUT = 8 << 20;

  private static final int MOST_WRITES = 256;
  private static final int CHUNK = 32 << 10;

  private record Write(byte[] data, boolean end, CompletableFuture<Object> done) {}

  private final String sandbox;
  private final SandboxedProcess process;
  private final Limits limits;
  private final Outbox outbox;
  private final Executor threads;
  private final CompletableFuture<Object> end = new CompletableFuture<>();
  private final Deque<Write> writes = new ArrayDeque<>();
  private long waiting;
  private boolean writing;
  private boolean inputClosed;

  ServedCommand(
      String sandbox, SandboxedProcess process, Limits limits, Outbox outbox, Executor threads) {
    this.sandbox = sandbox;
    this.process = process;
    this.limits = limits;
    this.outbox = outbox;
    this.threads = threads;
  }

  long number() {
    return process.commandId();
  }

  /** Sends output from now on. */
  void begin() {
    CompletableFuture<Void> output = pump("stdout", process.getInputStream());
    CompletableFuture<Void> error = pump("stderr", process.getErrorStream());
    CompletableFuture.allOf(output, error).thenRunAsync(this::await, threads);
  }

  private CompletableFuture<Void> pump(String stream, InputStream from) {
    return CompletableFuture.runAsync(
        () -> {
          byte[] chunk = new byte[CHUNK];
          try (from) {
            for (int count = from.read(chunk); count >= 0; count = from.read(chunk)) {
              Map<String, Object> params = new LinkedHashMap<>();
              params.put("sandbox", sandbox);
              params.put("command", number());
              params.put("stream", stream);
              params.put("data", Base64.getEncoder().encodeToString(exactly(chunk, count)));
              outbox.await(Messages.notification("command/output", params));
            }
          } catch (IOException e) {
            // The sandbox is closed, or the host is gone.
            return;
          }
        },
        threads);
  }

  private static byte[] exactly(byte[] chunk, int count) {
    byte[] part = new byte[count];
    System.arraycopy(chunk, 0, part, 0, count);
    return part;
  }

  private void await() {
    try {
      process.waitFor();
      Termination how = process.termination().orElseThrow();
      Usage usage = process.usage().orElseThrow();
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("exitCode", how.exitValue());
      result.put("ending", OutcomeJson.of(Ending.of(how, limits, usage)));
      result.put("usage", OutcomeJson.of(usage));
      end.complete(result);
    } catch (InterruptedException | RuntimeException e) {
      end.completeExceptionally(new RpcException(RpcException.Kind.FAILED, e));
    }
  }

  /** Returns the result, when the command has ended and its output was sent. */
  CompletableFuture<Object> end() {
    return end;
  }

  /** Writes to the input, in the order of the calls; the future ends when the pipe has taken it. */
  CompletableFuture<Object> write(byte[] data, boolean last) throws RpcException {
    Write write = new Write(data, last, new CompletableFuture<>());
    synchronized (this) {
      if (inputClosed) {
        throw new RpcException(RpcException.Kind.INPUT_CLOSED, "the command's input is closed");
      }
      if (waiting > 0 && waiting + data.length > MOST_INPUT || writes.size() >= MOST_WRITES) {
        throw new RpcException(
            RpcException.Kind.TOO_MUCH,
            "the command has not read its earlier input; wait for the answers");
      }
      inputClosed = last;
      waiting += data.length;
      writes.add(write);
      if (writing) {
        return write.done();
      }
      writing = true;
    }
    threads.execute(this::writeAll);
    return write.done();
  }

  private void writeAll() {
    OutputStream to = process.getOutputStream();
    for (Write next = nextWrite(); next != null; next = nextWrite()) {
      try {
        if (next.data().length > 0) {
          to.write(next.data());
          to.flush();
        }
        if (next.end()) {
          to.close();
        }
        next.done().complete(Map.of());
      } catch (IOException e) {
        next.done().completeExceptionally(new RpcException(RpcException.Kind.INPUT_CLOSED, e));
      }
      synchronized (this) {
        waiting -= next.data().length;
      }
    }
  }

  private synchronized Write nextWrite() {
    writing = !writes.isEmpty();
    return writes.poll();
  }

  void signal(String name) throws RpcException {
    switch (name) {
      case "TERM" -> process.destroy();
      case "KILL" -> process.destroyForcibly();
      default ->
          throw Params.invalid("signal", "TERM or KILL; a terminal takes the byte 3 for INT");
    }
  }

  void resize(TerminalSize size) throws RpcException {
    try {
      process.resize(size);
    } catch (UnsupportedOperationException e) {
      throw new RpcException(RpcException.Kind.FAILED, e);
    }
  }
}
