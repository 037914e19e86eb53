package org.ringfence.linux.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** Checks that under Landlock every new pseudo-terminal counts against the limit. */
class MultiplexerTest {
  /**
   * Opens terminals for reading and writing, which the supervisor counts, until that fails; then
   * one for reading.
   */
  private static final String OPENS =
      """
      use strict; use Fcntl;
      my @all;
      my $reading = sysopen(my $early, "/dev/ptmx", O_RDONLY | O_NOCTTY) ? "opened" : "refused";
      while (@all < 300 and sysopen(my $each, "/dev/ptmx", O_RDWR | O_NOCTTY)) {
        push @all, $each;
      }
      sysopen(my $late, "/dev/ptmx", O_RDONLY | O_NOCTTY) and $reading = "opened";
      print "$reading for reading, ", (@all > 0 && @all <= 256 ? "counted" : scalar @all), "\\n";
      """;

  @TempDir private Path workspace;

  @Test
  void readOnlyOpenOfANewTerminalIsRefused() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "the command needs perl");
    var plan =
        new LandlockBackend()
            .plan(EffectivePolicy.of(Presets.load("workspace-write"), PathContext.current()));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.unmet());
    Process control =
        new ProcessBuilder(
                "/usr/bin/perl", "-e", "open(my $f, '<', '/dev/ptmx') or die; print 'opened'")
            .start();
    String outside = new String(control.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeTrue(outside.equals("opened"), "no pseudo-terminal can be opened here");
    Path script = Files.writeString(workspace.resolve("opens.pl"), OPENS);
    try (Sandbox sandbox =
        Sandbox.opener(Presets.load("workspace-write"))
            .workspace(workspace)
            .backend("landlock")
            .open()) {
      Result result = sandbox.command("/usr/bin/perl", script.toString()).run();
      assertThat(result.stdout().toString().strip()).isEqualTo("refused for reading, counted");
    }
  }
}
