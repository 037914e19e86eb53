package org.ringfence.cli.policy;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.json.Presets;

/**
 * A build tool that a workspace uses, as a file there shows. Commands may have written that file.
 * So a found tool gets a preset that grants nothing, or none.
 *
 * @param name the tool, and the preset that grants its shared caches
 * @param file the file's name in the workspace
 * @param own whether it gets an empty cache, and does not read the shared one
 */
public record FoundTool(String name, String file, boolean own) {
  /** The tools by their files; the first file that is there counts. */
  private static final List<List<String>> FILES =
      List.of(
          // Maven, Introduction to the POM
          List.of("maven", "pom.xml"),
          // Gradle user manual, Directory Layout
          List.of(
              "gradle",
              "settings.gradle",
              "settings.gradle.kts",
              "build.gradle",
              "build.gradle.kts"),
          // npm documentation, package.json, package-lock.json, npm-shrinkwrap.json
          List.of("npm", "package-lock.json", "npm-shrinkwrap.json", "package.json"),
          // pnpm documentation, Git and lockfiles, pnpm-workspace.yaml
          List.of("pnpm", "pnpm-lock.yaml", "pnpm-workspace.yaml"),
          // Yarn documentation, Lockfile
          List.of("yarn", "yarn.lock"),
          // Python packaging user guide, Project files; pip, uv, Poetry and Pipenv documentation
          List.of(
              "python",
              "pyproject.toml",
              "requirements.txt",
              "setup.py",
              "setup.cfg",
              "uv.lock",
              "poetry.lock",
              "Pipfile"),
          // Cargo book, The Manifest Format
          List.of("cargo", "Cargo.toml"),
          // Go modules reference, go.mod files, Workspaces
          List.of("go", "go.mod", "go.work"));

  /**
   * Tools that fail to fetch a package where they cannot write it to their cache. With a network
   * each gets one of the sandbox's own; without, the shared one serves what it has.
   */
  private static final Set<String> FETCHING = Set.of("npm", "yarn");

  /**
   * Finds the tools of a workspace. Links do not count: they may lead anywhere.
   *
   * @param network the network that the options choose; null for none of their own
   * @param hosts whether the options name hosts, or ask about them
   */
  static List<FoundTool> in(Path workspace, NetworkMode network, boolean hosts) {
    boolean fetches = network == null ? hosts : network != NetworkMode.NONE;
    List<FoundTool> found = new ArrayList<>();
    for (List<String> row : FILES) {
      row.stream()
          .skip(1)
          .filter(file -> Files.isRegularFile(workspace.resolve(file), LinkOption.NOFOLLOW_LINKS))
          .findFirst()
          .ifPresent(
              file ->
                  found.add(
                      new FoundTool(row.get(0), file, fetches && FETCHING.contains(row.get(0)))));
    }
    return List.copyOf(found);
  }

  /**
   * Leaves out the tools about which the options decide.
   *
   * @param named the named presets, which may be a tool's own
   * @param variables the variables that options pass or set, which may be one of a tool's preset
   */
  static List<FoundTool> without(
      List<FoundTool> found, List<String> named, List<String> variables) {
    Set<String> given = new HashSet<>();
    variables.forEach(variable -> given.add(variable.replaceFirst("=.*", "")));
    return found.stream()
        .filter(tool -> !named.contains(tool.name()))
        .filter(
            tool ->
                tool.preset()
                    .map(preset -> Presets.load(preset).environment().set().keySet())
                    .filter(names -> !Collections.disjoint(names, given))
                    .isEmpty())
        .toList();
  }

  /** Returns the preset with caches of the sandbox's own; empty if the tool needs none. */
  Optional<String> preset() {
    return Optional.of(name + (own ? "-own" : "-private"))
        .filter(Presets.privateCaches()::contains);
  }

  /** Returns a sentence for the plan. */
  public String sentence() {
    return "found "
        + name
        + " by "
        + file
        + ": "
        + preset().map(preset -> "adds " + preset).orElse("adds nothing")
        + "; -p "
        + name
        + " lets it write its shared caches";
  }
}
