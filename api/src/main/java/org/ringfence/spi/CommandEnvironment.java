package org.ringfence.spi;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

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

  private static final String HOME_VALUE = "${home}";
  private static final String EXISTING = "${home?}";

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
   * Returns the variables that a policy sets, with the directories that their values name.
   *
   * @param policy the policy
   * @param tmp the path in the place of {@code ${tmp}}
   * @return the variables; {@code ${home}} is the path of {@code :home}, and a path that begins
   *     with {@code ${home?}} is left out with its variable when nothing is there
   * @throws InvalidPolicyException if a value names a home directory, and there is none
   */
  public static Map<String, String> setBy(EffectivePolicy policy, String tmp) {
    Map<String, String> variables = new LinkedHashMap<>();
    PathContext places = policy.places();
    policy
        .policy()
        .environment()
        .set()
        .forEach(
            (name, text) -> {
              String value = text.replace(EXISTING, HOME_VALUE);
              if (text.startsWith(EXISTING) && !isThere(value, places)) {
                return;
              }
              if (value.contains(HOME_VALUE) && places.home().isEmpty()) {
                throw new InvalidPolicyException(
                    "environment.set." + name,
                    value,
                    "an absolute path, or HOME set to a directory of yours: "
                        + places.homeDirectory().reason());
              }
              variables.put(name, value.replace("${tmp}", tmp).replace(HOME_VALUE, places.home()));
            });
    return variables;
  }

  private static boolean isThere(String value, PathContext places) {
    return !places.home().isEmpty()
        && places.lookup().exists(value.replace(HOME_VALUE, places.home()));
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
