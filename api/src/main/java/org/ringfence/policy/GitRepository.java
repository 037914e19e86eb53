package org.ringfence.policy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The git directories of a working tree, as gitrepository-layout(5) lays them out. A linked
 * worktree and a submodule keep theirs elsewhere, named by a pointer file, which whoever wrote the
 * working tree may have written: it is believed only if what it names points back here.
 *
 * @param elsewhere git directories outside the working tree that a commit writes
 * @param targets files and directories that the configuration has git execute or include
 */
record GitRepository(List<Path> elsewhere, List<Path> targets) {
  private static final String POINTER = "gitdir: ";
  private static final int LARGEST_POINTER = 4096;
  private static final int LARGEST_CONFIG = 1 << 20;
  private static final Pattern SECTION = Pattern.compile("\\s*\\[([^\\]\"\\s]+).*");
  private static final Pattern ENTRY = Pattern.compile("\\s*([A-Za-z][-A-Za-z0-9]*)\\s*=\\s*(.*)");

  /** Looks at a directory that may be the top of a working tree. */
  static Optional<GitRepository> at(Path root) {
    Path dotGit = root.resolve(".git");
    if (Files.isDirectory(dotGit, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.of(new GitRepository(List.of(), targets(root, dotGit)));
    }
    if (!Files.isRegularFile(dotGit, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try {
      Path directory = pointedTo(dotGit);
      if (directory == null) {
        return Optional.empty();
      }
      Path common = commonDirectory(directory, dotGit);
      if (common == null && !isModuleOf(directory, root)) {
        return Optional.empty();
      }
      List<Path> elsewhere = common == null ? List.of(directory) : List.of(directory, common);
      return Optional.of(
          new GitRepository(elsewhere, targets(root, common == null ? directory : common)));
    } catch (IOException | InvalidPathException e) {
      // Not readable as a pointer: then it is none, and git fails on it as well.
      return Optional.empty();
    }
  }

  private static Path pointedTo(Path pointer) throws IOException {
    String text = line(pointer);
    if (!text.startsWith(POINTER)) {
      return null;
    }
    Path named = pointer.getParent().resolve(text.substring(POINTER.length()));
    return Files.isDirectory(named) ? named.toRealPath() : null;
  }

  /** Of a linked worktree, whose git directory names the pointer file in turn; else null. */
  private static Path commonDirectory(Path directory, Path pointer) throws IOException {
    Path commonFile = directory.resolve("commondir");
    Path backFile = directory.resolve("gitdir");
    if (!Files.isRegularFile(commonFile) || !Files.isRegularFile(backFile)) {
      return null;
    }
    Path back = directory.resolve(line(backFile));
    Path common = directory.resolve(line(commonFile)).toRealPath();
    boolean ours =
        Files.exists(back)
            && back.toRealPath().equals(pointer.toRealPath())
            && directory.getParent().equals(common.resolve("worktrees"));
    return ours ? common : null;
  }

  private static boolean isModuleOf(Path directory, Path root) throws IOException {
    for (Setting setting : settings(directory.resolve("config"))) {
      if (setting.is("core", "worktree")) {
        Path named = directory.resolve(setting.value);
        return directory.toString().contains("/.git/modules/")
            && Files.isDirectory(named)
            && named.toRealPath().equals(root.toRealPath());
      }
    }
    return false;
  }

  private static String line(Path file) throws IOException {
    if (Files.size(file) > LARGEST_POINTER) {
      throw new IOException(file + " is no pointer file");
    }
    return Files.readString(file).strip();
  }

  private static List<Path> targets(Path root, Path directory) {
    List<Path> targets = new ArrayList<>();
    for (String name : List.of("config", "config.worktree")) {
      Path config = directory.resolve(name);
      try {
        for (Setting setting : settings(config)) {
          setting.target(root, config).ifPresent(targets::add);
        }
      } catch (IOException | InvalidPathException e) {
        // Not readable for us, so not for a git of ours either.
        continue;
      }
    }
    return List.copyOf(targets);
  }

  /** One line of a configuration file. */
  private record Setting(String section, String key, String value) {
    private boolean is(String expectedSection, String expectedKey) {
      return section.equals(expectedSection) && key.equals(expectedKey);
    }

    private Optional<Path> target(Path root, Path config) {
      Path base;
      if (is("core", "hookspath") || is("core", "fsmonitor")) {
        base = root;
      } else if (key.equals("path") && (section.equals("include") || section.equals("includeif"))) {
        base = config.getParent();
      } else {
        return Optional.empty();
      }
      boolean word = value.isEmpty() || value.equals("true") || value.equals("false");
      if (word) {
        return Optional.empty();
      }
      String path =
          value.startsWith("~/") ? System.getProperty("user.home") + value.substring(1) : value;
      // A command line: what is executed is its first word.
      String program = key.equals("fsmonitor") ? path.split(" ")[0] : path;
      return Optional.of(base.resolve(program).normalize());
    }
  }

  /** As much of git's syntax as finds settings; what it cannot read it leaves out. */
  private static List<Setting> settings(Path config) throws IOException {
    List<Setting> settings = new ArrayList<>();
    if (!Files.isRegularFile(config) || Files.size(config) > LARGEST_CONFIG) {
      return settings;
    }
    String section = "";
    for (String line : Files.readAllLines(config, StandardCharsets.ISO_8859_1)) {
      Matcher header = SECTION.matcher(line);
      if (header.matches()) {
        section = header.group(1).toLowerCase(Locale.ROOT);
        continue;
      }
      Matcher entry = ENTRY.matcher(line);
      if (entry.matches()) {
        String value = entry.group(2).strip();
        if (value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")) {
          value = value.substring(1, value.length() - 1);
        }
        settings.add(new Setting(section, entry.group(1).toLowerCase(Locale.ROOT), value));
      }
    }
    return settings;
  }
}
