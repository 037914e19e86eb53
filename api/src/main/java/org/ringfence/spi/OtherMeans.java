package org.ringfence.spi;

import java.util.List;
import java.util.Optional;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Means of a system that confine programs and that no backend uses alone, each with the reason.
 * {@link java.util.ServiceLoader} finds one object for each system; it is thread-safe and makes no
 * system call.
 */
public interface OtherMeans {
  /**
   * A means of the system.
   *
   * @param id the word by which users name it: lower-case letters, digits and hyphens
   * @param title its name
   * @param reason why no backend uses it, or which one offers it as an option
   */
  record Means(String id, String title, String reason) {}

  /**
   * Returns the system.
   *
   * @return the system that the means belong to
   */
  HostSystem system();

  /**
   * Returns the means.
   *
   * @return the means, in the order of docs/choosing.md
   */
  List<Means> all();

  /**
   * Returns the file from which a person starts a workload under one of the means. Pure but for the
   * look whether a path is a directory; works on every system.
   *
   * @param id the id of a means
   * @param policy the policy
   * @param command the command, without words for a shell
   * @return the text of the file; empty if the means has no such file
   * @throws InvalidPolicyException if the file cannot express a part of the policy or the command
   */
  Optional<String> file(String id, EffectivePolicy policy, List<String> command);
}
