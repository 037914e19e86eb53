package org.ringfence.cli.imports;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.ringfence.cli.imports.Unsaid.Effect;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/** Collects the rules of a policy, and the settings that no rule expresses. Not thread-safe. */
final class PolicyDraft {
  /** A pattern without ports means 80 and 443 in a policy, and every port elsewhere. */
  private static final String EVERY_PORT = ":1-65535";

  private static final Pattern WITH_PORTS = Pattern.compile("(\\[[^]]*\\]|[^:\\[\\]]*):[0-9-]+");

  final PolicyBuilder policy = Presets.readOnly().toBuilder();

  private final PathContext places;
  private final Map<String, Access> rules = new LinkedHashMap<>();
  private final Set<String> globs = new LinkedHashSet<>();
  private final List<Unsaid> unsaid = new ArrayList<>();
  private boolean hosts;
  private boolean closed;

  PolicyDraft(PathContext places) {
    this.places = places;
  }

  void unsaid(String field, Effect effect, String why) {
    unsaid.add(new Unsaid(field, why, effect));
  }

  /** Converts a path of other settings: a home, or a path relative to the workspace. */
  static String path(String written) {
    String path = written;
    while (path.length() > 1 && path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    if (path.startsWith("./")) {
      path = path.substring(2);
    }
    if (path.equals("~") || path.startsWith("~/")) {
      return ":home" + path.substring(1);
    }
    if (path.equals(".") || path.isEmpty()) {
      return ":workspace";
    }
    return path.startsWith("/") || path.startsWith(":") ? path : ":workspace/" + path;
  }

  static boolean isGlob(String path) {
    return path.chars().anyMatch(c -> "*?[]{}".indexOf(c) >= 0);
  }

  /** Adds a rule; a later one for the same path takes its place. */
  void rule(String path, Access access) {
    rules.put(path, access);
  }

  void forgetRulesBelow(String path) {
    rules.keySet().removeIf(each -> isAtOrBelow(each, path));
  }

  /** Returns whether one path lies at or below another on this machine. */
  boolean isAtOrBelow(String path, String above) {
    String place = place(path);
    String top = place(above);
    return place.equals(top) || place.startsWith(top.equals("/") ? top : top + "/");
  }

  String place(String path) {
    for (Map.Entry<String, String> special :
        Map.of(":home", places.home(), ":workspace", places.workspace()).entrySet()) {
      if (path.equals(special.getKey()) || path.startsWith(special.getKey() + "/")) {
        return special.getValue() + path.substring(special.getKey().length());
      }
    }
    return path;
  }

  /** Denies by a glob, which denies reading and writing. */
  void glob(String field, String glob, boolean reading) {
    if (glob.chars().anyMatch(c -> "{}[]".indexOf(c) >= 0)) {
      unsaid(field, Effect.WEAKER, "'" + glob + "' has alternatives, which no deny glob has");
      return;
    }
    globs.add(glob.startsWith("./") ? glob.substring(2) : glob);
    if (!reading) {
      unsaid(field, Effect.STRICTER, "'" + glob + "' is not read either: a deny glob denies both");
    }
  }

  void allowHost(String field, String pattern) {
    hosts |= host(field, pattern, true);
  }

  void denyHost(String field, String pattern) {
    if (pattern.equals("*")) {
      closed = true;
    } else {
      host(field, pattern, false);
    }
  }

  private boolean host(String field, String pattern, boolean allow) {
    try {
      if (allow) {
        boolean ports = WITH_PORTS.matcher(pattern).matches();
        policy.allowHost(ports ? pattern : pattern + EVERY_PORT);
      } else {
        policy.denyHost(pattern);
      }
      return true;
    } catch (InvalidPolicyException e) {
      unsaid(
          field,
          allow ? Effect.STRICTER : Effect.WEAKER,
          "'" + pattern + "' is no pattern of a host; use " + e.nearest());
      return false;
    }
  }

  void unixSocket(String field, String path) {
    try {
      policy.unixSocket(place(path(path)));
    } catch (InvalidPolicyException e) {
      unsaid(field, Effect.STRICTER, "'" + path + "' is not allowed; use " + e.nearest());
    }
  }

  /** Opens or closes the network: an allowlist if hosts were allowed. */
  void network(Optional<NetworkMode> otherwise) {
    policy.network(
        closed
            ? NetworkMode.NONE
            : otherwise.orElse(hosts ? NetworkMode.ALLOWLIST : NetworkMode.NONE));
  }

  ImportedPolicy imported(FileDefault fileDefault) {
    policy.fileDefault(fileDefault).denyGlobs(globs);
    rules.forEach(
        (path, access) -> {
          if (access == Access.READ && isReadOnlyPart(path, fileDefault)) {
            // Unlike a rule, a protected path also denies the creation of a missing file.
            policy.protectedPath(path);
          } else {
            policy.rule(path, access, MissingPath.SKIP);
          }
        });
    return new ImportedPolicy(policy.build(), unsaid);
  }

  /** Returns whether all around a path is writable, and nothing below it. */
  private boolean isReadOnlyPart(String path, FileDefault fileDefault) {
    Access around =
        rules.entrySet().stream()
            .filter(each -> !each.getKey().equals(path) && isAtOrBelow(path, each.getKey()))
            .max(Comparator.comparingInt(each -> place(each.getKey()).length()))
            .map(Map.Entry::getValue)
            .orElse(fileDefault == FileDefault.WRITE ? Access.WRITE : Access.NONE);
    return around == Access.WRITE
        && rules.entrySet().stream()
            .noneMatch(each -> each.getValue() == Access.WRITE && isAtOrBelow(each.getKey(), path));
  }
}
