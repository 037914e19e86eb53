package org.ringfence.policy.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.ringfence.policy.Access;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.TmpPolicy;

class PolicyDifferenceTest {
  private static final List<String> BASES = List.of("read-only", "no-credentials");

  @TempDir private Path directory;

  static Stream<UnaryOperator<PolicyBuilder>> options() {
    return Stream.of(
        builder -> builder,
        builder -> builder.network(NetworkMode.ALLOWLIST),
        builder -> builder.network(NetworkMode.ALLOWLIST).allowHost("a.test:443"),
        builder -> builder.layer().rule("/data", Access.WRITE, MissingPath.REJECT),
        builder -> builder.layer().rule(":home/.ssh", Access.READ, MissingPath.REJECT),
        builder -> builder.layer().rule(":home/.ssh", Access.NONE, MissingPath.REJECT),
        builder -> builder.denyGlobs(List.of("**/*.key")),
        builder -> builder.variable("A", "b").includeVariables(List.of("C")),
        builder -> builder.publish("8080:3000").hostLoopbackPort(5432).unixSocket("/run/x"),
        builder -> builder.wallTime(Duration.ofSeconds(5)).memory(1 << 30).processes(7),
        builder -> builder.strictness(Strictness.Mode.BEST_EFFORT),
        builder -> builder.acceptWeaker(Guarantee.named("tmp")),
        builder -> builder.tmp(TmpPolicy.SHARED).ownLoopback(false));
  }

  @ParameterizedTest
  @MethodSource("options")
  void differenceToBaseReadsBackAsTheSamePolicy(UnaryOperator<PolicyBuilder> options)
      throws Exception {
    SandboxPolicy base = PolicyReader.combined(BASES);
    SandboxPolicy policy = options.apply(base.toBuilder()).build();
    String text = PolicyWriter.writeOver(BASES, base, policy, "a test");
    assertThat(text).contains("\"extends\"").doesNotContain(".aws");
    assertThat(text.lines().count()).isLessThan(30);
    assertThat(PolicyReader.parse("text", text)).isEqualTo(policy);
  }

  @Test
  void policyThatAdditionsCannotReachIsWrittenWhole() throws Exception {
    SandboxPolicy base = PolicyReader.combined(BASES);
    for (SandboxPolicy policy :
        List.of(SandboxPolicy.builder().build(), Presets.load("workspace-write"))) {
      String text = PolicyWriter.writeOver(BASES, base, policy, "a test");
      assertThat(text).doesNotContain("\"extends\"");
      assertThat(PolicyReader.parse("text", text)).isEqualTo(policy);
    }
  }

  @Test
  void baseFileIsExtendedByItsPath() throws Exception {
    Path file = Files.writeString(directory.resolve("base.json"), "{\"extends\": [\"read-only\"]}");
    List<String> bases = List.of(file.toString());
    SandboxPolicy base = PolicyReader.combined(bases);
    SandboxPolicy policy = base.toBuilder().network(NetworkMode.FULL).build();
    Path other = directory.resolve("other.json");
    Files.writeString(other, PolicyWriter.writeOver(bases, base, policy, "a test"));
    assertThat(PolicyReader.read(other).network()).isEqualTo(policy.network());
    assertThat(PolicyReader.read(other).rules()).isEqualTo(policy.rules());
  }
}
