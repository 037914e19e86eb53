package org.ringfence.mcp;

import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * The stream of messages from a client. The SDK's transport stops reading at a line that is no
 * message, and says nothing; here such a line is answered and left out. The same happens to a line
 * that is too long and to a request too many. For one thread.
 */
final class ClientInput extends InputStream {
  /** In bytes of UTF-8. */
  static final int LONGEST_MESSAGE = 8 << 20;

  static final int MOST_UNANSWERED = 64;

  private final InputStream in;
  private final ClientOutput out;
  private final McpJsonMapper mapper;
  private final Runnable onEnd;
  private byte[] line = {};
  private int at;
  private boolean ended;

  ClientInput(InputStream in, ClientOutput out, McpJsonMapper mapper, Runnable onEnd) {
    this.in = new BufferedInputStream(in, 1 << 16);
    this.out = out;
    this.mapper = mapper;
    this.onEnd = onEnd;
  }

  @Override
  public int read() throws IOException {
    return ready() ? line[at++] & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int from, int most) throws IOException {
    if (most == 0) {
      return 0;
    }
    if (!ready()) {
      return -1;
    }
    int count = Math.min(most, line.length - at);
    System.arraycopy(line, at, target, from, count);
    at += count;
    return count;
  }

  /** Without this, a reader would wait for a second line before it hands out the first. */
  @Override
  public int available() {
    return line.length - at;
  }

  private boolean ready() throws IOException {
    boolean done = false;
    try {
      while (at == line.length && !ended) {
        next();
      }
      done = !ended;
      return done;
    } finally {
      if (!done) {
        ended = true;
        onEnd.run();
      }
    }
  }

  private void next() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean tooLong = false;
    int one = in.read();
    for (; one >= 0 && one != '\n'; one = in.read()) {
      tooLong |= bytes.size() >= LONGEST_MESSAGE;
      if (!tooLong) {
        bytes.write(one);
      }
    }
    if (one < 0) {
      // Half a message is none.
      ended = true;
    } else if (tooLong) {
      answer(
          "null",
          McpSchema.ErrorCodes.INVALID_REQUEST,
          "a message has more than " + LONGEST_MESSAGE + " bytes");
    } else if (bytes.size() > 0 && isPassedOn(bytes.toString(StandardCharsets.UTF_8))) {
      bytes.write('\n');
      line = bytes.toByteArray();
      at = 0;
    }
  }

  private boolean isPassedOn(String text) throws IOException {
    McpSchema.JSONRPCMessage message;
    try {
      message = McpSchema.deserializeJsonRpcMessage(mapper, text);
    } catch (IOException | RuntimeException e) {
      // Jackson's own words would repeat what the client has sent.
      answer(
          "null",
          isJson(text) ? McpSchema.ErrorCodes.INVALID_REQUEST : McpSchema.ErrorCodes.PARSE_ERROR,
          "a line is not a JSON-RPC 2.0 message");
      return false;
    }
    if (message instanceof JSONRPCResponse) {
      // This server asks nothing.
      return false;
    }
    if (message instanceof JSONRPCRequest request && out.asked() > MOST_UNANSWERED) {
      answer(
          mapper.writeValueAsString(request.id()),
          McpSchema.ErrorCodes.INTERNAL_ERROR,
          MOST_UNANSWERED + " requests have no answer yet; wait for them");
      return false;
    }
    return true;
  }

  private boolean isJson(String text) {
    try {
      mapper.readValue(text, Object.class);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Writes an error. Its text has no character that JSON escapes. */
  private void answer(String id, int code, String message) throws IOException {
    out.message(
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + id
            + ",\"error\":{\"code\":"
            + code
            + ",\"message\":\""
            + message
            + "\"}}");
  }
}
