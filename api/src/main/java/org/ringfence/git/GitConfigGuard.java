package org.ringfence.git;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.ringfence.git.GitConfigKeys.Kind;
import org.ringfence.git.GitConfigKeys.Listed;

/**
 * Decides whether a repository's configuration file may be replaced by another: if every setting
 * that differs names no program and no path to one. Pure; immutable.
 */
public final class GitConfigGuard {
  /**
   * The largest file that is judged, in bytes. Git's own writes a few hundred; one that is larger
   * stays as it is.
   */
  public static final int LARGEST = 1 << 20;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9.-]+");
  private static final Pattern KEY = Pattern.compile("[A-Za-z][A-Za-z0-9-]*");
  private static final String ESCAPES = "\"\\tnb";
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,18}[kKmMgG]?");
  private static final Set<String> FLAGS =
      Set.of("true", "false", "yes", "no", "on", "off", "0", "1", "");
  private static final int LONGEST = 8192;

  private final Places places;

  /** The places that settings may lead to. Paths are as written, perhaps relative. */
  public interface Places {
    /**
     * Returns whether a local repository may be named: a command can put no hooks of its own there.
     *
     * @param path the path, decoded as UTF-8
     * @return true if it may
     */
    boolean repository(String path);

    /**
     * Returns whether a directory may be the working tree of this repository.
     *
     * @param path the path, decoded as UTF-8
     * @return true if it may
     */
    boolean workTree(String path);

    /**
     * Returns the setting of the repository, its user or the machine that names a program by a
     * relative path. A repository with another working tree, or with none, would run another one.
     *
     * @return the setting's name; empty if there is none
     */
    Optional<String> relativeProgram();
  }

  /**
   * A refusal.
   *
   * @param setting the name of the setting; empty when the file as a whole is refused
   * @param problem the reason, in a clause whose subject is the setting or the file
   */
  public record Refusal(String setting, String problem) {
    /** Checks the parts. */
    public Refusal {
      Objects.requireNonNull(setting, "setting");
      Objects.requireNonNull(problem, "problem");
    }
  }

  /**
   * Creates a guard.
   *
   * @param places the places that settings may lead to
   */
  public GitConfigGuard(Places places) {
    this.places = Objects.requireNonNull(places, "places");
  }

  /**
   * Judges a change.
   *
   * @param before the present content, empty for a missing file
   * @param after the new content, empty for none
   * @return the refusal; empty if the change may be made
   */
  public Optional<Refusal> judge(byte[] before, byte[] after) {
    if (after.length > LARGEST || before.length > LARGEST) {
      return refused("", "is larger than " + LARGEST + " bytes");
    }
    GitConfig old = GitConfig.parse(before);
    GitConfig changed = GitConfig.parse(after);
    if (old.faultLine().isPresent()) {
      return refused("", "is not valid now, in line " + old.faultLine().get());
    }
    if (changed.faultLine().isPresent()) {
      return refused("", "would not be valid, in line " + changed.faultLine().get());
    }
    Optional<Refusal> other = otherSettings(old, changed).or(() -> movedPrograms(old, changed));
    if (other.isEmpty()) {
      other = undefinedRemotes(old, changed);
    }
    return other.isPresent() ? other : unusualLines(before, after);
  }

  private static Optional<Refusal> refused(String setting, String problem) {
    return Optional.of(new Refusal(setting, problem));
  }

  /** Settings that are not permitted must stay, with their values and in their order. */
  private Optional<Refusal> otherSettings(GitConfig old, GitConfig changed) {
    Set<GitSetting> known = new HashSet<>(old.settings());
    Set<String> remotes = remotes(changed);
    for (GitSetting setting : changed.settings()) {
      Optional<String> problem =
          known.contains(setting) ? Optional.empty() : problem(setting, remotes);
      if (problem.isPresent()) {
        return refused(setting.name(), problem.get());
      }
    }
    List<GitSetting> were = kept(old, remotes);
    List<GitSetting> are = kept(changed, remotes);
    if (were.equals(are)) {
      return Optional.empty();
    }
    int at = 0;
    while (at < were.size() && at < are.size() && were.get(at).equals(are.get(at))) {
      at++;
    }
    GitSetting first = at < were.size() ? were.get(at) : are.get(at);
    return refused(
        first.name(),
        problem(first, remotes).orElse("differs") + ", and would be taken away, moved or repeated");
  }

  /** Returns the settings that stay. A location that could not be added may be taken away. */
  private List<GitSetting> kept(GitConfig config, Set<String> remotes) {
    return config.settings().stream()
        .filter(setting -> !hasKind(setting, Kind.LOCATION) && !hasKind(setting, Kind.REMOTE))
        .filter(setting -> problem(setting, remotes).isPresent())
        .toList();
  }

  private static boolean hasKind(GitSetting setting, Kind kind) {
    return GitConfigKeys.all().of(setting).filter(listed -> listed.kind() == kind).isPresent();
  }

  /** A program that is named by a relative path would be another one in another working tree. */
  private Optional<Refusal> movedPrograms(GitConfig old, GitConfig changed) {
    boolean bare = isBare(changed) != isBare(old);
    if (!bare && workTrees(old).equals(workTrees(changed))) {
      return Optional.empty();
    }
    return changed.settings().stream()
        .filter(GitProgramKeys::isRelative)
        .map(GitSetting::name)
        .findFirst()
        .or(places::relativeProgram)
        .map(
            setting ->
                new Refusal(
                    bare ? "core.bare" : "core.worktree", "would move the programs of " + setting));
  }

  /** Returns whether a file makes a repository bare: git runs its programs elsewhere then. */
  private static boolean isBare(GitConfig config) {
    boolean bare = false;
    for (GitSetting setting : config.settings()) {
      if (setting.name().equals("core.bare")) {
        String value = setting.value().orElse("true").toLowerCase(Locale.ROOT);
        bare = !Set.of("false", "no", "off", "0", "").contains(value);
      }
    }
    return bare;
  }

  private static List<GitSetting> workTrees(GitConfig config) {
    return config.settings().stream()
        .filter(setting -> setting.name().equals("core.worktree"))
        .toList();
  }

  private static Set<String> remotes(GitConfig config) {
    Set<String> remotes = new HashSet<>();
    for (GitSetting setting : config.settings()) {
      if (setting.section().equals("remote") && setting.key().equals("url")) {
        setting.subsection().ifPresent(remotes::add);
      }
    }
    return remotes;
  }

  /**
   * A name of a remote without its definition is a path: a definition that is named must not go.
   */
  private Optional<Refusal> undefinedRemotes(GitConfig old, GitConfig changed) {
    Set<String> before = remotes(old);
    Set<String> remotes = remotes(changed);
    for (GitSetting setting : changed.settings()) {
      String value = setting.value().orElse("");
      if (hasKind(setting, Kind.REMOTE) && before.contains(value) && !remotes.contains(value)) {
        Optional<String> problem = problem(setting, remotes);
        if (problem.isPresent()) {
          return refused(setting.name(), problem.get());
        }
      }
    }
    return Optional.empty();
  }

  /** Returns why a setting may not be changed, taken away or added. */
  private Optional<String> problem(GitSetting setting, Set<String> remotes) {
    Optional<GitProgramKeys.Names> program = GitProgramKeys.of(setting);
    Optional<Listed> listed = GitConfigKeys.all().of(setting);
    if (listed.isEmpty()) {
      return Optional.of(
          program.map(GitConfigGuard::named).orElse("is not known to name no program"));
    }
    if (setting.subsection().filter(GitConfigGuard::isOdd).isPresent()) {
      return Optional.of("has an unusual subsection");
    }
    if (setting.value().isEmpty()) {
      return listed.get().kind() == Kind.FLAG ? Optional.empty() : Optional.of("has no value");
    }
    for (String value : List.of(setting.value().get(), setting.keptValue().orElse(""))) {
      Optional<String> problem = problem(listed.get(), value, remotes);
      if (problem.isPresent()) {
        return program.map(GitConfigGuard::named).or(() -> problem);
      }
    }
    return Optional.empty();
  }

  private static String named(GitProgramKeys.Names names) {
    return switch (names) {
      case CONFIGURATION -> "names a file with more settings";
      case PATH -> "names a path to programs";
      case COMMAND -> "names a program";
    };
  }

  private static boolean isOdd(String text) {
    return text.startsWith("-") || hasControls(text) || text.length() > LONGEST;
  }

  private static boolean hasControls(String text) {
    return text.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7f);
  }

  private Optional<String> problem(Listed listed, String value, Set<String> remotes) {
    if (hasControls(value) || value.length() > LONGEST) {
      return Optional.of("has control characters, or is too long");
    }
    String lower = value.toLowerCase(Locale.ROOT);
    boolean passes =
        switch (listed.kind()) {
          case TEXT -> true;
          case FLAG -> FLAGS.contains(lower);
          case NUMBER -> NUMBER.matcher(value).matches();
          case WORDS -> listed.values().contains(lower);
          case EXACTLY -> listed.values().contains(value);
          case TREE -> places.workTree(GitSetting.decoded(value));
          case LOCATION, REMOTE -> true;
        };
    if (!passes) {
      return Optional.of(
          listed.kind() == Kind.TREE
              ? "leads out of the repository's working tree"
              : "has a value that is not known to name no program");
    }
    return switch (listed.kind()) {
      case LOCATION -> location(value);
      case REMOTE ->
          value.equals(".") || remotes.contains(value) ? Optional.empty() : remote(value);
      default -> Optional.empty();
    };
  }

  private Optional<String> remote(String value) {
    return location(value)
        .map(
            problem ->
                problem.startsWith("leads")
                    ? "names a remote that the file does not define"
                    : problem);
  }

  private Optional<String> location(String value) {
    GitLocation location = GitLocation.of(value);
    if (location instanceof GitLocation.Refused refused) {
      return Optional.of(refused.problem());
    }
    return location instanceof GitLocation.Local local
            && !places.repository(GitSetting.decoded(local.path()))
        ? Optional.of("leads to a repository that a command could exchange")
        : Optional.empty();
  }

  /**
   * New lines must be as git writes them: other programs read the file, too, and might take an
   * unusual line for something else.
   */
  private static Optional<Refusal> unusualLines(byte[] before, byte[] after) {
    Set<String> known = new HashSet<>(lines(before));
    List<String> lines = lines(after);
    for (int i = 0; i < lines.size(); i++) {
      if (!known.contains(lines.get(i)) && !isPlain(lines.get(i))) {
        return refused("", "has a line that git does not write so, line " + (i + 1));
      }
    }
    return Optional.empty();
  }

  /** Returns whether a line is blank, one section or one setting, without comment or more lines. */
  private static boolean isPlain(String line) {
    if (line.length() > LONGEST || hasControls(line)) {
      return false;
    }
    String text = line.strip();
    return text.isEmpty() || (text.startsWith("[") ? isSection(text) : isSetting(text));
  }

  private static boolean isSection(String text) {
    int quote = text.indexOf(" \"");
    if (quote < 0) {
      return text.endsWith("]") && NAME.matcher(text.substring(1, text.length() - 1)).matches();
    }
    return text.length() >= quote + 4
        && text.endsWith("\"]")
        && NAME.matcher(text.substring(1, quote)).matches()
        && isQuoted(text.substring(quote + 2, text.length() - 2), "\"\\");
  }

  private static boolean isSetting(String text) {
    int equal = text.indexOf('=');
    if (equal < 0) {
      return KEY.matcher(text).matches();
    }
    String value = text.substring(equal + 1).strip();
    boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
    return KEY.matcher(text.substring(0, equal).strip()).matches()
        && (quoted
            ? isQuoted(value.substring(1, value.length() - 1), ESCAPES)
            : isQuoted(value, ESCAPES) && value.indexOf('#') < 0 && value.indexOf(';') < 0);
  }

  /** Returns whether a text has quotes and backslashes only as escapes. */
  private static boolean isQuoted(String text, String escapes) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
        if (i == text.length() || escapes.indexOf(text.charAt(i)) < 0) {
          return false;
        }
      } else if (c == '"') {
        return false;
      }
    }
    return true;
  }

  private static List<String> lines(byte[] content) {
    return List.of(new String(content, StandardCharsets.ISO_8859_1).split("\r?\n", -1));
  }
}
