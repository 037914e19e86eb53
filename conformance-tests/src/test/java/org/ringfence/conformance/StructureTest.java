package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks that names, packages and cycles get no worse. Each list holds the known violations: remove
 * an entry when you fix it, and never add one.
 */
class StructureTest {
  private static final int MOST_FILES = 25;

  private static final Map<String, Integer> LARGE_PACKAGES =
      Map.of("org.ringfence.windows.bind", 46);

  /** Groups of packages that depend on each other, directly or indirectly. */
  private static final Set<Set<String>> CYCLES =
      // A backend starts a process of the API, and a sandbox of the API asks a backend for it.
      Set.of(Set.of("org.ringfence", "org.ringfence.spi"));

  /**
   * The packages of a module, in order: each may depend only on later packages of the list. The
   * command line, which is built after this module, checks its own.
   */
  private static final Map<String, List<String>> LAYERS =
      Map.of(
          "org.ringfence.linux",
          List.of(
              "probe",
              "launch",
              "stream",
              "supervise",
              "files",
              "git",
              "net",
              "socket",
              "path",
              "report",
              "task",
              "cgroup",
              "restricted",
              "signal",
              "names",
              "tree",
              "bind",
              "plan",
              "bpf"),
          "org.ringfence.windows",
          List.of(
              "program",
              "bind",
              "setup",
              "sandbox",
              "probe",
              "runner",
              "command",
              "confine",
              "access",
              "journal",
              "channel",
              "system",
              "plan",
              "tool",
              "acl",
              "wsb",
              "mitigation"),
          "org.ringfence.wsl2",
          List.of(
              "discovery", "java", "script", "guest", "distribution", "channel", "bind", "plan"),
          "org.ringfence.policy",
          List.of("json", "proposal", "tree", "effective", "glob", "code", "path", "value"),
          "org.ringfence.egress",
          List.of("proxy", "dns", "decision"),
          "org.ringfence.conformance",
          List.of("macos", "windows", "names", "scenario", "stage", "probe"));

  /** Returns the sources of every module, by package. */
  private static Map<String, Set<String>> sources() throws IOException {
    Map<String, Set<String>> sources = new TreeMap<>();
    for (Path directory : List.of(Path.of(".."), ArchitectureTest.ADAPTERS)) {
      try (Stream<Path> modules = Files.list(directory)) {
        for (Path module : modules.toList()) {
          Path root = module.resolve(Path.of("src", "main", "java"));
          if (Files.isDirectory(root)) {
            addSources(root, sources);
          }
        }
      }
    }
    return sources;
  }

  private static void addSources(Path root, Map<String, Set<String>> sources) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".java") && !name.contains("-info")) {
          Path directory = root.relativize(file).getParent();
          String inPackage =
              directory.toString().replace(directory.getFileSystem().getSeparator(), ".");
          sources
              .computeIfAbsent(inPackage, each -> new TreeSet<>())
              .add(name.substring(0, name.length() - ".java".length()));
        }
      }
    }
  }

  @Test
  void noPackageGrowsBeyondItsLimit() throws IOException {
    Map<String, Set<String>> sources = sources();
    assertThat(sources).hasSizeGreaterThan(20).containsKey("org.ringfence.commonsexec");
    sources.forEach(
        (name, files) ->
            assertThat(files.size())
                .as("files in %s; put a new file into the package of its subject", name)
                .isLessThanOrEqualTo(LARGE_PACKAGES.getOrDefault(name, MOST_FILES)));
    assertThat(LARGE_PACKAGES.keySet())
        .as("the list contains only large packages")
        .allMatch(name -> sources.getOrDefault(name, Set.of()).size() > MOST_FILES);
  }

  @Test
  void noSimpleNameIsUsedTwice() throws IOException {
    Set<String> once = new HashSet<>();
    Set<String> twice = new TreeSet<>();
    sources()
        .values()
        .forEach(names -> names.stream().filter(name -> !once.add(name)).forEach(twice::add));
    assertThat(twice).isEmpty();
  }

  @Test
  void packagesDependOnThoseBelowThemAlone() throws IOException {
    Set<String> packages = sources().keySet();
    LAYERS.forEach(
        (module, layers) -> {
          layered(module, layers)
              .check(
                  ArchitectureTest.ALL.that(JavaClass.Predicates.resideInAPackage(module + "..")));
          assertThat(packages.stream().filter(name -> name.startsWith(module + ".")))
              .as("packages of %s that the list knows", module)
              .allMatch(name -> layers.contains(name.split("\\.")[module.split("\\.").length]));
        });
  }

  private static ArchRule layered(String module, List<String> layers) {
    Architectures.LayeredArchitecture rule =
        Architectures.layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String layer : layers) {
      rule = rule.layer(layer).definedBy(module + "." + layer + "..");
    }
    for (int i = 0; i < layers.size(); i++) {
      String[] below = layers.subList(i + 1, layers.size()).toArray(String[]::new);
      rule =
          below.length == 0
              ? rule.whereLayer(layers.get(i)).mayNotAccessAnyLayer()
              : rule.whereLayer(layers.get(i)).mayOnlyAccessLayers(below);
    }
    return rule;
  }

  @Test
  void noCycleOfPackagesIsAdded() {
    Set<Set<String>> cycles = cycles(dependencies());
    assertThat(cycles)
        .allSatisfy(
            cycle ->
                assertThat(CYCLES).as("%s", cycle).anyMatch(known -> known.containsAll(cycle)));
    assertThat(cycles).as("the list contains only present cycles").hasSameSizeAs(CYCLES);
  }

  private static Map<String, Set<String>> dependencies() {
    Map<String, Set<String>> dependencies = new HashMap<>();
    for (JavaClass each : ArchitectureTest.ALL) {
      Set<String> targets =
          dependencies.computeIfAbsent(each.getPackageName(), name -> new HashSet<>());
      for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
        String target = dependency.getTargetClass().getBaseComponentType().getPackageName();
        if (target.startsWith("org.ringfence") && !target.equals(each.getPackageName())) {
          targets.add(target);
        }
      }
    }
    return dependencies;
  }

  private static Set<Set<String>> cycles(Map<String, Set<String>> dependencies) {
    Map<String, Set<String>> reached = new HashMap<>();
    dependencies.keySet().forEach(name -> reached.put(name, reachedFrom(name, dependencies)));
    return reached.keySet().stream()
        .filter(name -> reached.get(name).contains(name))
        .map(
            name ->
                reached.get(name).stream()
                    .filter(other -> reached.getOrDefault(other, Set.of()).contains(name))
                    .collect(Collectors.toCollection(TreeSet::new)))
        .collect(Collectors.toSet());
  }

  private static Set<String> reachedFrom(String name, Map<String, Set<String>> dependencies) {
    Set<String> reached = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(name));
    while (!open.isEmpty()) {
      for (String next : dependencies.getOrDefault(open.remove(), Set.of())) {
        if (reached.add(next)) {
          open.add(next);
        }
      }
    }
    return reached;
  }
}
