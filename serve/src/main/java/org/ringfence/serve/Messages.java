package org.ringfence.serve;

import java.util.LinkedHashMap;
import java.util.Map;
import org.ringfence.serve.json.JsonLine;

/** The forms of JSON-RPC 2.0. */
final class Messages {
  private Messages() {}

  static Map<String, Object> message(Map<String, ?> parts) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("jsonrpc", "2.0");
    message.putAll(parts);
    return message;
  }

  static byte[] result(Object id, Object result) {
    Map<String, Object> parts = new LinkedHashMap<>();
    parts.put("id", id);
    parts.put("result", result);
    return JsonLine.write(message(parts));
  }

  static byte[] error(Object id, RpcException error) {
    Map<String, Object> parts = new LinkedHashMap<>();
    parts.put("id", id);
    parts.put("error", error.error());
    return JsonLine.write(message(parts));
  }

  static byte[] notification(String method, Map<String, ?> params) {
    Map<String, Object> parts = new LinkedHashMap<>();
    parts.put("method", method);
    parts.put("params", params);
    return JsonLine.write(message(parts));
  }
}
