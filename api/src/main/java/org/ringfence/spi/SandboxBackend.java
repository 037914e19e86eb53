package org.ringfence.spi;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.file.HeldDirectories;
import org.ringfence.plan.Availability;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.EffectivePolicy;

/**
 * One way to confine processes on some system. {@link java.util.ServiceLoader} creates instances;
 * they are thread-safe and do no work until called.
 */
public interface SandboxBackend {
  /**
   * Returns the id by which users select the backend.
   *
   * @return a short lower-case word
   */
  String id();

  /**
   * Returns a description in one sentence.
   *
   * @return the sentence
   */
  String description();

  /**
   * Returns the relative cost of a launch; of two backends that enforce the same, Ringfence takes
   * the lighter.
   *
   * @return the weight
   */
  int weight();

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
   * Predicts the effective access to a path of the user, where the mechanism may differ from the
   * policy. Pure: uses a model of the system's access check, on every system.
   *
   * @param policy the policy
   * @param path an absolute path, links resolved
   * @return operation to whether it is permitted; empty when the mechanism agrees with the policy
   */
  default Map<String, Boolean> outlook(EffectivePolicy policy, String path) {
    return Map.of();
  }

  /**
   * Returns whether commands run in another system than this process. The backend then also creates
   * their temporary directory there.
   *
   * @return false for this system
   */
  default boolean runsElsewhere() {
    return false;
  }

  /**
   * Runs the conformance suite where this backend's commands run, when that is another system.
   *
   * @param request the cases and the report's format
   * @param report the destination of the report
   * @return whether no case failed; empty when the suite must run here
   * @throws IOException if the suite cannot be run there
   */
  default Optional<Boolean> verifyElsewhere(Verification.Request request, Appendable report)
      throws IOException {
    return Optional.empty();
  }

  /**
   * Returns a command that runs without a sandbox where this backend's commands run, as the control
   * for denials.
   *
   * @param command the program and its arguments, as in {@link org.ringfence.SandboxCommand}
   * @return the command to start on this machine
   */
  default List<String> unconfined(List<String> command) {
    return command;
  }

  /**
   * Returns an opener of this machine's directories by descriptors, for this JVM's own work as the
   * user.
   *
   * @return the opener; empty where this backend has none, or cannot run
   */
  default Optional<HeldDirectories> directories() {
    return Optional.empty();
  }

  /**
   * Opens a sandbox.
   *
   * @param plan an acceptable plan of this backend
   * @param listener receives violations; may be called on any unrestricted thread
   * @return the session that launches commands
   * @throws SandboxException if the sandbox cannot be opened; nothing is left behind
   */
  BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException;
}
