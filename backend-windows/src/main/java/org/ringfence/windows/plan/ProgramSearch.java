package org.ringfence.windows.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds a program as {@code CreateProcessW} would, but never in the current directory and never an
 * alias of a packaged app. Pure.
 */
public final class ProgramSearch {
  private static final List<String> EXTENSIONS = List.of(".com", ".exe", ".bat", ".cmd");
  private static final String ALIASES = "\\windowsapps\\";

  private final String path;
  private final String systemDirectory;
  private final Predicate<String> isFile;

  /**
   * Prepares a search.
   *
   * @param path the value of {@code PATH}
   * @param systemDirectory the system directory, which comes first
   * @param isFile whether a path names a file
   */
  public ProgramSearch(String path, String systemDirectory, Predicate<String> isFile) {
    this.path = path;
    this.systemDirectory = systemDirectory;
    this.isFile = isFile;
  }

  /**
   * Finds a program.
   *
   * @param name its name or its path; a relative path counts from the working directory
   * @param directory the working directory
   * @return its absolute path; empty if there is none
   * @throws IllegalArgumentException if the name is not one that is safe to start, with the reason
   */
  public Optional<String> find(String name, String directory) {
    String plain = name.replace('/', '\\');
    Optional<String> found;
    if (plain.indexOf('\\') < 0 && !(plain.length() > 1 && plain.charAt(1) == ':')) {
      check("C:\\" + plain);
      found = onPath(plain);
    } else {
      boolean absolute = plain.startsWith("\\\\") || plain.length() > 1 && plain.charAt(1) == ':';
      String full = absolute ? plain : directory.replaceFirst("\\\\+$", "") + "\\" + plain;
      check(full);
      found = withExtension(withoutDots(full));
    }
    found.ifPresent(
        program -> {
          if (program.toLowerCase(Locale.ROOT).contains(ALIASES)) {
            throw new IllegalArgumentException(
                "it is an alias of a packaged app; use the program's real .exe");
          }
        });
    return found;
  }

  /** Resolves the dots of a long path, which Windows uses unchanged. */
  private static String withoutDots(String full) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : full.split("\\\\")) {
      if (part.equals("..") && parts.size() > 1) {
        parts.removeLast();
      } else if (!part.equals(".") && !part.equals("..") && !part.isEmpty()) {
        parts.addLast(part);
      }
    }
    return String.join("\\", parts);
  }

  private static void check(String full) {
    PathHazard.of(full)
        .ifPresent(
            wrong -> {
              throw new IllegalArgumentException(wrong);
            });
  }

  private Optional<String> onPath(String name) {
    for (String directory : directories()) {
      Optional<String> found = withExtension(directory + "\\" + name);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Returns the absolute directories of {@code PATH}, the system directory first. */
  private List<String> directories() {
    List<String> directories = new ArrayList<>(List.of(systemDirectory));
    for (String entry : path.split(";")) {
      String plain = entry.replace("\"", "").replace('/', '\\').replaceFirst("\\\\+$", "");
      boolean named = PathHazard.of(plain + "\\x").isEmpty();
      if (named && !(plain + "\\").toLowerCase(Locale.ROOT).contains(ALIASES)) {
        directories.add(plain);
      }
    }
    return directories;
  }

  private Optional<String> withExtension(String full) {
    String lower = full.toLowerCase(Locale.ROOT);
    if (EXTENSIONS.stream().anyMatch(lower::endsWith)) {
      return isFile.test(full) ? Optional.of(full) : Optional.empty();
    }
    return EXTENSIONS.stream().map(extension -> full + extension).filter(isFile).findFirst();
  }
}
