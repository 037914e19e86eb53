package org.ringfence;

import java.util.Objects;

/**
 * A policy needs an optional module that is neither on the class path nor on the module path. The
 * sandbox was not opened.
 */
public class MissingModuleException extends SandboxException {
  private static final long serialVersionUID = 1L;

  private final String artefact;

  /**
   * Creates the exception.
   *
   * @param need the part of the policy that needs the module
   * @param module the module's name
   * @param artefact the Maven artefact with the module, in the group {@code org.ringfence}
   */
  public MissingModuleException(String need, String module, String artefact) {
    super(
        need + " needs the module " + module + ", which is missing; add the artefact " + artefact);
    this.artefact = Objects.requireNonNull(artefact, "artefact");
  }

  /**
   * Returns the artefact that has the module.
   *
   * @return its artifactId, in the group {@code org.ringfence}
   */
  public String artefact() {
    return artefact;
  }
}
