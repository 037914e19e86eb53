package org.ringfence.windows.system;

import java.util.Optional;
import org.ringfence.windows.plan.FirewallRule;

/** The Windows firewall ({@code INetFwPolicy2}). */
public interface Firewall {
  /**
   * Returns why a local rule would not hold: a profile in which the firewall is off, or a group
   * policy that overrides local rules.
   *
   * @return the reason; empty when rules hold
   * @throws WindowsCallException if the firewall does not answer
   */
  Optional<String> problem() throws WindowsCallException;

  /**
   * Reads a rule.
   *
   * @param name its name
   * @return the rule as the firewall reports it; empty if there is none
   * @throws WindowsCallException if it cannot be read
   */
  Optional<FirewallRule.Reading> rule(String name) throws WindowsCallException;

  /**
   * Adds a rule, replacing all of its name.
   *
   * @param rule the rule
   * @throws WindowsCallException if it cannot be added
   */
  void add(FirewallRule rule) throws WindowsCallException;

  /**
   * Removes all rules of a name.
   *
   * @param name the name
   * @throws WindowsCallException if one cannot be removed
   */
  void remove(String name) throws WindowsCallException;
}
