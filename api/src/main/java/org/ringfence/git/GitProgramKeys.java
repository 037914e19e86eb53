package org.ringfence.git;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The settings that name a program, or a file that leads to programs (git-config(1)). */
public final class GitProgramKeys {
  /** The kind of a setting's value. */
  public enum Names {
    /** A file with more settings. */
    CONFIGURATION,
    /** A file or directory from which git executes or configures programs. */
    PATH,
    /** A shell command line, or a program. */
    COMMAND
  }

  private static final Set<String> PATHS =
      Set.of("core.hookspath", "core.attributesfile", "init.templatedir");

  private static final Set<String> COMMANDS =
      Set.of(
          "core.fsmonitor",
          "core.sshcommand",
          "core.editor",
          "core.pager",
          "core.askpass",
          "core.gitproxy",
          "core.alternaterefscommand",
          "sequence.editor",
          "interactive.difffilter",
          "diff.external",
          "credential.helper",
          "gc.recentobjectshook",
          "gpg.program",
          "imap.tunnel",
          "instaweb.httpd",
          "uploadpack.packobjectshook");

  /** Keys with a subsection of any name, by section. */
  private static final Map<String, List<String>> ANY_SUBSECTION =
      Map.ofEntries(
          Map.entry("browser", List.of("cmd", "path")),
          Map.entry("credential", List.of("helper")),
          Map.entry("diff", List.of("command", "textconv")),
          Map.entry("difftool", List.of("cmd", "path")),
          Map.entry("filter", List.of("clean", "smudge", "process")),
          Map.entry("gpg", List.of("program", "defaultkeycommand")),
          Map.entry("guitool", List.of("cmd")),
          Map.entry("hook", List.of("command")),
          Map.entry("lfs", List.of("path", "clean", "smudge")),
          Map.entry("man", List.of("cmd", "path")),
          Map.entry("merge", List.of("driver")),
          Map.entry("mergetool", List.of("cmd", "path")),
          Map.entry("remote", List.of("uploadpack", "receivepack")),
          Map.entry("submodule", List.of("update")),
          Map.entry("tar", List.of("command")),
          Map.entry("trailer", List.of("command", "cmd")));

  /** Keys of {@code sendemail}, with or without a subsection. */
  private static final Set<String> SENDEMAIL =
      Set.of("smtpserver", "sendmailcmd", "tocmd", "cccmd", "headercmd");

  /** Values that name no program, in settings that may name one. */
  private static final Set<String> WORDS =
      Set.of("true", "false", "yes", "no", "on", "off", "0", "1");

  /** A word of a command line that is a relative path. */
  private static final Pattern RELATIVE = Pattern.compile("(?:^|[\\s\"'!;|&(=])[\\w.][\\w.@+-]*/");

  /** A later word of a command line that is a script of the working directory. */
  private static final Pattern SCRIPT =
      Pattern.compile(
          "\\S\\s+[\"']?(?!-)[\\w.@+-]+\\.(?:[ckz]?sh|bash|py|rb|pl|[cm]?[jt]s|php|lua|jar|awk|sed|tcl|ps1|bat|cmd|exe)"
              + "(?:[\\s\"';|&)]|$)",
          Pattern.CASE_INSENSITIVE);

  /** The working tree in a command line of the shell. */
  private static final Pattern COMPUTED =
      Pattern.compile(
          "--show-(?:toplevel|cdup)|\\$\\{?(?:PWD|GIT_(?:WORK_TREE|PREFIX))\\b|\\bpwd\\b");

  private GitProgramKeys() {}

  /**
   * Returns the kind of a setting's value.
   *
   * @param setting the setting
   * @return empty if it names no program
   */
  public static Optional<Names> of(GitSetting setting) {
    String value = setting.value().orElse("");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    String section = setting.section();
    String key = setting.key();
    boolean sub = setting.subsection().isPresent();
    if (key.equals("path") && (section.equals("include") && !sub || section.equals("includeif"))) {
      return Optional.of(Names.CONFIGURATION);
    }
    if (PATHS.contains(setting.name())) {
      return Optional.of(Names.PATH);
    }
    boolean shellOnly = section.equals("alias") || section.equals("submodule");
    boolean command =
        COMMANDS.contains(setting.name())
            || section.equals("alias")
            || section.equals("pager")
            || section.equals("sendemail") && SENDEMAIL.contains(key)
            || sub && ANY_SUBSECTION.getOrDefault(section, List.of()).contains(key);
    boolean word = WORDS.contains(value.toLowerCase(Locale.ROOT));
    return command && !word && (!shellOnly || value.startsWith("!"))
        ? Optional.of(Names.COMMAND)
        : Optional.empty();
  }

  /**
   * Returns whether a setting names a program by a path that is relative to a working tree: in
   * another working tree the path names another program. Aliases do not count: git runs them only
   * when a user types their names.
   *
   * @param setting the setting
   * @return true if it does
   */
  public static boolean isRelative(GitSetting setting) {
    Optional<Names> names = of(setting);
    if (names.isEmpty()
        || names.get() == Names.CONFIGURATION
        || setting.section().equals("alias")) {
      return false;
    }
    return GitConfigFiles.readings(setting).stream()
        .anyMatch(
            value ->
                names.get() == Names.PATH
                    ? !value.isEmpty() && !isAnchored(value)
                    : RELATIVE.matcher(value).find()
                        || SCRIPT.matcher(value).find()
                        || COMPUTED.matcher(value).find());
  }

  private static boolean isAnchored(String path) {
    return path.startsWith("/") || path.startsWith("~") || path.startsWith("%(prefix)/");
  }
}
