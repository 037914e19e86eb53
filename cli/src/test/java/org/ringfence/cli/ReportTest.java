package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.cli.CommandLineProcess.Result;
import org.ringfence.policy.Places;
import org.ringfence.policy.json.Presets;

/** What {@code run --report} says. */
class ReportTest {
  @TempDir private Path base;

  private Path workspace() throws Exception {
    return Files.createDirectories(base.toRealPath().resolve("workspace"));
  }

  private Result run(String... args) throws Exception {
    return CommandLineProcess.in(workspace()).run(args);
  }

  private void demand(String backend) throws Exception {
    var plan =
        Backends.load()
            .byId(backend)
            .plan(Presets.load("workspace-write").in(Places.current(workspace())));
    assumeTrue(
        plan.acceptable(), () -> "refused here: " + plan.availability().reasons() + plan.unmet());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "secret/key",
        "secret/deep/key",
        "./open/../secret/deep/key",
        "WORKSPACE/secret/key"
      })
  void aFileBelowADeniedDirectoryIsNamed(String given) throws Exception {
    demand("bubblewrap");
    Files.createDirectories(workspace().resolve("secret/deep"));
    Files.createDirectories(workspace().resolve("open"));
    Files.writeString(workspace().resolve("secret/key"), "KEY");
    Files.writeString(workspace().resolve("secret/deep/key"), "KEY");
    Files.writeString(workspace().resolve("open/file"), "FILE");
    String name = given.replace("WORKSPACE", workspace().toString());
    String[] line = {"run", "--backend", "bubblewrap", "--deny", "secret", "--report", "--", "cat"};
    Result denied = run(with(line, name));
    assertThat(denied.exit()).isEqualTo(1);
    assertThat(denied.out()).isEmpty();
    assertThat(denied.err())
        .contains("open " + workspace().resolve(name).normalize(), "/secret: none", "as it seems");
    Result control = run(with(line, "open/file"));
    assertThat(control.out()).isEqualTo("FILE");
    assertThat(control.err()).contains("nothing was denied");
  }

  private static String[] with(String[] line, String word) {
    String[] longer = Arrays.copyOf(line, line.length + 1);
    longer[line.length] = word;
    return longer;
  }
}
