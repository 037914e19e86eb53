package org.ringfence.spi;

import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.plan.Availability;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * One way to confine processes on some system. {@link java.util.ServiceLoader} creates instances;
 * they are thread-safe and do no work until called.
 */
public interface SandboxBackend {
  /**
   * Returns the description of the backend. Cheap, always the same, and available on every system.
   *
   * @return the description
   */
  BackendInfo info();

  /**
   * Tries whether the backend can run here. The first call may take time.
   *
   * @return the availability, with reasons and remedies
   */
  Availability probe();

  /**
   * Plans how strongly the backend enforces each guarantee of a policy. Starts nothing.
   *
   * @param policy the policy, placed on this machine
   * @return the plan, with every guarantee of the policy
   */
  SandboxPlan plan(EffectivePolicy policy);

  /**
   * Returns the native artefact that a policy compiles to, as text. Pure: works on every system.
   *
   * @param policy the policy
   * @return text for the user
   */
  String explain(EffectivePolicy policy);

  /**
   * Opens a sandbox.
   *
   * @param plan an acceptable plan of this backend
   * @param listener receives violations; may be called on any unrestricted thread
   * @return the session that launches commands
   * @throws SandboxException if the sandbox cannot be opened; nothing is left behind
   */
  BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException;

  /**
   * Returns an ability that only some backends have: {@link org.ringfence.spi.RemoteBackend},
   * {@link org.ringfence.spi.AccessPredictor}, {@link org.ringfence.spi.VerifiedBackend}, or {@link
   * org.ringfence.file.HeldDirectories} for this JVM's own work as the user. By default, a backend
   * has the abilities whose interfaces it implements.
   *
   * @param type the interface of the ability
   * @param <T> the interface of the ability
   * @return the ability; empty where this backend does not have it, or cannot run
   */
  default <T> Optional<T> extension(Class<T> type) {
    return type.isInstance(this) ? Optional.of(type.cast(this)) : Optional.empty();
  }
}
