package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

/** Plans more rules than bwrap has room for on its command line. */
class ManyRulesTest {
  @TempDir private Path directory;

  private SandboxPlan plan(int rules) throws Exception {
    PolicyBuilder policy = SandboxPolicy.builder().write(":workspace");
    for (int i = 0; i < rules; i++) {
      Path file = directory.resolve("f" + i);
      if (!Files.exists(file)) {
        Files.createFile(file);
      }
      policy.write(file.toString());
    }
    Path workspace = Files.createDirectories(directory.resolve("ws"));
    return new BubblewrapBackend()
        .plan(EffectivePolicy.of(policy.build(), PathContext.current(workspace)));
  }

  @Test
  void planRefusesMoreRulesThanBwrapAccepts() throws Exception {
    assumeTrue(plan(1).availability().usable(), "bubblewrap does not work here");
    assertThat(plan(2_500).availability().usable()).isTrue();
    SandboxPlan refused = plan(3_100);
    assertThat(refused.availability().usable()).isFalse();
    assertThat(refused.acceptable()).isFalse();
    assertThat(refused.availability().toString()).contains("words of options", "9000");
  }
}
