package org.ringfence.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the shells are those of POSIX systems")
class RemedyTextTest {
  private static final List<String> PRINTABLE =
      List.of(
          "/w/a b",
          "/w/it's",
          "/w/$(touch pwned)`touch pwned`",
          "/w/;touch pwned;",
          "/w/'; touch pwned; '",
          "/w/\\'; touch pwned; '",
          "/w/\\\\'; touch pwned; '\\",
          "/w/\"$HOME*~?[a]{b,c}!#");

  private static final List<String> ESCAPED =
      List.of("/w/\n'; touch pwned; '", "/w/\u202e\\'; touch pwned; '", "/w/\ntouch pwned\n");

  @TempDir private Path directory;

  private String output(String shell, String line) throws Exception {
    Process process =
        new ProcessBuilder(shell, "-c", line)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static String program(String name) {
    Path shell = Path.of("/usr/bin", name);
    Path other = Path.of("/bin", name);
    assumeTrue(Files.exists(shell) || Files.exists(other), "there is no " + name + " here");
    return (Files.exists(shell) ? shell : other).toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sh", "dash", "bash", "zsh", "fish"})
  void pastedWordIsTheNameAndRunsNothing(String name) throws Exception {
    String shell = program(name);
    assertThat(output(shell, "touch control; printf %s works")).isEqualTo("works");
    assertThat(directory.resolve("control")).exists();
    for (String word : PRINTABLE) {
      assertThat(output(shell, "printf '%s' " + RemedyText.pasted(List.of(word)))).isEqualTo(word);
    }
    for (String word : ESCAPED) {
      output(shell, "printf '%s' " + RemedyText.pasted(List.of(word)));
    }
    assertThat(directory.resolve("pwned")).doesNotExist();
  }
}
