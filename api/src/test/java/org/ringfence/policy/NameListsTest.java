package org.ringfence.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.ringfence.git.GitConfigKeys;
import org.ringfence.policy.effective.HomeNames;
import org.ringfence.policy.effective.ProtectedNameMatcher;
import org.ringfence.policy.effective.SecretPlaces;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.value.ListedName;

/** The lists of names are well formed, and the page of protected names shows them. */
class NameListsTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "protected-names.md");

  private static void table(StringBuilder text, String title, String what, List<ListedName> names) {
    text.append("\n## ").append(title).append("\n| name | ").append(what).append(" | source |\n");
    text.append("|---|---|---|\n");
    for (ListedName name : names) {
      text.append("| `").append(name.text()).append("` | ").append(name.what());
      text.append(" | ").append(name.source()).append(" |\n");
    }
  }

  private static String document() {
    StringBuilder text =
        new StringBuilder(
            """
            # Protected names

            Names that a command may not write although they lie in a writable root, because a program reads them
            later, outside the sandbox. Git directories are not listed: their own layout decides.
            The tables are made from `protected-names.txt`, `home-names.txt` and `secret-places.txt` beside
            `NameList`.
            """);
    table(
        text,
        "Anywhere below a writable root",
        "what reads it when it is started there",
        ProtectedNameMatcher.names());
    table(
        text,
        "In a home directory, or a part of it that can be written",
        "what reads it",
        HomeNames.names());
    text.append(
        """

        In a home that can be written as a whole, every other dot entry is protected as well, but for:
        """);
    table(
        text, "Caches in a home directory, which stay writable", "what it is", HomeNames.caches());
    table(
        text,
        "Secrets in a home directory, which the preset no-credentials hides",
        "what it holds",
        SecretPlaces.names());
    table(
        text,
        "Directories of dependencies and outputs, in which an editor's configuration is data",
        "what it holds",
        ProtectedNameMatcher.dependencies());
    text.append(
        """

        Packages ship such configuration, and a package manager that cannot write it leaves a package
        with files missing. An editor reads it only where somebody opens that very directory as a
        workspace. Git's names, and what a shell, a debugger or an agent reads, stay protected there.
        A directory is not renamed from there to elsewhere (`EXDEV`: `mv` copies instead).
        """);
    table(text, "What is data there", "whose", ProtectedNameMatcher.packageData());
    text.append(
        """

        ## Settings of a repository that a command may change
        On Linux, at the level `hooks-and-config`. Git writes its configuration to a lock file and renames
        that. Ringfence reads the new content as git does and puts a copy in its place, if every setting
        that differs is in this table and its value is of the given kind; all others name a program or a
        path to one, or might. A location is a server (`https`, `ssh`, `git`, `ftp`), or a local repository
        that a command cannot exchange; no remote helper (`ext::`), and nothing that is read as an option.
        A remote is a name that the file defines, or a location. A tree is the working tree itself.
        The table is made from `git-config-keys.txt` beside `GitConfigGuard`.

        | setting | value | source |
        |---|---|---|
        """);
    for (GitConfigKeys.Listed key : GitConfigKeys.all().listed()) {
      String values = key.values().stream().sorted().collect(Collectors.joining(" "));
      text.append("| `").append(key.name()).append("` | ");
      text.append(
          values.isEmpty() ? key.kind().name().toLowerCase(Locale.ROOT) : "`" + values + "`");
      text.append(" | ").append(key.source()).append(" |\n");
    }
    text.append(
        """

        In a new repository a command also makes the directory `hooks` with examples (`*.sample`), and
        pointers (`.git`, `gitdir`, `commondir`) that lead to git directories of its workspace. Where the
        user's own configuration names a program by a path in the working tree (`core.hooksPath =
        .githooks`), it makes no repository, and no working tree is linked to a repository with such a
        setting: its programs would be the command's.
        """);
    return text.toString();
  }

  @Test
  void protectedNamesPageMatchesTheLists() throws IOException {
    if (Boolean.getBoolean("ringfence.test.write")) {
      Files.writeString(DOCUMENT, document());
    }
    assertThat(Files.readString(DOCUMENT))
        .as(
            "to write it: ./mvnw -pl api -am test -Dtest=NameListsTest"
                + " -Dringfence.test.write=true -Dsurefire.failIfNoSpecifiedTests=false")
        .isEqualTo(document());
  }

  @Test
  void everyNameIsListedOnceWithReaderAndSource() {
    List<ListedName> all =
        Stream.of(ProtectedNameMatcher.names(), HomeNames.names(), HomeNames.caches())
            .flatMap(List::stream)
            .toList();
    assertThat(all).extracting(ListedName::text).doesNotHaveDuplicates();
    assertThat(SecretPlaces.names()).extracting(ListedName::text).doesNotHaveDuplicates();
    assertThat(Stream.concat(all.stream(), SecretPlaces.names().stream()))
        .allSatisfy(
            name -> {
              assertThat(name.what()).isNotBlank();
              assertThat(name.source()).isNotBlank();
              assertThat(name.components().get(0)).doesNotContain("*");
              assertThat(name.components()).doesNotContain("", ".", "..");
            });
  }

  @Test
  void editorsConfigurationIsDataInDependencies() {
    ProtectedNameMatcher names = new ProtectedNameMatcher(ProtectedNames.HOOKS_AND_CONFIG);
    assertThat(names.matching(List.of("node_modules", "a", ".vscode", "x"))).isNull();
    assertThat(names.matching(List.of("a", "target", ".idea"))).isNull();
    assertThat(names.matching(List.of(".vscode", "node_modules"))).isEqualTo(".vscode");
    assertThat(names.matching(List.of("Node_Modules", ".vscode"))).isEqualTo(".vscode");
    assertThat(names.matching(List.of("node_modules"))).isNull();
    assertThat(names.matching(List.of("node_modules", "a", ".envrc"))).isEqualTo(".envrc");
    assertThat(names.matching(List.of("vendor", "a", ".claude"))).isEqualTo(".claude");
    assertThat(names.matching(List.of("vendor", "a", ".git", "config"))).isEqualTo(".git/config");
    assertThat(names.matching(List.of("vendor", "a", ".git"))).isEqualTo(".git");
  }

  @Test
  void noCredentialsPresetHidesEverySecret() {
    assertThat(Presets.load("no-credentials").rules())
        .allMatch(rule -> rule.access() == Access.NONE)
        .extracting(FileRule::path)
        .containsExactlyElementsOf(
            SecretPlaces.names().stream().map(name -> ":home/" + name.text()).toList());
  }
}
