package org.ringfence.mcp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.Violation;

/** The denials of a server's commands, each once, in the order of their first time. Thread-safe. */
final class DenialMemory {
  private static final int MOST = 1_000;

  private record Key(long command, String operation, String target, String rule) {}

  /**
   * Some denials.
   *
   * @param listed the denials
   * @param leftOut how many more there were, of all commands
   */
  record Some(List<Violation> listed, long leftOut) {}

  private final Map<Key, Violation> denials = new LinkedHashMap<>();
  private long leftOut;

  synchronized void denied(Violation denial) {
    Key key = new Key(denial.command(), denial.operation(), denial.target(), denial.rule());
    if (denials.containsKey(key)) {
      return;
    }
    if (denials.size() >= MOST) {
      leftOut++;
    } else {
      denials.put(key, denial);
    }
  }

  synchronized void dropped(DroppedEvents dropped) {
    leftOut += dropped.violations();
  }

  /** Returns the latest denials, those of one command if one is named. */
  synchronized Some latest(OptionalLong command, int most) {
    List<Violation> all = new ArrayList<>();
    for (Violation each : denials.values()) {
      if (command.isEmpty() || command.getAsLong() == each.command()) {
        all.add(each);
      }
    }
    int more = Math.max(0, all.size() - most);
    return new Some(List.copyOf(all.subList(more, all.size())), leftOut + more);
  }
}
