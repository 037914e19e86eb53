package org.ringfence.langchain4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ringfence.event.Violation;

/** The latest denials of a sandbox's commands, each once. Thread-safe. */
final class ToolDenials {
  private static final int MOST = 1_000;

  private record Key(String operation, String target, String rule) {}

  private final Map<Key, Violation> denials = new LinkedHashMap<>();
  private long leftOut;

  synchronized void add(List<Violation> some, long more) {
    leftOut += more;
    for (Violation each : some) {
      denials.putIfAbsent(new Key(each.operation(), each.target(), each.rule()), each);
      if (denials.size() > MOST) {
        denials.remove(denials.keySet().iterator().next());
        leftOut++;
      }
    }
  }

  synchronized List<Violation> all() {
    return List.copyOf(denials.values());
  }

  synchronized long leftOut() {
    return leftOut;
  }
}
