package org.ringfence.spi;

import java.util.Map;
import java.util.TreeMap;

/**
 * The environment of a command, by where its variables come from. They stay apart until a session
 * resolves them, because a command that runs in another system inherits from that one.
 *
 * @param inherited what the policy lets through of this JVM's environment
 * @param ofPolicy what the policy sets, and the names of the temporary directory; wins over what is
 *     inherited
 * @param ofCaller what the caller set for this command; wins over both
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
   * An environment that a caller set and nothing was added to.
   *
   * @param variables the variables
   * @return the environment
   */
  public static CommandEnvironment of(Map<String, String> variables) {
    return new CommandEnvironment(Map.of(), Map.of(), variables);
  }

  /**
   * The variables of a command that runs in this system.
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
