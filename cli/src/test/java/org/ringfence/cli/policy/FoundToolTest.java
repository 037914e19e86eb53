package org.ringfence.cli.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.Presets;
import picocli.CommandLine;

/** Tests which presets the files of a workspace choose, and when they choose none. */
class FoundToolTest {
  @TempDir private Path workspace;

  private PolicyOptions options(String... words) {
    return CommandLine.populateCommand(
        new PolicyOptions(),
        Stream.concat(Stream.of("-C", workspace.toString()), Stream.of(words))
            .toArray(String[]::new));
  }

  private void write(String... files) throws Exception {
    for (String file : files) {
      Files.createDirectories(workspace.resolve(file).getParent());
      Files.writeString(workspace.resolve(file), "{}");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "pom.xml, maven, maven-private",
    "build.gradle.kts, gradle, gradle-private",
    "package.json, npm, npm-private",
    "package-lock.json, npm, npm-private",
    "pnpm-lock.yaml, pnpm,",
    "yarn.lock, yarn,",
    "pyproject.toml, python, python-private",
    "requirements.txt, python, python-private",
    "Cargo.toml, cargo,",
    "go.mod, go, go-private",
  })
  void fileOfAToolChoosesItsPrivatePreset(String file, String tool, String preset)
      throws Exception {
    assertThat(options().sources()).containsExactly("workspace-write");
    write(file);
    assertThat(options().found()).containsExactly(new FoundTool(tool, file, false));
    assertThat(options().sources())
        .isEqualTo(Stream.of("workspace-write", preset).filter(name -> name != null).toList());
    assertThat(options("--no-detect").found()).isEmpty();
    assertThat(options("--no-detect").sources()).containsExactly("workspace-write");
  }

  @Test
  void everyToolHasAPresetOfItsName() throws Exception {
    write("pom.xml", "build.gradle", "package.json", "pnpm-lock.yaml", "yarn.lock");
    write("setup.py", "Cargo.toml", "go.mod");
    assertThat(options().found())
        .hasSize(8)
        .allSatisfy(tool -> assertThat(Presets.names()).contains(tool.name()));
    assertThat(options().found())
        .as("each private preset belongs to a tool")
        .extracting(FoundTool::name)
        .containsAll(
            Presets.privateCaches().stream().map(name -> name.replaceFirst("-.*", "")).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "--network, ALLOWLIST, own",
    "--network, FULL, own",
    "--allow-host, example.org, own",
    "--network, NONE, private",
  })
  void toolsThatFetchGetAnEmptyCacheWhereThePolicyReachesHosts(
      String option, String value, String ending) throws Exception {
    write("package.json", "yarn.lock", "go.mod");
    assertThat(options(option, value).sources())
        .containsExactlyElementsOf(
            ending.equals("own")
                ? List.of("workspace-write", "npm-own", "yarn-own", "go-private")
                : List.of("workspace-write", "npm-private", "go-private"));
  }

  @Test
  void hostsThatAPersonIsAskedForAreHosts() throws Exception {
    write("package.json");
    PolicyOptions options = options();
    options.allowlist();
    assertThat(options.sources()).containsExactly("workspace-write", "npm-own");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"workspace-write", "read-only", "{\"tmp\": \"private\"}", "p.json", "jvm"})
  void policyOfAPersonsOwnIsNotAddedTo(String policy) throws Exception {
    write("go.mod");
    Files.writeString(workspace.resolve("p.json"), "{\"extends\": [\"workspace-write\"]}");
    String named = policy.endsWith(".json") ? workspace.resolve(policy).toString() : policy;
    assertThat(options("-p", named).found()).isEmpty();
    assertThat(options("-p", named).sources()).noneMatch(name -> name.endsWith("-private"));
  }

  @Test
  void projectsPolicyIsNotAddedTo() throws Exception {
    write("go.mod", ".ringfence/policy.json");
    assertThat(options().found()).isEmpty();
    assertThat(options("--no-project-policy").found()).hasSize(1);
  }

  @Test
  void presetsThatAddKeepTheFoundTools() throws Exception {
    write("go.mod", "Cargo.toml", "package.json");
    assertThat(options("-p", "no-credentials").sources())
        .containsExactly("workspace-write", "npm-private", "go-private", "no-credentials");
    assertThat(options("-p", "go").sources())
        .as("the tool's own preset decides about it")
        .containsExactly("workspace-write", "npm-private", "go");
    assertThat(options("--env", "GOCACHE=/x").sources())
        .as("a variable of the options decides about its tool")
        .containsExactly("workspace-write", "npm-private");
    assertThat(options("--env", "GOCACHE").sources())
        .containsExactly("workspace-write", "npm-private");
  }

  /** A workspace is untrusted: it may choose among these, so none of them may grant anything. */
  @Test
  void workspaceGrantsNothingByItsFiles() throws Exception {
    SandboxPolicy usual = options().policy();
    write("pom.xml", "build.gradle", "package.json", "pnpm-lock.yaml", "yarn.lock");
    write("setup.py", "Cargo.toml", "go.mod");
    SandboxPolicy found = options().policy();
    assertThat(found).isNotEqualTo(usual);
    assertThat(withVariables(usual, found)).isEqualTo(found);
    for (String name : Presets.privateCaches()) {
      SandboxPolicy preset = Presets.load(name);
      assertThat(withVariables(SandboxPolicy.builder().build(), preset)).as(name).isEqualTo(preset);
    }
  }

  private static SandboxPolicy withVariables(SandboxPolicy policy, SandboxPolicy of) {
    var same = policy.toBuilder();
    of.environment().set().forEach(same::variable);
    return same.build();
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "a link needs a privilege there")
  void linksAndDirectoriesAreNoFilesOfATool() throws Exception {
    write("elsewhere");
    Files.createSymbolicLink(workspace.resolve("go.mod"), workspace.resolve("elsewhere"));
    Files.createDirectory(workspace.resolve("pom.xml"));
    assertThat(options().found()).isEmpty();
    assertThat(options().sources()).isEqualTo(List.of("workspace-write"));
  }

  @Test
  void planNamesTheFileAndThePreset() throws Exception {
    write("go.mod", "yarn.lock");
    assertThat(options().found().stream().map(FoundTool::sentence).toList())
        .satisfiesExactly(
            yarn -> assertThat(yarn).startsWith("found yarn by yarn.lock: adds nothing; -p yarn "),
            go -> assertThat(go).startsWith("found go by go.mod: adds go-private; -p go "));
  }
}
