package org.ringfence.event;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.ringfence.event.Remedy.None;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;

/**
 * The directories in a home that the tools' presets make writable, so that a remedy names a preset:
 * it grants what the tool needs, and keeps what the tool reads later. Thread-safe.
 */
final class ToolCaches {
  /** The directory and the preset that makes it writable; {@code ToolCachesTest} compares them. */
  static final Map<String, String> PRESETS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry(".m2", "maven"),
              Map.entry(".gradle", "gradle"),
              Map.entry(".npm", "npm"),
              Map.entry("go/pkg", "go"),
              Map.entry(".cache/go-build", "go"),
              Map.entry("Library/Caches/go-build", "go"),
              Map.entry("AppData/Local/go-build", "go"),
              Map.entry(".cargo/registry", "cargo"),
              Map.entry(".cargo/git", "cargo"),
              Map.entry(".cargo/.package-cache", "cargo"),
              Map.entry(".cargo/.package-cache-mutate", "cargo"),
              Map.entry(".cargo/.global-cache", "cargo"),
              Map.entry(".local/share/pnpm/store", "pnpm"),
              Map.entry(".pnpm-store", "pnpm"),
              Map.entry(".cache/pnpm", "pnpm"),
              Map.entry(".local/state/pnpm", "pnpm"),
              Map.entry("Library/pnpm/store", "pnpm"),
              Map.entry("Library/Caches/pnpm", "pnpm"),
              Map.entry("AppData/Local/pnpm/store", "pnpm"),
              Map.entry("AppData/Local/pnpm-cache", "pnpm"),
              Map.entry(".cache/yarn", "yarn"),
              Map.entry(".yarn/berry", "yarn"),
              Map.entry("Library/Caches/Yarn", "yarn"),
              Map.entry("AppData/Local/Yarn", "yarn"),
              Map.entry(".cache/pip", "python"),
              Map.entry(".cache/uv", "python"),
              Map.entry(".cache/pypoetry/cache", "python"),
              Map.entry(".cache/pypoetry/artifacts", "python"),
              Map.entry("Library/Caches/pip", "python"),
              Map.entry("Library/Caches/pypoetry/cache", "python"),
              Map.entry("Library/Caches/pypoetry/artifacts", "python"),
              Map.entry("AppData/Local/pip/Cache", "python"),
              Map.entry("AppData/Local/uv/cache", "python")));

  /** Files there that a preset leaves as they are. */
  static final List<String> READ_ONLY =
      List.of(".m2/settings.xml", ".m2/settings-security.xml", ".gradle/gradle.properties");

  /** Presets with a cache in the sandbox, for a home that has none, by the tool's own preset. */
  static final Map<String, String> IN_SANDBOX =
      Map.of(
          "maven", "maven-private",
          "gradle", "gradle-private",
          "go", "go-own",
          "npm", "npm-own",
          "python", "python-private");

  private final PathLookup lookup;
  private final String home;

  /**
   * Creates an instance.
   *
   * @param lookup looks up the object at a path
   * @param home the home directory, links resolved; empty if unknown
   */
  ToolCaches(PathLookup lookup, String home) {
    this.lookup = lookup;
    this.home = home;
  }

  /**
   * Returns the remedy for a denied write to a tool's directory.
   *
   * @param path the path, links resolved
   * @return the remedy; empty if no preset, or more than one, is about the path
   */
  Optional<Remedy> remedy(String path) {
    if (home.isEmpty() || !PathStyle.current().isAtOrBelow(path, home) || path.equals(home)) {
      return Optional.empty();
    }
    String name = path.substring(home.length() + 1).replace('\\', '/');
    if (READ_ONLY.contains(name)) {
      return Optional.empty();
    }
    for (Map.Entry<String, String> each : PRESETS.entrySet()) {
      if (isAtOrBelow(name, each.getKey())) {
        return Optional.of(of(each.getValue(), each.getKey()));
      }
    }
    Map<String, String> below =
        PRESETS.entrySet().stream()
            .filter(each -> isAtOrBelow(each.getKey(), name))
            .collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey, (a, b) -> b));
    return below.size() == 1 && !lookup.exists(path)
        ? below.entrySet().stream().findFirst().map(each -> of(each.getKey(), each.getValue()))
        : Optional.empty();
  }

  private Remedy of(String preset, String directory) {
    if (lookup.exists(home + "/" + directory)) {
      return new Remedy.AddPreset(preset);
    }
    return IN_SANDBOX.containsKey(preset)
        ? new Remedy.AddPreset(IN_SANDBOX.get(preset))
        : new None(
            "make "
                + home
                + "/"
                + directory
                + " first, and add -p "
                + preset
                + ", which lets it be written");
  }

  private static boolean isAtOrBelow(String name, String directory) {
    return name.equals(directory) || name.startsWith(directory + "/");
  }
}
