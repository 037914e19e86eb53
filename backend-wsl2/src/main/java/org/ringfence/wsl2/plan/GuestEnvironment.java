package org.ringfence.wsl2.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.ringfence.policy.EnvironmentPolicy;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * The environment of a distribution without the ways back to Windows: {@code wsl.exe} puts the
 * directories of Windows' own path behind those of Linux, and names the socket of interop.
 */
public final class GuestEnvironment {
  private static final List<String> DOORS = List.of("WSL_INTEROP", "WSLENV");
  private static final String PATH = "PATH";

  private GuestEnvironment() {}

  /**
   * Returns the variables that a command gets.
   *
   * @param policy the policy inside the distribution
   * @param there the variables of the distribution
   * @return the policy's environment, without variables that are doors, and without hidden
   *     directories of the path; values that the policy sets stay
   */
  public static EnvironmentPolicy of(EffectivePolicy policy, Map<String, String> there) {
    EnvironmentPolicy wanted = policy.policy().environment();
    List<String> exclude = new ArrayList<>(wanted.exclude());
    exclude.addAll(DOORS);
    Map<String, String> set = new LinkedHashMap<>(wanted.set());
    String path = wanted.apply(there).get(PATH);
    if (path != null) {
      set.putIfAbsent(PATH, seen(policy, path));
    }
    return new EnvironmentPolicy(wanted.inherit(), wanted.include(), exclude, set);
  }

  private static String seen(EffectivePolicy policy, String path) {
    return Arrays.stream(path.split(":", -1))
        .filter(entry -> !entry.startsWith("/") || policy.check(entry, Operation.READ).allowed())
        .collect(Collectors.joining(":"));
  }
}
