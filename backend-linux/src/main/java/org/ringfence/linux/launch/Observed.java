package org.ringfence.linux.launch;

import org.ringfence.linux.plan.Supervision.Observation;
import org.ringfence.spi.EventSink;

/** Translates the observations that a sink asks for into the supervision's. */
final class Observed {
  private Observed() {}

  static Observation of(EventSink sink) {
    return new Observation(
        sink.observes().contains(EventSink.Observation.DENIED_OPENS),
        sink.observes().contains(EventSink.Observation.COMMANDS));
  }
}
