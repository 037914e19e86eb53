package org.ringfence.policy.path;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The user's home directory for {@code :home}, for {@code ~} and for Ringfence's state: {@code
 * $HOME} when it is an absolute path of a directory that the caller owns; else the directory in the
 * user's entry of the password database. Immutable.
 *
 * @param path the home; empty when there is none
 * @param reason its source, in words
 * @param others other directories that the environment or the database names: a denial below home
 *     applies there as well
 */
public record HomeDirectory(Optional<String> path, String reason, List<String> others) {
  private static final String BY_VARIABLE = "by HOME";
  private static final String BY_ENTRY = "by the user's entry in the password database";
  private static final String NO_USER = "?";
  private static final String NONE =
      "neither HOME nor the password database names a directory of this user's";

  /** Copies the list. */
  public HomeDirectory {
    others = List.copyOf(others);
  }

  /**
   * Returns the home of the user that runs this JVM.
   *
   * @return the decision
   */
  public static HomeDirectory current() {
    String entry = System.getProperty("user.home", "");
    if (PathStyle.current() == PathStyle.WINDOWS) {
      return named(entry);
    }
    // If the database lacks the user, JVMs invent a home: "?", or that of HOME.
    boolean known = !System.getProperty("user.name", NO_USER).equals(NO_USER);
    return of(System.getenv("HOME"), known ? entry : "");
  }

  /** Creates a home by its name, for another system. */
  static HomeDirectory named(String home) {
    return new HomeDirectory(Optional.of(home), "as it was named", List.of());
  }

  /**
   * Chooses the home by the existing directories.
   *
   * @param variable the value of HOME, or null
   * @param entry the path in the password database; not absolute when it has none
   * @return the decision
   */
  static HomeDirectory of(String variable, String entry) {
    Set<String> named = new LinkedHashSet<>();
    Optional<Path> byVariable = directory(variable);
    Optional<Path> byEntry = directory(entry);
    byVariable.ifPresent(path -> named.add(path.toString()));
    byEntry.ifPresent(path -> named.add(path.toString()));
    boolean own = byVariable.isPresent() && isOwn(byVariable.get());
    Optional<String> home = own ? byVariable.map(Path::toString) : byEntry.map(Path::toString);
    home.ifPresent(named::remove);
    named.removeIf(other -> home.isPresent() && isSame(other, home.get()));
    // The root is never a home: a denial below it would cover system directories.
    named.remove("/");
    return new HomeDirectory(
        home, home.isEmpty() ? NONE : own ? BY_VARIABLE : BY_ENTRY, List.copyOf(named));
  }

  private static Optional<Path> directory(String text) {
    try {
      return Optional.ofNullable(text)
          .filter(value -> value.startsWith("/"))
          .map(value -> Path.of(value).normalize())
          .filter(Files::isDirectory);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  private static boolean isOwn(Path directory) {
    try {
      Object caller = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      return Files.getAttribute(directory, "unix:uid").equals(caller);
    } catch (IOException e) {
      return Files.isWritable(directory);
    }
  }

  private static boolean isSame(String one, String other) {
    try {
      return Files.isSameFile(Path.of(one), Path.of(other));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Returns the user's directory for state of programs: {@code $XDG_STATE_HOME}, or {@code
   * .local/state} below home (XDG Base Directory Specification).
   *
   * @return the directory, whether or not it exists; empty when there is no home
   */
  public Optional<Path> state() {
    String named = System.getenv("XDG_STATE_HOME");
    return named != null && named.startsWith("/")
        ? Optional.of(Path.of(named))
        : path.map(home -> Path.of(home, ".local", "state"));
  }
}
