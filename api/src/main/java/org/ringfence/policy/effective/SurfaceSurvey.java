package org.ringfence.policy.effective;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ringfence.git.GitConfigFiles;
import org.ringfence.git.GitConfigFiles.Located;
import org.ringfence.git.GitProgramKeys;
import org.ringfence.git.GitRepository;
import org.ringfence.policy.Access;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.path.PathLookup;

/**
 * The targets of protected names when a sandbox opens: through symbolic links, and through the
 * configuration of the repositories at, above and below its writable roots, of the user and of the
 * machine. The constructor looks at the file system once; immutable afterwards.
 */
final class SurfaceSurvey {
  private static final int MOST_FOLLOWED = 4096;

  /** Hooks that git itself runs (githooks(5)). */
  private static final List<String> HOOKS =
      List.of(
          "applypatch-msg",
          "pre-applypatch",
          "post-applypatch",
          "pre-commit",
          "pre-merge-commit",
          "prepare-commit-msg",
          "commit-msg",
          "post-commit",
          "pre-rebase",
          "post-checkout",
          "post-merge",
          "pre-push",
          "pre-receive",
          "update",
          "proc-receive",
          "post-receive",
          "post-update",
          "reference-transaction",
          "push-to-checkout",
          "pre-auto-gc",
          "post-rewrite",
          "sendemail-validate",
          "fsmonitor-watchman",
          "p4-changelist",
          "p4-prepare-changelist",
          "p4-post-changelist",
          "p4-pre-submit",
          "post-index-change");

  private static final String COMMAND_SEPARATORS = "[\\s\"';|&()<>$`{}=!]+";

  private final ProtectedNames names;
  private final Set<Path> roots;
  // The roots, and the directories above them.
  private final Set<Path> aboveRoots = new HashSet<>();
  private final Set<Path> writable;
  private final List<Path> homes;
  private final Set<Path> kept = new LinkedHashSet<>();
  private final Set<Path> followed = new LinkedHashSet<>();
  private final Map<Path, List<Path>> elsewhere = new LinkedHashMap<>();
  private final Set<String> limits = new LinkedHashSet<>();
  private final Set<Path> workTrees = new LinkedHashSet<>();
  private String relativeProgram = "";

  /**
   * Surveys the file system.
   *
   * @param names the protected names
   * @param roots writable directories in which names are protected, real
   * @param writable all writable directories, real
   * @param home the user's home directory
   */
  SurfaceSurvey(ProtectedNames names, List<Path> roots, List<Path> writable, String home) {
    this.names = names;
    this.roots = new LinkedHashSet<>(roots);
    for (Path root : roots) {
      for (Path at = root; at != null && aboveRoots.add(at); ) {
        at = at.getParent();
      }
    }
    this.writable = new HashSet<>(writable);
    Set<Path> all = new LinkedHashSet<>();
    for (String place :
        Arrays.asList(System.getenv("HOME"), home, System.getProperty("user.home"))) {
      if (place != null && Path.of(place).isAbsolute()) {
        all.add(Path.of(place));
      }
    }
    this.homes = List.copyOf(all);
    look();
  }

  /** Surveys the places where rules grant writing. */
  static SurfaceSurvey of(ProtectedNames names, List<EffectiveRule> rules, String home) {
    List<Path> roots = new ArrayList<>();
    List<Path> writable = new ArrayList<>();
    for (EffectiveRule rule : rules) {
      if (rule.access() == Access.WRITE) {
        writable.add(Path.of(rule.path()));
        if (!rule.scratch()) {
          roots.add(Path.of(rule.path()));
        }
      }
    }
    return new SurfaceSurvey(names, roots, writable, home);
  }

  /** Grants writing in git directories elsewhere along with their working trees. */
  void grantGitDirectories(List<EffectiveRule> rules) {
    for (EffectiveRule rule : List.copyOf(rules)) {
      boolean root = rule.access() == Access.WRITE && !rule.scratch();
      List<Path> given = root ? elsewhere.get(Path.of(rule.path())) : null;
      for (Path directory : given == null ? List.<Path>of() : given) {
        String path = directory.toString();
        if (rules.stream().noneMatch(other -> other.path().equals(path))) {
          rules.add(
              new EffectiveRule(path, Access.WRITE, rule.origin() + " (its git directory)", false));
        }
      }
    }
  }

  private void look() {
    TreeSearch search = new TreeSearch(names);
    roots.stream()
        .filter(root -> !isBelowAnother(root) && Files.isDirectory(root))
        .forEach(search::root);
    search.run();
    if (search.bounded()) {
      limits.add("more than " + TreeSearch.MOST_NAMES + " names lie below the writable roots");
    }
    for (Path link : search.links()) {
      follow(link, !link.getFileName().toString().equalsIgnoreCase(".git"));
    }
    Map<Path, Set<Path>> repositories = repositories(search);
    GitConfigFiles user = userConfiguration();
    repositories.keySet().forEach(this::keepSurfaces);
    user.files().forEach(this::keep);
    Set<Path> everywhere = new LinkedHashSet<>();
    roots.stream().filter(Files::isDirectory).forEach(everywhere::add);
    repositories.values().forEach(everywhere::addAll);
    apply(user, List.copyOf(everywhere));
    user.settings().stream()
        .map(Located::setting)
        .filter(GitProgramKeys::isRelative)
        .findFirst()
        .ifPresent(setting -> relativeProgram = setting.name());
    repositories.forEach(
        (directory, bases) -> {
          GitConfigFiles config =
              new GitConfigFiles(homes)
                  .read(directory.resolve("config"))
                  .read(directory.resolve("config.worktree"));
          bases.addAll(GitRepository.workTrees(config, directory));
          config.files().forEach(this::keep);
          apply(config, List.copyOf(bases));
        });
  }

  private boolean isBelowAnother(Path root) {
    return nearest(roots, root.getParent()) != null;
  }

  /** Returns the nearest of some directories at or above a path; null if there is none. */
  private static Path nearest(Set<Path> directories, Path path) {
    Path at = path;
    while (at != null && !directories.contains(at)) {
      at = at.getParent();
    }
    return at;
  }

  /** Returns git directories, each with the directories in which git may run programs for it. */
  private Map<Path, Set<Path>> repositories(TreeSearch search) {
    Set<Path> tops = new LinkedHashSet<>(search.tops());
    Set<Path> directories = new LinkedHashSet<>(search.gitDirectories());
    Set<Path> seen = new HashSet<>();
    for (Path root : roots) {
      Path lowest = Files.isDirectory(root) ? root : root.getParent();
      for (Path above = lowest; above != null && seen.add(above); above = above.getParent()) {
        tops.add(above);
        if (GitRepository.isGitDirectory(above)) {
          directories.add(above);
        }
      }
    }
    Map<Path, Set<Path>> repositories = new LinkedHashMap<>();
    for (Path top : tops) {
      GitRepository repository = GitRepository.at(top);
      if (!repository.directories().isEmpty()) {
        workTrees.add(top);
      }
      if (roots.contains(top) && !repository.elsewhere().isEmpty()) {
        elsewhere.put(top, repository.elsewhere());
      }
      for (Path directory : repository.directories()) {
        basesOf(repositories, directory).add(top);
      }
    }
    for (Path directory : directories) {
      Set<Path> all = new LinkedHashSet<>();
      GitRepository.addWithCommon(directory, all);
      all.forEach(each -> basesOf(repositories, each));
    }
    return repositories;
  }

  private static Set<Path> basesOf(Map<Path, Set<Path>> repositories, Path directory) {
    return repositories.computeIfAbsent(
        directory,
        made -> {
          Set<Path> bases = new LinkedHashSet<>(GitRepository.linkedTrees(made));
          // Push hooks, and all hooks of a bare repository, run in the git directory.
          bases.add(made);
          return bases;
        });
  }

  private GitConfigFiles userConfiguration() {
    GitConfigFiles config = new GitConfigFiles(homes);
    Set<Path> files = new LinkedHashSet<>();
    for (String variable : List.of("GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL")) {
      addAbsolute(System.getenv(variable), "", files);
    }
    addAbsolute(System.getenv("XDG_CONFIG_HOME"), "git/config", files);
    for (Path home : homes) {
      files.add(home.resolve(".config/git/config"));
      files.add(home.resolve(".gitconfig"));
    }
    // git-config(1), FILES: $(prefix)/etc/gitconfig
    for (String prefix : List.of("/etc", "/usr/local/etc", "/opt/homebrew/etc")) {
      addAbsolute(prefix, "gitconfig", files);
    }
    files.forEach(config::read);
    return config;
  }

  private static void addAbsolute(String directory, String below, Set<Path> files) {
    if (directory != null && Path.of(directory).isAbsolute()) {
      files.add(Path.of(directory).resolve(below));
    }
  }

  /**
   * Protects the paths in a git directory that git executes or reads configuration from, whatever
   * its name.
   */
  private void keepSurfaces(Path directory) {
    if (names == ProtectedNames.READ_ONLY) {
      keep(directory);
      return;
    }
    for (List<String> surface : ProtectedNameMatcher.surfaces().git()) {
      keep(directory.resolve(String.join("/", surface)));
    }
  }

  private void apply(GitConfigFiles config, List<Path> bases) {
    limits.addAll(config.unread());
    for (Located located : config.settings()) {
      GitProgramKeys.of(located.setting())
          .ifPresent(
              kind -> {
                for (String value : GitConfigFiles.readings(located.setting())) {
                  if (kind == GitProgramKeys.Names.PATH) {
                    config.expanded(value, bases).forEach(this::keep);
                  } else if (kind == GitProgramKeys.Names.COMMAND) {
                    keepWords(config, value, bases);
                  }
                }
              });
    }
  }

  /** Protects the files that a command line names; the program itself even if it is missing. */
  private void keepWords(GitConfigFiles config, String line, List<Path> bases) {
    boolean first = true;
    for (String word : line.split(COMMAND_SEPARATORS)) {
      if (word.isEmpty() || word.startsWith("-") && !first) {
        continue;
      }
      for (Path path : config.expanded(word, bases)) {
        boolean program = first && word.contains("/") && !Files.isDirectory(path);
        if (isWritable(path) && (program || Files.isRegularFile(path))) {
          keep(path);
        }
      }
      first = false;
    }
  }

  /** Protects a path and the targets of its links. */
  private void keep(Path path) {
    add(path);
    follow(path, true);
  }

  /**
   * Follows the links of a path and of its contents.
   *
   * @param endToo whether the end is protected, not only the links on the way
   */
  private void follow(Path path, boolean endToo) {
    if (followed.size() >= MOST_FOLLOWED) {
      limits.add("more than " + MOST_FOLLOWED + " links and settings name paths");
      return;
    }
    if (!followed.add(path)) {
      return;
    }
    LinkWay.of(path)
        .ifPresent(
            way -> {
              way.links().forEach(this::add);
              if (endToo) {
                add(way.end());
                followLinksIn(way.end().toFile());
              }
            });
  }

  private void followLinksIn(java.io.File directory) {
    if (isAboveRoot(directory.toPath()) || !isWritable(directory.toPath())) {
      return;
    }
    String[] entries = directory.list();
    for (String name : entries == null ? new String[0] : entries) {
      Path entry = directory.toPath().resolve(name);
      if (Files.isSymbolicLink(entry) || Files.isDirectory(entry)) {
        follow(entry, true);
      }
    }
  }

  private void add(Path path) {
    Path real = path.getRoot();
    Path parent = path.getParent();
    if (parent != null) {
      real = Path.of(PathLookup.HOST.real(parent.toString())).resolve(path.getFileName());
    }
    if (!isWritable(real) || isCovered(real)) {
      return;
    }
    if (!isAboveRoot(real)) {
      kept.add(real);
      return;
    }
    // That would protect everything: of a directory of hooks, those that git knows are enough.
    limits.add(real + " holds a writable root and is named as a place of programs");
    HOOKS.forEach(hook -> kept.add(path.resolve(hook)));
  }

  private boolean isAboveRoot(Path path) {
    return aboveRoots.contains(path);
  }

  private boolean isWritable(Path path) {
    return nearest(writable, path) != null
        || elsewhere.values().stream().anyMatch(given -> given.stream().anyMatch(path::startsWith));
  }

  /** Returns whether a path's name already protects it. */
  private boolean isCovered(Path path) {
    Path root = nearest(roots, path);
    int depth = root == null ? -1 : root.getNameCount();
    if (depth > 0) {
      depth -= ProtectedNameMatcher.leadInto(components(path), depth);
    }
    for (int i = 0; i < path.getNameCount(); i++) {
      boolean git = path.getName(i).toString().equalsIgnoreCase(".git");
      if (i == depth || git && (depth < 0 || i < depth)) {
        return new ProtectedNameMatcher(names)
                .matching(components(path.subpath(i, path.getNameCount())))
            != null;
      }
    }
    return false;
  }

  private static List<String> components(Path path) {
    List<String> components = new ArrayList<>();
    path.forEach(name -> components.add(name.toString()));
    return components;
  }

  /** Returns the read-only paths, links in their directories resolved. */
  Set<Path> kept() {
    return kept;
  }

  /**
   * Returns the name of a setting of the user or the machine that names a program by a path in the
   * working tree; empty if there is none.
   */
  String relativeProgram() {
    return relativeProgram;
  }

  /** Returns the working trees of git at, above and below the writable roots. */
  Set<Path> workTrees() {
    return workTrees;
  }

  /** Returns the plans' addition about the gap of the survey; empty when it covers everything. */
  String statement() {
    return limits.isEmpty()
        ? ""
        : "; where links and settings lead to was not looked at everywhere: "
            + String.join("; ", limits);
  }
}
