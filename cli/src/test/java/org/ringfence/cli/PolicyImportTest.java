package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.cli.report.ExitCode;

/** The command {@code ringfence policy import} prints a policy, or says why it prints none. */
class PolicyImportTest {
  @TempDir private Path directory;

  @Test
  void importedPolicyIsValidAndPartsThatNoPolicySaysAreNamed() throws Exception {
    CommandLineProcess line = new CommandLineProcess(directory, Map.of());
    Path settings = directory.resolve("settings.json");
    Files.writeString(
        settings,
        "{\"network\": {\"allowedDomains\": [\"example.org\"]}, \"ripgrep\": {},"
            + " \"filesystem\": {\"allowWrite\": [\".\"]}}");
    CommandLineProcess.Result imported = line.run("policy", "import", "srt", "settings.json");
    assertThat(imported.exit()).isZero();
    assertThat(imported.err()).contains("ripgrep: ").contains("without effect on access");
    Files.writeString(directory.resolve("policy.json"), imported.out());
    assertThat(line.run("policy", "validate", "policy.json").out()).contains("valid");

    Files.writeString(settings, "{\"network\": {\"tlsTerminate\": {}}}");
    CommandLineProcess.Result weaker = line.run("policy", "import", "srt", "settings.json");
    assertThat(weaker.exit()).isEqualTo(ExitCode.NO);
    assertThat(weaker.out()).isEmpty();
    assertThat(weaker.err()).contains("network.tlsTerminate: ").contains("--partial");
    CommandLineProcess.Result partial =
        line.run("policy", "import", "--partial", "srt", "settings.json");
    assertThat(partial.exit()).isZero();
    assertThat(partial.out()).contains("\"rules\"");
  }
}
