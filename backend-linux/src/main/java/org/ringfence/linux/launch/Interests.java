package org.ringfence.linux.launch;

import org.ringfence.event.SandboxListener;
import org.ringfence.event.SandboxListener.Interest;
import org.ringfence.linux.plan.Supervision.Observation;

/** What a listener asks to hear of. */
final class Interests {
  private Interests() {}

  static Observation of(SandboxListener listener) {
    return new Observation(
        listener.interests().contains(Interest.DENIED_OPENS),
        listener.interests().contains(Interest.COMMANDS));
  }
}
