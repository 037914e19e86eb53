package org.ringfence.policy;

import java.nio.file.Path;
import java.util.List;
import org.ringfence.policy.value.InvalidPolicyException;

/** The file part of a policy. Valid while the block runs; not thread-safe. */
public final class FilesPart {
  private final PolicyBuilder builder;

  FilesPart(PolicyBuilder builder) {
    this.builder = builder;
  }

  /**
   * Grants reading below a path.
   *
   * @param path an absolute path, or a special such as {@code :home/.m2}
   * @return this part
   */
  public FilesPart read(String path) {
    builder.read(path);
    return this;
  }

  /**
   * Grants reading below a path.
   *
   * @param path the path; a relative one starts at the JVM's working directory
   * @return this part
   */
  public FilesPart read(Path path) {
    builder.read(absolute(path));
    return this;
  }

  /**
   * Grants reading below a place.
   *
   * @param place the place
   * @return this part
   */
  public FilesPart read(Special place) {
    builder.read(place.text());
    return this;
  }

  /**
   * Grants writing, and with it reading, below a path.
   *
   * @param path an absolute path, or a special such as {@code :home/.m2}
   * @return this part
   */
  public FilesPart write(String path) {
    builder.write(path);
    return this;
  }

  /**
   * Grants writing, and with it reading, below a path.
   *
   * @param path the path; a relative one starts at the JVM's working directory
   * @return this part
   */
  public FilesPart write(Path path) {
    builder.write(absolute(path));
    return this;
  }

  /**
   * Grants writing, and with it reading, below a place.
   *
   * @param place the place
   * @return this part
   */
  public FilesPart write(Special place) {
    builder.write(place.text());
    return this;
  }

  /**
   * Denies a path and all below it.
   *
   * @param path an absolute path, or a special such as {@code :home/.m2}
   * @return this part
   */
  public FilesPart deny(String path) {
    builder.none(path);
    return this;
  }

  /**
   * Denies a path and all below it.
   *
   * @param path the path; a relative one starts at the JVM's working directory
   * @return this part
   */
  public FilesPart deny(Path path) {
    builder.none(absolute(path));
    return this;
  }

  /**
   * Denies a place and all below it.
   *
   * @param place the place
   * @return this part
   */
  public FilesPart deny(Special place) {
    builder.none(place.text());
    return this;
  }

  /**
   * Adds a rule.
   *
   * @param path an absolute path or a special
   * @param access the granted access
   * @param missing the action when nothing is there
   * @return this part
   */
  public FilesPart rule(String path, Access access, MissingPath missing) {
    builder.rule(path, access, missing);
    return this;
  }

  /**
   * Sets the access where no rule applies.
   *
   * @param value the default
   * @return this part
   */
  public FilesPart otherwise(FileDefault value) {
    builder.fileDefault(value);
    return this;
  }

  /**
   * Denies names at any depth.
   *
   * @param globs such as {@code **}{@code /.env}
   * @return this part
   */
  public FilesPart denyGlobs(String... globs) {
    builder.denyGlobs(List.of(globs));
    return this;
  }

  /**
   * Allows paths to be written although their names are protected. Files there can run code outside
   * the sandbox later.
   *
   * @param globs absolute paths, or names at any depth, such as {@code **}{@code /.vscode}
   * @return this part
   */
  public FilesPart allowNames(String... globs) {
    builder.allowedNames(List.of(globs));
    return this;
  }

  /**
   * Makes a path read-only, whether or not it exists.
   *
   * @param path an absolute path or a special
   * @return this part
   */
  public FilesPart protect(String path) {
    builder.protectedPath(path);
    return this;
  }

  /**
   * Makes a path read-only, whether or not it exists.
   *
   * @param path the path
   * @return this part
   */
  public FilesPart protect(Path path) {
    builder.protectedPath(absolute(path));
    return this;
  }

  /**
   * Sets the protection of names that later run code outside.
   *
   * @param value the level
   * @return this part
   */
  public FilesPart protectedNames(ProtectedNames value) {
    builder.protectedNames(value);
    return this;
  }

  /**
   * Sets the directory of temporary files.
   *
   * @param value the kind
   * @return this part
   */
  public FilesPart tmp(TmpPolicy value) {
    builder.tmp(value);
    return this;
  }

  /** Checks that a second rule for a path, in one layer, grants the same as a first, if any. */
  static void checkSame(FileRule before, Access access) {
    if (before != null && before.access() != access) {
      throw new InvalidPolicyException(
          "files.rules." + before.path(),
          access.word(),
          "one rule for a path; another one here says " + before.access().word());
    }
  }

  /** Rejects a glob, which no rule can have. */
  static void checkPath(String path, Access access) {
    if (path.indexOf('*') >= 0) {
      throw new InvalidPolicyException(
          "files.rules",
          path,
          access == Access.NONE
              ? "files.denyGlobs, which denies names by globs"
              : "the directory above: no backend can grant by a glob");
    }
  }

  /** Rejects alternatives and classes of other tools, which would be plain characters here. */
  static void checkGlob(String field, String glob) {
    if (glob.chars().anyMatch(c -> "{}[]".indexOf(c) >= 0)) {
      throw new InvalidPolicyException(
          field,
          glob,
          "a glob for each alternative; only *, ** and ? are wildcards, and ? stands for a bracket"
              + " in a name");
    }
  }

  private static String absolute(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }
}
