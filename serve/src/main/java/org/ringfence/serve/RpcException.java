package org.ringfence.serve;

import java.util.LinkedHashMap;
import java.util.Map;

/** A request that fails: the error that the host gets. */
final class RpcException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The kinds of errors, with their codes: JSON-RPC 2.0 reserves those below -32600. */
  enum Kind {
    PARSE_ERROR("parseError", -32700),
    INVALID_REQUEST("invalidRequest", -32600),
    FRAME_TOO_LARGE("frameTooLarge", -32600),
    DUPLICATE_ID("duplicateId", -32600),
    UNKNOWN_METHOD("unknownMethod", -32601),
    INVALID_PARAMS("invalidParams", -32602),
    INTERNAL("internal", -32603),
    NOT_INITIALIZED("notInitialized", -32001),
    UNSUPPORTED_VERSION("unsupportedVersion", -32002),
    UNKNOWN_SANDBOX("unknownSandbox", -32003),
    UNKNOWN_COMMAND("unknownCommand", -32004),
    INVALID_POLICY("invalidPolicy", -32005),
    REFUSED("refused", -32006),
    COMMAND_NOT_FOUND("commandNotFound", -32007),
    FAILED("failed", -32008),
    INPUT_CLOSED("inputClosed", -32009),
    TOO_MUCH("tooMuch", -32010);

    private final String word;
    private final int code;

    Kind(String word, int code) {
      this.word = word;
      this.code = code;
    }
  }

  private final Kind kind;

  RpcException(Kind kind, String message) {
    super(message == null ? kind.word : message);
    this.kind = kind;
  }

  RpcException(Kind kind, Throwable cause) {
    this(kind, cause.getMessage() == null ? cause.toString() : cause.getMessage());
    initCause(cause);
  }

  /** Returns the error object of a response. */
  Map<String, Object> error() {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("code", kind.code);
    error.put("message", getMessage());
    error.put("data", Map.of("kind", kind.word));
    return error;
  }
}
