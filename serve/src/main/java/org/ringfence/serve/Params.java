package org.ringfence.serve;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The parameters of one request, read with their types. For one thread. */
final class Params {
  private final Map<?, ?> values;
  private final Set<Object> known = new HashSet<>();

  Params(Object values) throws RpcException {
    if (values != null && !(values instanceof Map)) {
      throw invalid("params", "an object");
    }
    this.values = values == null ? Map.of() : (Map<?, ?>) values;
  }

  static RpcException invalid(String name, String use) {
    return new RpcException(
        RpcException.Kind.INVALID_PARAMS, "'" + name + "' is not valid; use " + use);
  }

  private Object value(String name) {
    known.add(name);
    return values.get(name);
  }

  String text(String name) throws RpcException {
    return optionalText(name).orElseThrow(() -> invalid(name, "a string"));
  }

  Optional<String> optionalText(String name) throws RpcException {
    Object value = value(name);
    if (value != null && !(value instanceof String)) {
      throw invalid(name, "a string");
    }
    return Optional.ofNullable((String) value);
  }

  OptionalLong number(String name, long least, long most) throws RpcException {
    Object value = value(name);
    if (value == null) {
      return OptionalLong.empty();
    }
    if (value instanceof Long number && number >= least && number <= most) {
      return OptionalLong.of(number);
    }
    throw invalid(name, "a whole number from " + least + " to " + most);
  }

  long demandedNumber(String name, long least, long most) throws RpcException {
    return number(name, least, most)
        .orElseThrow(() -> invalid(name, "a whole number from " + least + " to " + most));
  }

  boolean flag(String name) throws RpcException {
    Object value = value(name);
    if (value != null && !(value instanceof Boolean)) {
      throw invalid(name, "true or false");
    }
    return Boolean.TRUE.equals(value);
  }

  List<String> texts(String name) throws RpcException {
    Object value = value(name);
    List<String> texts = new ArrayList<>();
    for (Object each : value instanceof List<?> list ? list : List.of()) {
      if (!(each instanceof String text)) {
        throw invalid(name, "a list of strings");
      }
      texts.add(text);
    }
    if (value != null && !(value instanceof List)) {
      throw invalid(name, "a list of strings");
    }
    return texts;
  }

  Map<String, String> textsByName(String name) throws RpcException {
    Object value = value(name);
    Map<String, String> texts = new LinkedHashMap<>();
    if (value != null && !(value instanceof Map)) {
      throw invalid(name, "an object of strings");
    }
    for (Map.Entry<?, ?> each : (value == null ? Map.of() : (Map<?, ?>) value).entrySet()) {
      if (!(each.getValue() instanceof String text)) {
        throw invalid(name, "an object of strings");
      }
      texts.put((String) each.getKey(), text);
    }
    return texts;
  }

  /** Returns one value or a list of values; empty without the parameter. */
  List<Object> oneOrMore(String name) {
    Object value = value(name);
    return value == null
        ? List.of()
        : value instanceof List<?> list ? new ArrayList<>(list) : List.of(value);
  }

  Optional<Params> object(String name) throws RpcException {
    Object value = value(name);
    if (value != null && !(value instanceof Map)) {
      throw invalid(name, "an object");
    }
    return value == null ? Optional.empty() : Optional.of(new Params(value));
  }

  /** Refuses the parameters that no call has read. */
  void end() throws RpcException {
    for (Object name : values.keySet()) {
      if (!known.contains(name)) {
        throw new RpcException(
            RpcException.Kind.INVALID_PARAMS,
            "'" + name + "' is not known; use " + String.join(", ", names()));
      }
    }
  }

  private List<String> names() {
    return known.stream().map(Object::toString).sorted().toList();
  }
}
