package org.ringfence.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.effective.HomeNames;
import org.ringfence.policy.effective.ProtectedNameMatcher;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.proposal.SecretPlaces;
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

            What a command may not write although it lies in a writable root, because a program reads it
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
  void noCredentialsPresetHidesEverySecret() {
    assertThat(Presets.load("no-credentials").rules())
        .allMatch(rule -> rule.access() == Access.NONE)
        .extracting(FileRule::path)
        .containsExactlyElementsOf(
            SecretPlaces.names().stream().map(name -> ":home/" + name.text()).toList());
  }
}
