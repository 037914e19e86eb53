package org.ringfence.cli.policy;

import java.nio.file.Path;
import java.util.List;
import org.ringfence.SandboxException;
import org.ringfence.cli.report.RemedyText;

/** Thrown when a project's policy is not trusted. Nothing was started. */
public final class UntrustedPolicyException extends SandboxException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param file the policy
   * @param changed whether the user trusted an earlier content
   */
  UntrustedPolicyException(Path file, boolean changed) {
    super(
        "refused, nothing was started: the project's policy "
            + file
            + (changed ? " has changed since it was trusted" : " is not trusted yet")
            + "; to see it and to trust it: ringfence policy trust "
            + RemedyText.pasted(List.of(file.toString()))
            + ", or go on without it: --no-project-policy");
  }
}
