package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.PathContext;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the level existing is one of Linux")
class NamesHeldByMountsTest {
  @TempDir Path directory;

  private EffectivePolicy policy(UnaryOperator<PolicyBuilder> more) throws Exception {
    Path workspace = Files.createDirectories(directory.toRealPath().resolve("ws"));
    for (String name : List.of("held", "secret", "deeper")) {
      Files.createDirectories(workspace.resolve(name));
    }
    return EffectivePolicy.of(
        more.apply(
                SandboxPolicy.builder().write(":workspace").protectedNames(ProtectedNames.EXISTING))
            .build(),
        PathContext.current(workspace));
  }

  @Test
  void mountsHoldAWorkspaceAndWhatLiesBesideIt() throws Exception {
    assertThat(policy(more -> more).needsNamesDecided()).isEmpty();
    assertThat(policy(more -> more.none("/root").read("/etc")).needsNamesDecided()).isEmpty();
  }

  static Stream<Arguments> decided() {
    return Stream.of(
        part("files.default write", more -> more.fileDefault(FileDefault.WRITE)),
        part("files.denyGlobs", more -> more.denyGlobs(List.of("**/.env"))),
        part("network.unixSockets", more -> more.unixSocket("/run/x.sock")),
        part("lifetime keep", more -> more.onRootExit(Lifetime.Leftovers.KEEP)),
        part("files.rules", more -> more.read(":workspace/held")),
        part("files.rules", more -> more.none(":workspace/secret")),
        part("files.rules", more -> more.write(":workspace/deeper")));
  }

  private static Arguments part(String named, UnaryOperator<PolicyBuilder> more) {
    return Arguments.of(named, more);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("decided")
  void partThatMountsDoNotHoldIsNamed(String named, UnaryOperator<PolicyBuilder> more)
      throws Exception {
    assertThat(policy(more).needsNamesDecided())
        .hasValueSatisfying(part -> assertThat(part).startsWith(named));
  }

  @Test
  void protectedPathWhoseDirectoryCanBeExchangedIsNamed() throws Exception {
    Path held = Files.createDirectories(directory.toRealPath().resolve("ws/a")).resolve("b");
    assertThat(policy(more -> more.protectedPath(held.toString())).needsNamesDecided())
        .hasValueSatisfying(part -> assertThat(part).startsWith(held.toString()));
  }

  @Test
  void linkOnTheWayOfAProtectedPathIsNamed() throws Exception {
    Path workspace = Files.createDirectories(directory.toRealPath().resolve("ws"));
    Files.createDirectories(workspace.resolve("held"));
    Path link = Files.createSymbolicLink(workspace.resolve("link"), Path.of("held"));
    assertThat(policy(more -> more.protectedPath(":workspace/held")).needsNamesDecided()).isEmpty();
    assertThat(policy(more -> more.protectedPath(":workspace/link")).needsNamesDecided())
        .hasValueSatisfying(part -> assertThat(part).startsWith(link.toString()));
  }
}
