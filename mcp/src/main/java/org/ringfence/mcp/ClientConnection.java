package org.ringfence.mcp;

import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.modelcontextprotocol.spec.McpServerTransportProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.text.line.LineReader;
import org.ringfence.text.line.LineTooLongException;
import org.ringfence.text.line.Outbox;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * The connection to the one client. The SDK's own for standard streams stops at a line that is no
 * message, ends for ever when two answers are late in the same tenth of a second, and misses the
 * end of the input while the client does not read. Here such a line is answered, one thread reads
 * and one writes, and each call of a tool waits for room for its answer. Thread-safe.
 */
final class ClientConnection implements McpServerTransportProvider, McpServerTransport {
  /** In bytes of UTF-8. */
  static final int LONGEST_MESSAGE = 8 << 20;

  static final int MOST_UNANSWERED = 64;

  /** How long answers may still be written after the end of the input. */
  private static final long DRAIN_MILLIS = 2_000;

  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

  private final LineReader in;
  private final Outbox outbox;
  private final McpJsonMapper mapper;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicInteger unanswered = new AtomicInteger();
  private final Thread reader = new Thread(this::read, "mcp-read");
  private volatile IOException failure;
  private McpServerSession session;

  ClientConnection(InputStream in, OutputStream out, McpJsonMapper mapper) {
    this.in = new LineReader(in, LONGEST_MESSAGE);
    this.mapper = mapper;
    outbox = new Outbox(out, "mcp-write", ended::countDown);
  }

  @Override
  public void setSessionFactory(McpServerSession.Factory factory) {
    session = factory.create(this);
  }

  /** Begins to read; the server has set the factory of sessions before. */
  void start() {
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Waits for the end: of the input, of the client, or by {@link #end}.
   *
   * @throws IOException if the input ended inside a message, or the client left answers unread
   */
  void await() throws InterruptedException, IOException {
    ended.await();
    if (failure != null) {
      throw failure;
    }
  }

  /** Ends the waits of calls, so that commands can end. */
  void end() {
    ended.countDown();
    outbox.end();
  }

  private void read() {
    try {
      while (readOne()) {
        continue;
      }
    } catch (IOException e) {
      fail(e);
    } catch (RuntimeException | OutOfMemoryError e) {
      failure = new IOException("the server cannot go on: " + e, e);
    } finally {
      ended.countDown();
    }
  }

  /** Records a failure, unless the client is gone: that is an end as any other. */
  private void fail(IOException e) {
    if (!outbox.isClosed()) {
      failure = e;
    }
  }

  private boolean readOne() throws IOException {
    try {
      Optional<byte[]> line = in.next();
      if (line.isEmpty()) {
        return false;
      }
      String text = new String(line.get(), StandardCharsets.UTF_8);
      if (!text.isBlank()) {
        received(text);
      }
    } catch (LineTooLongException e) {
      refuse(null, McpSchema.ErrorCodes.INVALID_REQUEST, e.getMessage());
    }
    return true;
  }

  private void received(String text) throws IOException {
    JSONRPCMessage message;
    try {
      message = McpSchema.deserializeJsonRpcMessage(mapper, text);
    } catch (IOException | RuntimeException e) {
      // Jackson's own words would repeat what the client has sent.
      refuse(
          null,
          isJson(text) ? McpSchema.ErrorCodes.INVALID_REQUEST : McpSchema.ErrorCodes.PARSE_ERROR,
          "a line is not a JSON-RPC 2.0 message");
      return;
    }
    if (message instanceof JSONRPCRequest request) {
      requested(request);
    } else if (message instanceof JSONRPCNotification notification
        && notification.method().equals(McpSchema.METHOD_NOTIFICATION_INITIALIZED)) {
      session
          .handle(notification)
          .subscribe(none -> {}, e -> LOG.error("a notification failed", e));
    }
    // This server asks nothing, so that a response is of no use to it, nor are other notifications.
  }

  private void requested(JSONRPCRequest request) throws IOException {
    if (unanswered.incrementAndGet() > MOST_UNANSWERED) {
      unanswered.decrementAndGet();
      refuse(
          request.id(),
          McpSchema.ErrorCodes.INTERNAL_ERROR,
          MOST_UNANSWERED + " requests have no answer yet; wait for them");
      return;
    }
    session
        .handle(request)
        .doFinally(signal -> unanswered.decrementAndGet())
        .subscribe(none -> {}, e -> LOG.debug("an answer has no reader", e));
  }

  private boolean isJson(String text) {
    try {
      mapper.readValue(text, Object.class);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public Mono<Void> sendMessage(JSONRPCMessage message) {
    return Mono.fromCallable(
        () -> {
          try {
            add(line(message));
          } catch (OutOfMemoryError e) {
            Object id = message instanceof JSONRPCResponse response ? response.id() : null;
            refuse(
                id,
                McpSchema.ErrorCodes.INTERNAL_ERROR,
                "the heap of the server is full, so that the answer was lost");
          }
          return null;
        });
  }

  private void refuse(Object id, int code, String message) throws IOException {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("jsonrpc", "2.0");
    tree.put("id", id);
    tree.put("error", Map.of("code", code, "message", message));
    add(line(tree));
  }

  private byte[] line(Object tree) throws IOException {
    byte[] json = mapper.writeValueAsBytes(tree);
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }

  /** The reading thread does not wait, or it would miss the end of the input. */
  private void add(byte[] line) throws IOException {
    if (Thread.currentThread() == reader) {
      try {
        outbox.put(line);
      } catch (IOException e) {
        // The session would keep it to itself, and an answer would be missing.
        fail(e);
        ended.countDown();
        throw e;
      }
    } else {
      outbox.await(line);
    }
  }

  @Override
  public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
    return mapper.convertValue(data, type);
  }

  @Override
  public Mono<Void> notifyClients(String method, Object params) {
    return session.sendNotification(method, params);
  }

  @Override
  public List<String> protocolVersions() {
    return McpServerTransportProvider.super.protocolVersions();
  }

  /** Ends the connection; the client has a moment to read the answers before. */
  @Override
  public void close() {
    end();
    outbox.drain(DRAIN_MILLIS);
    outbox.close();
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.fromRunnable(this::close);
  }
}
