package org.ringfence.cli.imports;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.cli.imports.Unsaid.Effect;
import org.ringfence.policy.Access;
import org.ringfence.policy.EnvironmentPolicy.Inherit;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/** Reads the options of a bwrap command line (bwrap(1)) as a policy. Not thread-safe. */
final class BwrapArguments {
  private static final String FIELD = "bwrap";

  /** What a sandbox of Ringfence has anyway. */
  private static final Set<String> HELD =
      Set.of(
          "--unshare-user",
          "--unshare-user-try",
          "--unshare-ipc",
          "--unshare-pid",
          "--unshare-uts",
          "--unshare-cgroup",
          "--unshare-cgroup-try",
          "--die-with-parent",
          "--new-session",
          "--disable-userns",
          "--assert-userns-disabled");

  /**
   * An option without a counterpart in a policy.
   *
   * @param values the number of its values
   * @param effect how a policy without it differs
   */
  private record Other(int values, Effect effect) {}

  private static final Map<String, Other> OTHERS = others();

  private final PolicyDraft draft;
  private final Iterator<String> words;
  private FileDefault fileDefault = FileDefault.MINIMAL;
  private boolean network = true;
  private boolean cleared;

  private BwrapArguments(List<String> arguments, PathContext places) {
    draft = new PolicyDraft(places);
    words = arguments.iterator();
  }

  private static Map<String, Other> others() {
    Map<String, Other> all = new HashMap<>();
    add(all, new Other(0, Effect.STRICTER), "--as-pid-1");
    add(
        all,
        new Other(1, Effect.STRICTER),
        "--hostname",
        "--uid",
        "--gid",
        "--cap-add",
        "--dir",
        "--mqueue",
        "--perms",
        "--size");
    add(all, new Other(2, Effect.STRICTER), "--file", "--symlink", "--chmod");
    add(all, new Other(0, Effect.NONE), "--level-prefix");
    add(
        all,
        new Other(1, Effect.NONE),
        "--cap-drop",
        "--argv0",
        "--sync-fd",
        "--info-fd",
        "--json-status-fd",
        "--block-fd",
        "--userns-block-fd",
        "--lock-file");
    add(
        all,
        new Other(1, Effect.WEAKER),
        "--seccomp",
        "--add-seccomp-fd",
        "--exec-label",
        "--file-label",
        "--userns",
        "--userns2",
        "--pidns",
        "--overlay-src",
        "--tmp-overlay",
        "--ro-overlay");
    add(
        all,
        new Other(2, Effect.WEAKER),
        "--bind-fd",
        "--ro-bind-fd",
        "--bind-data",
        "--ro-bind-data");
    add(all, new Other(3, Effect.WEAKER), "--overlay");
    return Map.copyOf(all);
  }

  private static void add(Map<String, Other> all, Other other, String... options) {
    for (String option : options) {
      all.put(option, other);
    }
  }

  static ImportedPolicy read(List<String> arguments, PathContext places) {
    boolean named = !arguments.isEmpty() && arguments.get(0).matches("(.*/)?bwrap");
    return new BwrapArguments(named ? arguments.subList(1, arguments.size()) : arguments, places)
        .read();
  }

  private ImportedPolicy read() {
    while (words.hasNext()) {
      String option = words.next();
      if (option.equals("--") || !option.startsWith("--")) {
        break;
      }
      option(option);
    }
    draft.network(Optional.of(network ? NetworkMode.FULL : NetworkMode.NONE));
    if (fileDefault == FileDefault.MINIMAL) {
      draft.unsaid(
          FIELD,
          Effect.WEAKER,
          "no mount has the whole system, and files that a process needs to start are readable");
    }
    if (!cleared) {
      draft.unsaid(
          FIELD, Effect.STRICTER, "without --clearenv variables that look like secrets stay out");
    }
    draft.unsaid(FIELD, Effect.STRICTER, "names that run code later, such as .git/hooks, stay");
    return draft.imported(fileDefault);
  }

  private String value(String option) {
    if (!words.hasNext()) {
      throw new InvalidPolicyException(FIELD, option, option + " with its value");
    }
    return words.next();
  }

  private void option(String option) {
    switch (option) {
      case "--ro-bind", "--ro-bind-try" -> mount(option, Access.READ);
      case "--bind", "--bind-try", "--dev-bind", "--dev-bind-try" -> mount(option, Access.WRITE);
      case "--remount-ro" -> rule(value(option), Access.READ);
      case "--tmpfs" -> empty(option);
      case "--dev", "--proc" -> own(option);
      case "--unshare-all", "--unshare-net" -> network = false;
      case "--share-net" -> network = true;
      case "--clearenv" -> {
        cleared = true;
        draft.policy.inherit(Inherit.NONE);
      }
      case "--setenv" -> draft.policy.variable(value(option), value(option));
      case "--unsetenv" -> draft.policy.excludeVariables(List.of(value(option)));
      case "--chdir" ->
          draft.unsaid(option, Effect.NONE, "give it with ringfence run -C " + value(option));
      default -> other(option);
    }
  }

  private void other(String option) {
    if (HELD.contains(option)) {
      return;
    }
    Other other = OTHERS.get(option);
    if (other == null) {
      throw new InvalidPolicyException(
          FIELD, option, "options of bwrap 0.11 or older, written out");
    }
    for (int i = 0; i < other.values(); i++) {
      value(option);
    }
    draft.unsaid(
        option,
        other.effect(),
        other.effect() == Effect.NONE
            ? "it is about bwrap itself"
            : "a policy has nothing like it");
  }

  private void mount(String option, Access access) {
    String source = value(option);
    String target = value(option);
    if (!PolicyDraft.path(source).equals(PolicyDraft.path(target))) {
      draft.unsaid(
          option,
          Effect.WEAKER,
          target + " shows " + source + " in bwrap, and its own content here");
      return;
    }
    rule(target, access);
  }

  private void rule(String target, Access access) {
    String path = PolicyDraft.path(target);
    // A mount covers the earlier ones below it.
    draft.forgetRulesBelow(path);
    if (!path.equals("/")) {
      draft.rule(path, access);
      return;
    }
    fileDefault = access == Access.WRITE ? FileDefault.WRITE : FileDefault.READ;
  }

  private void empty(String option) {
    String target = value(option);
    if (target.equals("/tmp")) {
      // A private directory for temporary files is the default.
      return;
    }
    rule(target, Access.NONE);
    draft.unsaid(option, Effect.STRICTER, target + " is hidden, not an empty writable directory");
  }

  private void own(String option) {
    String target = value(option);
    if (!target.equals("/" + option.substring(2))) {
      draft.unsaid(option, Effect.STRICTER, target + " stays as it is");
    }
  }
}
