package org.ringfence.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.serve.RpcException.Kind;
import org.ringfence.serve.json.JsonLine;
import org.ringfence.text.line.LineReader;
import org.ringfence.text.line.LineTooLongException;
import org.ringfence.text.line.Outbox;
import org.ringfence.text.message.BuildVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves sandboxes to one host over two streams: JSON-RPC 2.0, one message a line. The end of the
 * input ends every command and closes every sandbox. {@code docs/serve.md} has the protocol.
 */
public final class RpcServer implements AutoCloseable {
  /** The version of the protocol that this server has. */
  public static final int PROTOCOL_VERSION = 1;

  /** The largest message that a host may send, in bytes. */
  public static final int LARGEST_MESSAGE = 8 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(RpcServer.class);

  /** How long answers may still be written after the end of the input. */
  private static final long DRAIN_MILLIS = 2_000;

  /** Requests that need a thread of their own, at a time. */
  private static final int MOST_AT_WORK = 64;

  /** Requests without an answer, at a time: among them those that wait for a command. */
  private static final int MOST_UNANSWERED = 4_096;

  private final LineReader in;
  private final Outbox outbox;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "serve");
            thread.setDaemon(true);
            return thread;
          });
  private final Methods methods;
  private final Set<Object> unanswered = ConcurrentHashMap.newKeySet();
  private final AtomicInteger atWork = new AtomicInteger();
  private volatile boolean initialized;

  private RpcServer(InputStream in, OutputStream out) {
    this.in = new LineReader(in, LARGEST_MESSAGE);
    outbox = new Outbox(out, "serve-write", () -> {});
    methods = new Methods(outbox, threads);
  }

  /**
   * Creates a server for one host.
   *
   * @param in what the host sends
   * @param out what the host reads
   * @return the server; {@link #serve()} serves
   */
  public static RpcServer over(InputStream in, OutputStream out) {
    return new RpcServer(in, out);
  }

  /**
   * Returns the JSON Schema of the messages.
   *
   * @return the schema, draft 2020-12
   */
  public static String schema() {
    try (InputStream schema = RpcServer.class.getResourceAsStream("protocol.schema.json")) {
      return new String(schema.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the jar lacks the schema", e);
    }
  }

  /**
   * Serves until the input ends, then ends all commands and closes all sandboxes.
   *
   * @throws IOException if the input ended inside a message, or the host left answers unread
   */
  public void serve() throws IOException {
    try {
      while (read()) {
        continue;
      }
    } finally {
      close();
    }
  }

  private boolean read() throws IOException {
    try {
      Optional<byte[]> line = in.next();
      if (line.isEmpty()) {
        return false;
      }
      if (line.get().length > 0) {
        received(line.get());
      }
    } catch (LineTooLongException e) {
      outbox.put(
          Messages.error(
              null,
              new RpcException(
                  Kind.FRAME_TOO_LARGE, e.getMessage() + "; send a command's input in parts")));
    } catch (RpcException e) {
      outbox.put(Messages.error(null, e));
    }
    return true;
  }

  private void received(byte[] line) throws IOException, RpcException {
    Object parsed;
    try {
      parsed = JsonLine.read(line);
    } catch (IOException e) {
      throw new RpcException(Kind.PARSE_ERROR, "the line is not one JSON value");
    }
    if (!(parsed instanceof Map<?, ?> message) || !"2.0".equals(message.get("jsonrpc"))) {
      throw new RpcException(
          Kind.INVALID_REQUEST,
          "a message is one object with \"jsonrpc\": \"2.0\"; there are no batches");
    }
    Object id = message.get("id");
    if (id != null && !(id instanceof String) && !isNumber(id)) {
      throw new RpcException(Kind.INVALID_REQUEST, "an id is a string, or a number of 64 bits");
    }
    if (!message.containsKey("method")) {
      methods.questions().answered(id, message.get("result"));
      return;
    }
    if (id == null) {
      LOG.debug("a request without an id is ignored");
      return;
    }
    if (!unanswered.add(id)) {
      throw new RpcException(
          Kind.DUPLICATE_ID, "the request with the id " + JsonLine.text(id) + " has no answer yet");
    }
    try {
      if (!(message.get("method") instanceof String method)) {
        throw new RpcException(Kind.INVALID_REQUEST, "a method's name is a string");
      }
      begin(id, method, new Params(message.get("params")));
    } catch (RpcException | RuntimeException e) {
      unanswered.remove(id);
      outbox.put(Messages.error(id, typed(e)));
    }
  }

  /** Returns whether a value is a number that an answer can repeat; a larger one is infinite. */
  private static boolean isNumber(Object value) {
    return value instanceof Number number && Double.isFinite(number.doubleValue());
  }

  private void begin(Object id, String method, Params params) throws RpcException, IOException {
    if (method.equals("initialize")) {
      Object result = initialize(params);
      unanswered.remove(id);
      outbox.put(Messages.result(id, result));
      return;
    }
    if (!initialized) {
      throw new RpcException(Kind.NOT_INITIALIZED, "the first request is 'initialize'");
    }
    if (unanswered.size() > MOST_UNANSWERED) {
      throw new RpcException(Kind.TOO_MUCH, "more than " + MOST_UNANSWERED + " requests wait");
    }
    if (!Methods.mayTakeLong(method)) {
      Methods.Outcome outcome = methods.call(method, params);
      if (outcome.result().isDone() && !outcome.result().isCompletedExceptionally()) {
        // This thread does not wait for room.
        unanswered.remove(id);
        outbox.put(Messages.result(id, outcome.result().join()));
        outcome.afterwards().run();
        return;
      }
      outcome
          .result()
          .whenCompleteAsync(
              (result, failure) -> answer(id, result, failure, outcome.afterwards()), threads);
      return;
    }
    if (atWork.incrementAndGet() > MOST_AT_WORK) {
      atWork.decrementAndGet();
      throw new RpcException(Kind.TOO_MUCH, MOST_AT_WORK + " requests are being worked on");
    }
    threads.execute(() -> work(id, method, params));
  }

  private Map<String, Object> initialize(Params params) throws RpcException {
    long version = params.demandedNumber("protocolVersion", 0, Integer.MAX_VALUE);
    params.end();
    if (version != PROTOCOL_VERSION) {
      throw new RpcException(
          Kind.UNSUPPORTED_VERSION,
          "protocol version " + version + " is not supported; use " + PROTOCOL_VERSION);
    }
    if (initialized) {
      throw new RpcException(Kind.INVALID_REQUEST, "'initialize' came before");
    }
    initialized = true;
    return Map.of(
        "protocolVersion",
        PROTOCOL_VERSION,
        "server",
        "ringfence " + BuildVersion.of(RpcServer.class).orElse("(not packaged)"),
        "largestMessage",
        LARGEST_MESSAGE,
        "methods",
        Methods.NAMES);
  }

  private void work(Object id, String method, Params params) {
    try {
      Methods.Outcome outcome = methods.call(method, params);
      answer(id, outcome.result().join(), null, outcome.afterwards());
    } catch (RpcException | RuntimeException e) {
      answer(id, null, e, () -> {});
    } finally {
      atWork.decrementAndGet();
    }
  }

  private void answer(Object id, Object result, Throwable failure, Runnable afterwards) {
    unanswered.remove(id);
    try {
      if (failure == null) {
        outbox.await(Messages.result(id, result));
      } else {
        outbox.await(Messages.error(id, typed(failure)));
      }
      afterwards.run();
    } catch (IOException e) {
      LOG.debug("an answer has no reader", e);
    }
  }

  private static RpcException typed(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(cause instanceof RpcException)) {
      cause = cause.getCause();
    }
    if (cause instanceof RpcException known) {
      return known;
    }
    LOG.error("a request failed", failure);
    return new RpcException(Kind.INTERNAL, failure);
  }

  /** Ends all commands and closes all sandboxes. */
  @Override
  public void close() {
    // Output and events that wait for the host would hold up the sandboxes' ends.
    outbox.end();
    methods.close();
    outbox.drain(DRAIN_MILLIS);
    outbox.close();
    threads.shutdownNow();
  }
}
