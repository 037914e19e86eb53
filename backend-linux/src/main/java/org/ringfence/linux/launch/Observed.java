package org.ringfence.linux.launch;

import org.ringfence.linux.plan.Supervision.Observation;
import org.ringfence.spi.EventSink;

/** What a sink asks for, in the words of the supervision. */
final class Observed {
  private Observed() {}

  static Observation of(EventSink sink) {
    return new Observation(
        sink.observes().contains(EventSink.Observation.DENIED_OPENS),
        sink.observes().contains(EventSink.Observation.COMMANDS));
  }
}
