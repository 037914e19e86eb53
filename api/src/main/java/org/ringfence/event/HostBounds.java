package org.ringfence.event;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.ringfence.policy.effective.ProtectedNameMatcher;
import org.ringfence.policy.effective.SecretPlaces;
import org.ringfence.policy.path.Homes;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.tree.SharedDirectories;
import org.ringfence.policy.value.ListedName;

/** The bounds of remedies on this machine: secrets, and files that run or are read later. */
final class HostBounds implements GrantBounds {
  private static final String BY_HAND = "; grant it by hand if you mean to";
  private static final String LATER = "it can run code outside the sandbox later" + BY_HAND;

  private final Function<String, Optional<String>> names;
  private final SecretPlaces secrets;
  private final SharedDirectories shared;
  private final List<Path> homes;
  private final List<Path> programs;
  private final String workspace;

  /**
   * Creates the bounds of a machine.
   *
   * @param places the machine
   * @param path the value of PATH; the directories in it hold programs
   */
  HostBounds(PathContext places, String path) {
    this.names = ProtectedNameMatcher.namesAt(places);
    this.workspace = places.real(places.workspace());
    this.secrets = SecretPlaces.of(places);
    this.homes = Homes.of(places).stream().map(Path::of).toList();
    this.shared = new SharedDirectories(homes, Path.of(workspace));
    this.programs = programs(places, path);
  }

  private static List<Path> programs(PathContext places, String path) {
    List<Path> programs = new ArrayList<>();
    for (String entry : path.split(Pattern.quote(File.pathSeparator))) {
      try {
        if (Path.of(entry).isAbsolute()) {
          programs.add(Path.of(places.real(entry)));
        }
      } catch (InvalidPathException e) {
        // The system finds no program there either.
        continue;
      }
    }
    return programs;
  }

  @Override
  public Optional<String> againstReading(String path) {
    ListedName secret = secrets.over(path);
    if (secret != null) {
      return Optional.of("~/" + secret.text() + " holds secrets: " + secret.what() + BY_HAND);
    }
    return secrets.below(path).stream()
        .filter(place -> Files.exists(Path.of(place), LinkOption.NOFOLLOW_LINKS))
        .findFirst()
        .map(place -> "secrets lie below it, such as " + place + BY_HAND);
  }

  @Override
  public Optional<String> againstWriting(String path) {
    Optional<String> name = names.apply(path);
    if (name.isPresent()) {
      return name.map(each -> "protected name " + each + ": " + LATER);
    }
    Path file;
    try {
      file = Path.of(path);
    } catch (InvalidPathException e) {
      // A distribution's name on Windows, or letters that this JVM's locale lacks.
      return Optional.of("this JVM cannot name the file" + BY_HAND);
    }
    // A new name needs its directory, which is judged by itself; a project may lie in /usr/src.
    if (shared.isOfSystem(file)
        && Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && !file.startsWith(workspace)) {
      return Optional.of("a file of the system: " + LATER);
    }
    return programs.stream().anyMatch(file::startsWith)
        ? Optional.of("PATH finds programs there: " + LATER)
        : Optional.empty();
  }

  @Override
  public Optional<String> againstWritingBelow(String directory) {
    Path path;
    try {
      path = Path.of(directory);
    } catch (InvalidPathException e) {
      return Optional.of("this JVM cannot name the directory" + BY_HAND);
    }
    if (above(homes, path) || path.getNameCount() > 1 && shared.contains(path)) {
      return Optional.of("many programs share " + directory + BY_HAND);
    }
    return above(programs, path)
        ? Optional.of("PATH finds programs below " + directory + ": " + LATER)
        : againstWriting(directory);
  }

  private static boolean above(Collection<Path> places, Path directory) {
    return places.stream().anyMatch(place -> place.startsWith(directory));
  }
}
