package org.ringfence.spi;

import java.util.List;
import org.ringfence.SandboxException;
import org.ringfence.event.SandboxListener;
import org.ringfence.plan.Availability;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.plan.SandboxRefusedException;
import org.ringfence.policy.EffectivePolicy;

/**
 * A backend that cannot run here and says why. Base of backends whose mechanism is not in this
 * version, so that {@code doctor} names them honestly and nothing ever runs through them.
 */
public abstract class AbsentBackend implements SandboxBackend {
  private final String id;
  private final String description;
  private final Availability availability;

  /**
   * Describes the backend.
   *
   * @param id its id
   * @param description what it is
   * @param reason why it cannot run
   * @param remedy what would help
   */
  protected AbsentBackend(String id, String description, String reason, String remedy) {
    this.id = id;
    this.description = description;
    this.availability = Availability.unavailable(reason, remedy);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public int weight() {
    return 100;
  }

  @Override
  public Availability probe() {
    return availability;
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    return new SandboxPlan(id, policy, availability, List.of());
  }

  @Override
  public String explain(EffectivePolicy policy) {
    return "nothing to show: " + String.join("; ", availability.reasons()) + "\n";
  }

  @Override
  public BackendSession open(SandboxPlan plan, SandboxListener listener) throws SandboxException {
    throw new SandboxRefusedException(List.of(plan));
  }
}
