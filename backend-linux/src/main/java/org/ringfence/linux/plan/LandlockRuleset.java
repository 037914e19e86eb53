package org.ringfence.linux.plan;

import java.util.List;

/**
 * A Landlock ruleset as a value.
 *
 * @param handledFiles file rights that are denied unless a rule gives them; 0 to leave files alone
 * @param handledNetwork network rights, likewise
 * @param scoped scopes
 * @param rules the rights that are given
 */
public record LandlockRuleset(
    long handledFiles, long handledNetwork, long scoped, List<PathRule> rules) {
  /** Copies the list. */
  public LandlockRuleset {
    rules = List.copyOf(rules);
  }

  /**
   * Rights below a path.
   *
   * @param path the path
   * @param access the rights; reduced to those of a file where the path is no directory
   * @param origin the policy's rule, as text
   * @param part whether it is one of a directory's parts, which may be gone by now, and gives
   *     nothing if it is a device
   */
  public record PathRule(String path, long access, String origin, boolean part) {
    /**
     * Makes rights below an existing path.
     *
     * @param path the path
     * @param access the rights
     * @param origin the policy's rule, as text
     */
    public PathRule(String path, long access, String origin) {
      this(path, access, origin, false);
    }
  }

  /**
   * Returns whether it denies nothing; the kernel makes no such ruleset.
   *
   * @return true if there is nothing to apply
   */
  public boolean handlesNothing() {
    return handledFiles == 0 && handledNetwork == 0 && scoped == 0;
  }

  /**
   * Returns the ruleset as text.
   *
   * @return a line per rule
   */
  public String describe() {
    StringBuilder text = new StringBuilder();
    text.append("  handled_access_fs  0x").append(Long.toHexString(handledFiles)).append('\n');
    text.append("  handled_access_net 0x").append(Long.toHexString(handledNetwork)).append('\n');
    text.append("  scoped             0x").append(Long.toHexString(scoped)).append('\n');
    for (PathRule rule : rules) {
      text.append("  path_beneath 0x").append(Long.toHexString(rule.access())).append(' ');
      text.append(rule.path()).append("   # ").append(rule.origin()).append('\n');
    }
    return text.toString();
  }
}
