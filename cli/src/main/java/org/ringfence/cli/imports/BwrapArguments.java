package org.ringfence.cli.imports;

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

  /** Options with the number of their values, whose lack grants nothing. */
  private static final Map<String, Integer> LESS =
      Map.ofEntries(
          Map.entry("--as-pid-1", 0),
          Map.entry("--hostname", 1),
          Map.entry("--uid", 1),
          Map.entry("--gid", 1),
          Map.entry("--cap-add", 1),
          Map.entry("--dir", 1),
          Map.entry("--mqueue", 1),
          Map.entry("--file", 2),
          Map.entry("--symlink", 2),
          Map.entry("--perms", 1),
          Map.entry("--size", 1),
          Map.entry("--chmod", 2));

  /** Options with the number of their values that say nothing about access. */
  private static final Map<String, Integer> NOTHING =
      Map.ofEntries(
          Map.entry("--cap-drop", 1),
          Map.entry("--argv0", 1),
          Map.entry("--level-prefix", 0),
          Map.entry("--sync-fd", 1),
          Map.entry("--info-fd", 1),
          Map.entry("--json-status-fd", 1),
          Map.entry("--block-fd", 1),
          Map.entry("--userns-block-fd", 1),
          Map.entry("--lock-file", 1));

  /** Options with the number of their values that no policy holds. */
  private static final Map<String, Integer> MORE =
      Map.ofEntries(
          Map.entry("--seccomp", 1),
          Map.entry("--add-seccomp-fd", 1),
          Map.entry("--exec-label", 1),
          Map.entry("--file-label", 1),
          Map.entry("--userns", 1),
          Map.entry("--userns2", 1),
          Map.entry("--pidns", 1),
          Map.entry("--bind-fd", 2),
          Map.entry("--ro-bind-fd", 2),
          Map.entry("--bind-data", 2),
          Map.entry("--ro-bind-data", 2),
          Map.entry("--overlay-src", 1),
          Map.entry("--overlay", 3),
          Map.entry("--tmp-overlay", 1),
          Map.entry("--ro-overlay", 1));

  private final PolicyDraft draft;
  private final Iterator<String> words;
  private FileDefault fileDefault = FileDefault.MINIMAL;
  private boolean network = true;
  private boolean cleared;

  private BwrapArguments(List<String> arguments, PathContext places) {
    draft = new PolicyDraft(places);
    words = arguments.iterator();
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

  private void skip(String option, int values) {
    for (int i = 0; i < values; i++) {
      value(option);
    }
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
    if (LESS.containsKey(option)) {
      skip(option, LESS.get(option));
      draft.unsaid(option, Effect.STRICTER, "a policy has nothing like it");
    } else if (NOTHING.containsKey(option)) {
      skip(option, NOTHING.get(option));
      draft.unsaid(option, Effect.NONE, "it is about bwrap itself");
    } else if (MORE.containsKey(option)) {
      skip(option, MORE.get(option));
      draft.unsaid(option, Effect.WEAKER, "a policy has nothing like it");
    } else {
      throw new InvalidPolicyException(
          FIELD, option, "options of bwrap 0.11 or older, written out");
    }
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
