package org.ringfence.git;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The settings that a command may change in a repository's configuration, as data: {@code
 * git-config-keys.txt}. Immutable.
 */
public final class GitConfigKeys {
  /** The kind of a listed setting's value. */
  public enum Kind {
    /** Any text without control characters. */
    TEXT,
    /** A boolean; a name without a value is true. */
    FLAG,
    /** A number, with a unit if need be. */
    NUMBER,
    /** One of the listed words. */
    WORDS,
    /** The listed text. */
    EXACTLY,
    /** The location of a repository. */
    LOCATION,
    /** The name of a remote that the file defines, or a location. */
    REMOTE,
    /** A working tree of the same repository. */
    TREE
  }

  /**
   * A line of the list.
   *
   * @param name the setting's name, with {@code *} for any subsection
   * @param kind the kind of its value
   * @param values the words or the text; empty for other kinds
   * @param source the source that says what the setting does
   */
  public record Listed(String name, Kind kind, Set<String> values, String source) {
    /** Copies the values. */
    public Listed {
      values = Set.copyOf(values);
    }
  }

  private static final GitConfigKeys ALL = read();

  private final Map<String, Listed> byName;

  private GitConfigKeys(Map<String, Listed> byName) {
    this.byName = byName;
  }

  /**
   * Returns the list.
   *
   * @return the list
   */
  public static GitConfigKeys all() {
    return ALL;
  }

  /**
   * Returns all lines.
   *
   * @return the lines, sorted by name
   */
  public List<Listed> listed() {
    return byName.values().stream().sorted(java.util.Comparator.comparing(Listed::name)).toList();
  }

  /**
   * Finds a setting.
   *
   * @param setting the setting
   * @return its line, if it is listed
   */
  public Optional<Listed> of(GitSetting setting) {
    String generic =
        setting
            .subsection()
            .map(sub -> setting.section() + ".*." + setting.key())
            .orElse(setting.section() + ".*");
    Listed exact = byName.get(setting.name());
    return Optional.ofNullable(exact != null ? exact : byName.get(generic));
  }

  private static GitConfigKeys read() {
    Map<String, Listed> byName = new HashMap<>();
    for (String line : text().split("\n")) {
      if (!line.isEmpty() && !line.startsWith("#")) {
        Listed listed = parsed(line);
        byName.put(listed.name(), listed);
      }
    }
    return new GitConfigKeys(byName);
  }

  private static Listed parsed(String line) {
    String[] parts = line.split(" \\| ", 3);
    int colon = parts[1].indexOf(": ");
    String kind = colon < 0 ? parts[1] : parts[1].substring(0, colon);
    String rest = colon < 0 ? "" : parts[1].substring(colon + 2);
    Kind parsed = Kind.valueOf(kind.toUpperCase(Locale.ROOT));
    Set<String> values =
        switch (parsed) {
          case WORDS -> Set.of(rest.split(" "));
          case EXACTLY -> Set.of(rest);
          default -> Set.of();
        };
    return new Listed(parts[0], parsed, values, parts[2]);
  }

  private static String text() {
    try (InputStream in = GitConfigKeys.class.getResourceAsStream("git-config-keys.txt")) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks git-config-keys.txt");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
