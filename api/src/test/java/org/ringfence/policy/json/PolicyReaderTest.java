package org.ringfence.policy.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.ringfence.policy.Access;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.policy.value.ProcessGrant;

class PolicyReaderTest {
  private static final String FULL =
      """
      {
        "$schema": "policy.schema.json",
        "name": "full",
        "extends": ["workspace-write", "npm"],
        "files": {
          "default": "minimal",
          "rules": {
            ":workspace/docs": "read",
            "/opt/data": {"access": "write", "missing": "skip"}
          },
          "denyGlobs": ["**/.env"]
        },
        "protectedNames": "read-only",
        "tmp": "shared",
        "network": {
          "mode": "allowlist",
          "allow": ["example.org:443"],
          "deny": ["bad.example.org"],
          "ownLoopback": false,
          "hostLoopbackPorts": [5432],
          "unixSockets": ["/run/x.sock"]
        },
        "environment": {"inherit": "all", "include": ["A"], "exclude": ["B"], "set": {"C": "d"}},
        "limits": {
          "memory": "2GiB", "processes": 100, "cpuTime": "60s", "openFiles": 256,
          "fileSize": 1048576, "wallTime": "10m", "outputBytes": "10MB", "grace": "500ms"
        },
        "lifetime": {"onRootExit": "keep", "onJvmExit": "kill"},
        "enforcement": {"mode": "best-effort", "bestEffort": ["limits.memory"]}
      }
      """;

  @Test
  void mistakeInExtendsDoesNotHideOthers() {
    assertThatThrownBy(
            () ->
                PolicyReader.parse(
                    "p",
                    "{\"extends\": [\"workspace-wirte\", \"mavne\"],\n \"tmp\": \"shraed\",\n"
                        + " \"netwrok\": {}}"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContainingAll("'workspace-write'", "'maven'", "p:2: ", "p:3: ");
  }

  @Test
  void everyFieldIsRead() {
    SandboxPolicy policy = PolicyReader.parse("test", FULL);
    assertThat(policy.protectedNames()).isEqualTo(ProtectedNames.READ_ONLY);
    assertThat(policy.tmp()).isEqualTo(TmpPolicy.SHARED);
    assertThat(policy.network().mode()).isEqualTo(NetworkMode.ALLOWLIST);
    assertThat(policy.network().hostLoopbackPorts()).containsExactly(5432);
    assertThat(policy.limits().memory()).hasValue(2L << 30);
    assertThat(policy.limits().outputBytes()).hasValue(10_000_000L);
    assertThat(policy.limits().grace()).isEqualTo(Duration.ofMillis(500));
    assertThat(policy.rules())
        .anyMatch(rule -> rule.path().equals(":workspace") && rule.access() == Access.WRITE)
        .anyMatch(rule -> rule.path().equals(":home/.npm"));
  }

  @Test
  void writtenPolicyIsReadBackUnchanged() {
    SandboxPolicy policy = PolicyReader.parse("test", FULL);
    assertThat(PolicyReader.parse("again", PolicyWriter.write(policy))).isEqualTo(policy);
  }

  @ParameterizedTest
  @MethodSource("presets")
  void presetsAreValidAndMatchTheSchema(String name) throws IOException {
    assertThat(Presets.load(name)).isNotNull();
    var schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Presets.schema());
    ObjectMapper mapper = new ObjectMapper();
    assertThat(schema.validate(mapper.readTree(Presets.text(name)))).isEmpty();
    assertThat(schema.validate(mapper.readTree(FULL))).isEmpty();
    assertThat(schema.validate(mapper.readTree(PolicyWriter.write(Presets.load(name))))).isEmpty();
    assertThat(schema.validate(mapper.readTree("{\"fiels\": {}}"))).isNotEmpty();
  }

  static Iterable<String> presets() {
    return Presets.names();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"fiels\": {}} | fiels | 'files'",
        "{\"files\": {\"rulez\": {}}} | files.rulez | 'rules'",
        "{\"tmp\": \"privat\"} | tmp | 'private'",
        "{\"tmp\": 3} | tmp | a string",
        "{\"files\": []} | files | an object",
        "{\"extends\": \"x\"} | extends | a list",
        "{\"extends\": [\"workspace-wirte\"]} | workspace-wirte | 'workspace-write'",
        "{\"files\": {\"rules\": {\"/a\": \"rw\"}}} | files.rules./a | read",
        "{\"files\": {\"rules\": {\"/a\": {}}}} | files.rules./a | access",
        "{\"network\": {\"hostLoopbackPorts\": [70000]}} | 70000 | 1 to 65535",
        "{\"network\": {\"allow\": [\"exa mple\"]}} | exa mple | host name",
        "{\"limits\": {\"memory\": \"2 potatoes\"}} | limits.memory | 512MiB",
        "{\"limits\": {\"wallTime\": \"10\"}} | limits.wallTime | 10s",
        "{\"limits\": {\"wallTime\": \"1.5m\"}} | limits.wallTime | use 90s",
        "{\"limits\": {\"memory\": 0.5}} | limits.memory | use 1B",
        "{\"limits\": {\"memory\": \"1,5 GiB\"}} | limits.memory | use 1536MiB",
        "{\"limits\": {\"openFiles\": 0}} | limits.openFiles | above 0",
        "{\"environment\": {\"set\": {\"A=B\": \"c\"}}} | A=B | '='",
        "{\"tmp\": \"none\", \"tmp\": \"shared\"} | Duplicate field | well-formed",
        "{\"tmp\": \"none\" | policy | well-formed",
        "[] | policy | an object",
        "{} {} | policy | one JSON object"
      })
  void mistakeNamesItsPlaceAndTheNearestForm(String json, String what, String nearest) {
    assertThatThrownBy(() -> EffectivePolicy.of(PolicyReader.parse("my.json", json), places()))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(what)
        .hasMessageContaining(nearest)
        .hasMessageContaining("my.json:1")
        .hasMessageNotContaining("\n");
  }

  private static org.ringfence.policy.path.PathContext places() {
    return org.ringfence.policy.path.PathContext.of(
        org.ringfence.policy.path.PathStyle.POSIX, "/ws", "/home/me");
  }

  @Test
  void commentsAndTrailingCommasAreAccepted() {
    String text =
        """
        // why
        {
          /* the workspace */ "files": { "rules": { ":workspace": "write", }, },
          "network": { "allow": ["*:443"], "mode": "allowlist" }, // every name
        }
        """;
    SandboxPolicy policy = PolicyReader.parse("p.jsonc", text);
    assertThat(policy.rules()).hasSize(1);
    assertThat(policy.network().allow()).hasSize(1);
    assertThat(PolicyReader.isPath("p.jsonc")).isTrue();
  }

  @Test
  void errorListsEveryMistakeOfTheFile() {
    String text =
        "{\n \"tmp\": \"privat\",\n \"fiels\": {},\n"
            + " \"files\": {\"rules\": {\"/a\": \"rw\", \"/b\": {\"access\": 3}}}\n}";
    assertThatThrownBy(() -> PolicyReader.parse("p.json", text))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("p.json:2: tmp")
        .hasMessageContaining("p.json:3: fiels")
        .hasMessageContaining("p.json:4: files.rules./a")
        .hasMessageContaining("p.json:4: files.rules./b.access")
        .hasMessageNotContaining("{}");
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(
      strings = {
        "{\"tmp\": \"none\"",
        "{\"tmp\": x}",
        "{\"tmp\" \"none\"}",
        "{'a': 1}",
        "{\"a\": \"\t\"}"
      })
  void malformedJsonErrorHidesParserInternals(String text) {
    assertThatThrownBy(() -> PolicyReader.parse("p.json", text))
        .hasMessageStartingWith("p.json:1: policy: ")
        .hasMessageEndingWith("use well-formed JSON")
        .hasMessageNotContaining("Source")
        .hasMessageNotContaining("Feature")
        .hasMessageNotContaining("JsonToken");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"files\": {\"denyGlobs\": [\"**/*.{key,pem}\"]}} | a glob for each alternative",
        "{\"files\": {\"denyGlobs\": [\"**/[ab].key\"]}} | a glob for each alternative",
        "{\"files\": {\"rules\": {\"/a/*.key\": \"none\"}}} | files.denyGlobs",
        "{\"files\": {\"rules\": {\"/a/*.txt\": \"read\"}}} | the directory above"
      })
  void unsupportedGlobSyntaxIsRejected(String json, String nearest) {
    assertThatThrownBy(() -> PolicyReader.parse("p.json", json))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("p.json:1: ")
        .hasMessageContaining(nearest);
  }

  @Test
  void errorNamesTheLine() {
    String text =
        "{\n  \"tmp\": \"private\",\n  \"network\": {\n    \"mode\": \"nothing\"\n  }\n}\n";
    assertThatThrownBy(() -> PolicyReader.parse("p.json", text))
        .hasMessageStartingWith("p.json:4: network.mode: 'nothing'");
  }

  @Test
  void policyExtendsFileInTheSameDirectory(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("base.json"), "{\"tmp\": \"none\"}");
    Files.writeString(
        directory.resolve("top.json"),
        "{\"files\": {\"rules\": {\"/a\": \"read\"}}," + " \"extends\": [\"./base.json\"]}");
    SandboxPolicy policy = PolicyReader.read(directory.resolve("top.json"));
    assertThat(policy.tmp()).isEqualTo(TmpPolicy.NONE);
  }

  @Test
  void circularExtendsIsRejected(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("a.json"), "{\"extends\": [\"./b.json\"]}");
    Files.writeString(directory.resolve("b.json"), "{\"extends\": [\"./a.json\"]}");
    assertThatThrownBy(() -> PolicyReader.read(directory.resolve("a.json")))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("extended already");
  }

  @Test
  void oversizedPolicyFileIsRejected(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("large.json");
    Files.write(file, new byte[50_000_000]);
    assertThatThrownBy(() -> PolicyReader.read(file))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("8 MiB");
  }

  @Test
  void policyFileProtectsItselfUnlessEverythingIsWritable(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("policy.json");
    Files.writeString(file, "{\"extends\": [\"workspace-write\"]}");
    assertThat(PolicyReader.read(file).protectedPaths()).containsExactly(file.toString());
    Files.writeString(file, "{\"extends\": [\"danger-full-access\"]}");
    assertThat(PolicyReader.read(file).protectedPaths()).isEmpty();
  }

  @Test
  void absentFieldKeepsTheExtendedValue() {
    String kept = "{\"lifetime\": {\"onRootExit\": \"keep\"}}";
    String other = "{\"lifetime\": {\"onJvmExit\": \"keep\"}}";
    assertThat(PolicyReader.combined(List.of("a", "b"), Map.of("a", kept, "b", other)).lifetime())
        .isEqualTo(new Lifetime(Lifetime.Leftovers.KEEP, Lifetime.Leftovers.KEEP));
    String limits = "{\"limits\": {\"grace\": \"5s\", \"memory\": \"1GiB\"}}";
    String fewer = "{\"limits\": {\"processes\": 4}}";
    Limits both =
        PolicyReader.combined(List.of("a", "b"), Map.of("a", limits, "b", fewer)).limits();
    assertThat(both.grace()).hasSeconds(5);
    assertThat(both.memory()).hasValue(1 << 30);
    assertThat(both.processes()).hasValue(4);
  }

  @Test
  void processAllowIsReadAndWrittenAndAMistakeNamesTheWords() {
    SandboxPolicy policy =
        PolicyReader.parse("a", "{\"process\": {\"allow\": [\"sysv-ipc\", \"ptrace\"]}}");
    assertThat(policy.processGrants())
        .containsExactlyInAnyOrder(ProcessGrant.PTRACE, ProcessGrant.SYSV_IPC);
    assertThat(PolicyReader.parse("b", PolicyWriter.write(policy))).isEqualTo(policy);
    assertThat(policy.toBuilder().build()).isEqualTo(policy);
    assertThatThrownBy(() -> PolicyReader.parse("c", "{\"process\": {\"allow\": [\"trace\"]}}"))
        .hasMessageContaining("process.allow")
        .hasMessageContaining("ptrace");
  }
}
