package org.ringfence.git;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GitLfsHookTest {
  private static final String ECHO =
      "#!/bin/sh\n"
          + "command -v git-lfs >/dev/null 2>&1 || { echo >&2 \"\\nThis repository is configured for"
          + " Git LFS but 'git-lfs' was not found on your path. If you no longer wish to use Git"
          + " LFS, remove this hook by deleting '.git/hooks/pre-push'.\\n\"; exit 2; }\n"
          + "git lfs pre-push \"$@\"\n";
  private static final String PRINTF =
      "#!/bin/sh\n"
          + "command -v git-lfs >/dev/null 2>&1 || { printf >&2 \"\\n%s\\n\\n\" \"This repository is"
          + " configured for Git LFS but 'git-lfs' was not found on your path. If you no longer wish"
          + " to use Git LFS, remove this hook by deleting the 'pre-push' file in the hooks"
          + " directory (set by 'core.hookspath'; usually '.git/hooks').\"; exit 2; }\n"
          + "git lfs pre-push \"$@\"\n";

  private static boolean is(String name, String text) {
    return GitLfsHook.is(name, text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void hooksThatGitLfsWritesAreKnown() {
    assertThat(is("pre-push", ECHO)).isTrue();
    assertThat(is("pre-push", PRINTF)).isTrue();
    assertThat(is("post-merge", PRINTF.replace("pre-push", "post-merge"))).isTrue();
  }

  @Test
  void hookUnderAnotherNameIsUnknown() {
    assertThat(is("post-merge", ECHO)).isFalse();
    assertThat(is("pre-commit", ECHO.replace("pre-push", "pre-commit"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$(evil)",
        "`evil`",
        "\"; evil; \"",
        "\\\"; evil; \\\"",
        "$evil",
        "\n",
        "\r",
        "\\",
        "\0",
        "\u00e9"
      })
  void hookWithAnotherMessageThatAShellReadsIsUnknown(String part) {
    assertThat(is("pre-push", ECHO.replace("no longer", "no " + part + " longer"))).isFalse();
    assertThat(is("pre-push", PRINTF.replace("no longer", "no " + part + " longer"))).isFalse();
  }

  @Test
  void hookWithMoreIsUnknown() {
    for (String other :
        new String[] {
          "",
          ECHO + "evil\n",
          "evil\n" + ECHO,
          ECHO.replace("git lfs pre-push", "git evil pre-push"),
          ECHO.replace("#!/bin/sh", "#!evil"),
          ECHO.replace("git lfs", "./git lfs"),
          ECHO.replace("exit 2", "evil"),
          ECHO + "\n"
        }) {
      assertThat(is("pre-push", other)).as(other).isFalse();
    }
  }
}
