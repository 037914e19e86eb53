package org.ringfence.spi;

import java.util.Map;
import java.util.TreeMap;

/**
 * The environment of a command, by the source of its variables. The parts stay separate until a
 * session resolves them: a command in another system inherits from that system.
 *
 * @param inherited variables of this JVM that the policy passes on
 * @param ofPolicy variables that the policy sets, and those of the temporary directory; they
 *     override {@code inherited}
 * @param ofCaller variables that the caller set for this command; they override both
 */
public record CommandEnvironment(
    Map<String, String> inherited, Map<String, String> ofPolicy, Map<String, String> ofCaller) {
  /** No variables. */
  public static final CommandEnvironment EMPTY =
      new CommandEnvironment(Map.of(), Map.of(), Map.of());

  /** Copies the parts. */
  public CommandEnvironment {
    inherited = Map.copyOf(inherited);
    ofPolicy = Map.copyOf(ofPolicy);
    ofCaller = Map.copyOf(ofCaller);
  }

  /**
   * Creates an environment of the caller's variables alone.
   *
   * @param variables the variables
   * @return the environment
   */
  public static CommandEnvironment of(Map<String, String> variables) {
    return new CommandEnvironment(Map.of(), Map.of(), variables);
  }

  /**
   * Returns the variables for a command that runs in this system.
   *
   * @return all of them, by name
   */
  public Map<String, String> resolved() {
    Map<String, String> all = new TreeMap<>(inherited);
    all.putAll(ofPolicy);
    all.putAll(ofCaller);
    return all;
  }
}
