package org.ringfence.git;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Configuration files with their includes, in git's order. Every {@code includeIf} counts as true:
 * its condition is about places, branches and remotes, which can change. Not thread-safe.
 */
public final class GitConfigFiles {
  /**
   * A setting and its file.
   *
   * @param file the file, as it was reached
   * @param setting the setting
   */
  public record Located(Path file, GitSetting setting) {}

  // config.c, MAX_INCLUDE_DEPTH
  private static final int DEEPEST = 10;
  private static final int LARGEST = 4 << 20;
  private static final int MOST_FILES = 256;

  private final List<Path> homes;
  private final Set<Path> read = new LinkedHashSet<>();
  private final Set<Path> missing = new LinkedHashSet<>();
  private final List<Located> settings = new ArrayList<>();
  private final List<String> unread = new ArrayList<>();

  /**
   * Creates an empty reader.
   *
   * @param homes the possible directories of {@code ~}
   */
  public GitConfigFiles(List<Path> homes) {
    this.homes = List.copyOf(homes);
  }

  /**
   * Reads a file and its includes. A missing or unreadable file has no settings, as in git.
   *
   * @param file the file
   * @return this
   */
  public GitConfigFiles read(Path file) {
    read(file.toAbsolutePath().normalize(), 0);
    return this;
  }

  private void read(Path file, int depth) {
    if (depth > DEEPEST || read.size() >= MOST_FILES) {
      unread.add(file + ": too many includes");
      return;
    }
    if (!Files.isRegularFile(file)) {
      missing.add(file);
      return;
    }
    if (!read.add(file)) {
      return;
    }
    byte[] content;
    try (InputStream input = Files.newInputStream(file)) {
      content = input.readNBytes(LARGEST);
      if (input.read() >= 0) {
        unread.add(file + ": larger than " + LARGEST + " bytes");
      }
    } catch (IOException e) {
      // Git cannot read it as this user either.
      return;
    }
    for (GitSetting setting : GitConfig.parse(content).settings()) {
      settings.add(new Located(file, setting));
      if (GitProgramKeys.of(setting).equals(Optional.of(GitProgramKeys.Names.CONFIGURATION))) {
        readings(setting)
            .forEach(
                value ->
                    expanded(value, List.of(file.resolveSibling("")))
                        .forEach(included -> read(included, depth + 1)));
      }
    }
  }

  /**
   * Returns a value's one or two readings, by git's version.
   *
   * @param setting a setting
   * @return the values, decoded
   */
  public static Set<String> readings(GitSetting setting) {
    Set<String> values = new LinkedHashSet<>();
    setting.value().map(GitSetting::decoded).ifPresent(values::add);
    setting.keptValue().map(GitSetting::decoded).ifPresent(values::add);
    return values;
  }

  /**
   * Returns the paths that a value may mean.
   *
   * @param value a path as git takes it
   * @param bases the start directories of a relative one
   * @return the absolute paths; none if it is not a path
   */
  public List<Path> expanded(String value, List<Path> bases) {
    try {
      if (value.startsWith("~")) {
        int slash = value.indexOf('/');
        boolean own = value.length() == 1 || slash == 1;
        String rest = slash < 0 ? "" : value.substring(slash + 1);
        // Another user's home: as a sibling of this one, which is a harmless superset.
        return homes.stream()
            .map(home -> own ? home : home.resolveSibling(named(value, slash)))
            .map(home -> home.resolve(rest).normalize())
            .toList();
      }
      if (value.startsWith("%(prefix)/") || value.isEmpty()) {
        return List.of();
      }
      return bases.stream().map(base -> base.resolve(value).normalize()).toList();
    } catch (InvalidPathException e) {
      return List.of();
    }
  }

  private static String named(String value, int slash) {
    return value.substring(1, slash < 0 ? value.length() : slash);
  }

  /**
   * Returns all settings read so far.
   *
   * @return the settings in git's order
   */
  public List<Located> settings() {
    return List.copyOf(settings);
  }

  /**
   * Returns the files that were read, and missing ones.
   *
   * @return absolute paths
   */
  public Set<Path> files() {
    Set<Path> all = new LinkedHashSet<>(read);
    all.addAll(missing);
    return all;
  }

  /**
   * Returns the files that git would read and this reader did not.
   *
   * @return one line each
   */
  public List<String> unread() {
    return List.copyOf(unread);
  }
}
