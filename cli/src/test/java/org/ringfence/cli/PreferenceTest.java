package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.plan.Preference;
import org.ringfence.policy.json.Presets;
import picocli.CommandLine;

/** The preference between backends that enforce the same. */
class PreferenceTest {
  @TempDir private Path workspace;

  @BeforeEach
  void needBothLinuxBackends() throws Exception {
    for (String id : new String[] {"landlock", "bubblewrap"}) {
      assumeTrue(
          Backends.load().byId(id).probe().usable(), "not run: " + id + " does not run here");
    }
  }

  private String plan(int code, String... options) {
    StringWriter both = new StringWriter();
    CommandLine line = Ringfence.commandLine();
    line.setOut(new PrintWriter(both)).setErr(new PrintWriter(both));
    String[] words = new String[options.length + 3];
    words[0] = "plan";
    words[1] = "-C";
    words[2] = workspace.toString();
    System.arraycopy(options, 0, words, 3, options.length);
    assertThat(line.execute(words)).isEqualTo(code);
    return both.toString();
  }

  @Test
  void planNamesTheBackendOfTheOtherPreference() {
    assertThat(plan(ExitCode.OK))
        .startsWith("backend landlock")
        .contains("with --prefer work, 'run' takes bubblewrap");
    assertThat(plan(ExitCode.OK, "--prefer", "work"))
        .startsWith("backend bubblewrap")
        .contains("with --prefer launch, 'run' takes landlock");
    assertThat(plan(ExitCode.OK, "--backend", "landlock", "--prefer", "work"))
        .startsWith("backend landlock")
        .doesNotContain("--prefer");
  }

  @Test
  void preferenceTakesNoBackendThatCannotEnforce() {
    assertThat(plan(ExitCode.OK, "--prefer", "launch", "--deny", workspace + "/x"))
        .startsWith("backend bubblewrap")
        .doesNotContain("--prefer");
  }

  @Test
  void unknownPreferenceIsNamedWithTheValidOnes() {
    assertThat(plan(ExitCode.OWN_FAILURE, "--prefer", "speed"))
        .contains("--prefer", "'speed'", "launch, work");
  }

  @Test
  void openerTakesThePreferredBackend() throws Exception {
    for (Preference each : Preference.values()) {
      try (Sandbox sandbox =
          Sandbox.opener(Presets.load("workspace-write"))
              .workspace(workspace)
              .prefer(each)
              .open()) {
        assertThat(sandbox.plan().backend())
            .isEqualTo(each == Preference.WORK ? "bubblewrap" : "landlock");
        assertThat(sandbox.command("sh", "-c", "echo made > file && cat file").run().stdout())
            .hasToString("made\n");
      }
    }
  }
}
