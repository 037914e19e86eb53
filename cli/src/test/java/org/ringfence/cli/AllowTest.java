package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** Runs commands that are denied something, and checks what 'allow' and '--json' do about it. */
class AllowTest {
  @TempDir private Path directory;
  private Path workspace;
  private Path outside;
  private Path policy;
  private CommandLineProcess ringfence;

  @BeforeEach
  void createPlaces() throws Exception {
    workspace = Files.createDirectory(directory.toRealPath().resolve("workspace"));
    outside = Files.createDirectory(directory.toRealPath().resolve("outside"));
    policy = directory.toRealPath().resolve("mine.json");
    Files.writeString(policy, "{\"extends\": [\"workspace-write\"]}");
    var plan =
        Backends.load()
            .byId("landlock")
            .plan(
                EffectivePolicy.of(
                    Presets.load("workspace-write"), PathContext.current(workspace)));
    assumeTrue(plan.acceptable(), () -> "refused here: " + plan.availability().reasons());
    ringfence =
        new CommandLineProcess(
            workspace, Map.of("XDG_STATE_HOME", directory.resolve("state").toString()));
  }

  private CommandLineProcess.Result chmod(String... options) throws Exception {
    List<String> line = new ArrayList<>(List.of("run"));
    line.addAll(List.of(options));
    line.addAll(List.of("--", "chmod", "700", outside.toString()));
    return ringfence.run(line.toArray(String[]::new));
  }

  @Test
  void additionGoesToTheFileOfTheRun() throws Exception {
    Path project = Files.createDirectory(workspace.resolve(".ringfence")).resolve("policy.json");
    Files.writeString(project, "{\"extends\": [\"read-only\"]}");
    assertThat(chmod("-p", "../mine.json").exit()).isEqualTo(1);
    CommandLineProcess.Result allowed = ringfence.run("allow", "--yes");
    assertThat(allowed.exit()).as(allowed.err()).isZero();
    assertThat(allowed.out()).contains("written: " + policy).doesNotContain("trusted");
    assertThat(project).content().isEqualTo("{\"extends\": [\"read-only\"]}");
    CommandLineProcess.Result again = chmod("-p", "../mine.json");
    assertThat(again.exit()).as(again.err()).isZero();
  }

  @Test
  void additionToPresetsGoesToTheProjectsPolicy() throws Exception {
    assertThat(chmod("-p", "npm").exit()).isEqualTo(1);
    assertThat(ringfence.run("allow", "--yes").out()).contains("written and trusted: ");
    assertThat(workspace.resolve(".ringfence/policy.json"))
        .content()
        .contains("workspace-write", "npm", outside.toString());
    assertThat(chmod().exit()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"extends\": [\"workspace-write\"]}", "two files"})
  void policyWithoutOneFileIsNamedInTheRefusal(String given) throws Exception {
    Path second = Files.writeString(directory.toRealPath().resolve("second.json"), "{}");
    boolean text = given.startsWith("{");
    CommandLineProcess.Result denied = chmod("-p", text ? given : policy + "," + second);
    assertThat(denied.exit()).as(denied.err()).isEqualTo(1);
    assertThat(denied.err().contains("or: ringfence allow")).isEqualTo(!text);
    CommandLineProcess.Result refused = ringfence.run("allow", "--yes");
    assertThat(refused.exit()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(refused.err().replaceAll("\\s+", " "))
        .contains("run --report", text ? "was a text" : policy + ", " + second);
    assertThat(workspace.resolve(".ringfence")).doesNotExist();
  }

  @Test
  void unusableTargetOfTheResultIsRefusedBeforeTheStart() throws Exception {
    Files.writeString(workspace.resolve("file"), "");
    for (String target :
        List.of(
            "/dev/stdout",
            "/dev/fd/2",
            "/proc/self/fd/77",
            "/dev/null",
            "missing/result.json",
            ".",
            "file/result.json")) {
      CommandLineProcess.Result refused =
          ringfence.run("run", "--json", target, "--", "touch", "made");
      assertThat(refused.exit()).as(target).isEqualTo(ExitCode.OWN_FAILURE);
      assertThat(refused.err()).contains(target).startsWith("ringfence: ");
      assertThat(workspace.resolve("made")).doesNotExist();
    }
  }
}
