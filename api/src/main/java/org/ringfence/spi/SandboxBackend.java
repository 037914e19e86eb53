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
 * One way to confine processes on some system. Instances are made by {@link
 * java.util.ServiceLoader}, are thread-safe, and cost nothing until asked.
 */
public interface SandboxBackend {
  /**
   * The id that users select the backend by.
   *
   * @return a short lower-case word
   */
  String id();

  /**
   * What the backend is, in a sentence.
   *
   * @return the sentence
   */
  String description();

  /**
   * How much a launch costs compared with other backends; of two that enforce the same, the lighter
   * is taken.
   *
   * @return the weight
   */
  int weight();

  /**
   * Finds out by trying whether the backend can run here. May cost time at the first call.
   *
   * @return the availability, with reasons and remedies
   */
  Availability probe();

  /**
   * Says what would be enforced of a policy. Starts nothing.
   *
   * @param policy the policy, placed on this machine
   * @return the plan, with every guarantee of the policy
   */
  SandboxPlan plan(EffectivePolicy policy);

  /**
   * The native artefact that a policy compiles to, as text. Pure: works on every system.
   *
   * @param policy the policy
   * @return text for people
   */
  String explain(EffectivePolicy policy);

  /**
   * What the mechanism lets a command do at a path of the user's own, where that may differ from
   * what the policy says. Pure: by a model of the system's access check, on every system.
   *
   * @param policy the policy
   * @param path an absolute path, links resolved
   * @return operation to whether it is let; empty when the mechanism means what the policy means
   */
  default Map<String, Boolean> outlook(EffectivePolicy policy, String path) {
    return Map.of();
  }

  /**
   * Whether commands run in another system than this process does, where the backend makes their
   * temporary directory, too.
   *
   * @return false for this system
   */
  default boolean runsElsewhere() {
    return false;
  }

  /**
   * Runs the conformance suite where this backend's commands run, when that is another system.
   *
   * @param request what to run and how to report
   * @param report where the report goes
   * @return whether no case failed; empty when the suite is to be run here
   * @throws IOException if the suite cannot be run there
   */
  default Optional<Boolean> verifyElsewhere(Verification.Request request, Appendable report)
      throws IOException {
    return Optional.empty();
  }

  /**
   * A command as it is started without any sandbox where this backend's commands run: what denials
   * are compared with.
   *
   * @param command the program and its arguments, as in {@link org.ringfence.SandboxCommand}
   * @return what to start on this machine
   */
  default List<String> unconfined(List<String> command) {
    return command;
  }

  /**
   * Directories of this machine by descriptors, for what this JVM does to them as the user.
   *
   * @return them; empty where this backend has none, or cannot run
   */
  default Optional<HeldDirectories> directories() {
    return Optional.empty();
  }

  /**
   * Opens a sandbox.
   *
   * @param plan an acceptable plan of this backend
   * @param listener hears of violations; may be called on any unrestricted thread
   * @return the session that launches commands
   * @throws SandboxException if the sandbox cannot be opened; nothing is left behind
   */
  BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException;
}
