package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Tests the completion scripts in the installed shells, and the manual pages. */
class CompletionTest {
  @TempDir private Path directory;

  private static String ringfence(String... args) {
    StringWriter out = new StringWriter();
    CommandLine line = Ringfence.commandLine();
    line.setOut(new PrintWriter(out));
    assertThat(line.execute(args)).isZero();
    return out.toString();
  }

  private static void assumeInstalled(String program) {
    assumeTrue(
        Stream.of("/usr/bin", "/bin", "/usr/local/bin", "/snap/bin", "/opt/homebrew/bin")
            .anyMatch(each -> Files.isExecutable(Path.of(each, program))),
        program + " is not installed");
  }

  private String output(String... command) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().put("HOME", directory.toString());
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return text;
  }

  private static final String CASES =
      """
      ringfence ru               | run           | verify
      ringfence policy va        | validate      | run
      ringfence run --pol        | --policy      | --write
      ringfence run -p no        | no-credentials | maven
      ringfence run -p own       | own.json      | maven
      ringfence run --backend b  | bubblewrap    | landlock
      ringfence run --best-effort limits.m | limits.memory | limits.output
      ringfence verify --format h | html         | junit
      ringfence plan --network a | allowlist     | full
      """;

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = CASES)
  void fishOffersMatchingWords(String line, String offered, String notOffered) throws Exception {
    assumeInstalled("fish");
    Files.createFile(directory.resolve("own.json"));
    Files.writeString(directory.resolve("script"), ringfence("completion", "fish"));
    assertThat(output("fish", "-c", "source script; complete -C '" + line + "'").lines())
        .anyMatch(each -> each.startsWith(offered))
        .noneMatch(each -> each.startsWith(notOffered));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = CASES)
  void powerShellOffersMatchingWords(String line, String offered, String notOffered)
      throws Exception {
    assumeInstalled("pwsh");
    Files.createFile(directory.resolve("own.json"));
    Files.writeString(directory.resolve("script.ps1"), ringfence("completion", "powershell"));
    String text =
        output(
            "pwsh",
            "-NoProfile",
            "-NonInteractive",
            "-Command",
            ". ./script.ps1; (TabExpansion2 '" + line + "').CompletionMatches.CompletionText");
    assertThat(text).contains(offered).doesNotContain(notOffered);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = CASES)
  void bashOffersMatchingWords(String line, String offered, String notOffered) throws Exception {
    assumeInstalled("bash");
    Files.createFile(directory.resolve("own.json"));
    Files.writeString(directory.resolve("script"), ringfence("completion"));
    String lines =
        "source ./script; COMP_WORDS=("
            + line
            + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE='"
            + line
            + "'; COMP_POINT=${#COMP_LINE}; _complete_ringfence 2>/dev/null; echo \"${COMPREPLY[*]}\"";
    assertThat(output("bash", "-c", lines).split("\\s+"))
        .contains(offered)
        .doesNotContain(notOffered);
  }

  @Test
  void powerShellScriptHasBalancedQuotes() {
    String script = ringfence("completion", "powershell");
    assertThat(script).contains("Register-ArgumentCompleter", "'no-credentials'", "'--policy'");
    // Each data line has an even number of quotes.
    assertThat(script.lines().filter(each -> each.startsWith("      @{")))
        .isNotEmpty()
        .allMatch(each -> each.chars().filter(letter -> letter == '\'').count() % 2 == 0);
  }

  @Test
  void everyCommandHasAManualPage() throws Exception {
    Path pages = directory.resolve("man1");
    ringfence("man", pages.toString());
    assertThat(pages.resolve("ringfence-run.1"))
        .content()
        .contains(".SH SYNOPSIS", "\\fB\\-\\-write\\fR \\fIPATH\\fR");
    assertThat(pages.resolve("ringfence-policy-show.1")).exists();
    assertThat(pages.resolve("ringfence.1")).hasContent(ringfence("man"));
    assertThat(ringfence("man"))
        .contains("Exit codes", "ringfence\\-learn")
        .doesNotContain("\\[u2026].");
    assumeInstalled("groff");
    List<String> command = new ArrayList<>(List.of("groff", "-man", "-Tutf8", "-ww", "-z"));
    try (Stream<Path> all = Files.list(pages)) {
      all.forEach(page -> command.add(page.toString()));
    }
    assertThat(command).hasSizeGreaterThan(20);
    assertThat(output(command.toArray(String[]::new))).isEmpty();
  }
}
