package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.json.schema.jackson2.DefaultJsonSchemaValidator;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.policy.json.PolicyReader;

/** Each example of each page has a test, or a reason why none runs it. */
class PageExamplesTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern BLOCK =
      Pattern.compile("(?m)^```(\\w*)\n(.*?)^```$", Pattern.DOTALL);

  /**
   * The tests of a page's examples, in the order of the page: a test's class, or a reason in
   * parentheses.
   */
  private static final Map<String, List<String>> TESTS =
      Map.ofEntries(
          Map.entry(
              "README.md",
              List.of(
                  "PageExamplesTest",
                  "DemoTest",
                  "(the build itself; other tests run the launcher)",
                  "ReadmeSnippetTest",
                  "(.ci/consumer builds a project from these lines)",
                  "PageExamplesTest")),
          Map.entry("CONTRIBUTING.md", contributing()),
          Map.entry("action/README.md", List.of("(action/test runs the action's script)")),
          Map.entry("adapters/agent-sandbox/README.md", List.of("RingfenceSandboxTest")),
          Map.entry("adapters/commons-exec/README.md", List.of("SandboxedExecutorTest")),
          Map.entry("adapters/junit5/README.md", List.of("SandboxExtensionTest")),
          Map.entry("adapters/langchain4j/README.md", List.of("SandboxToolsTest")),
          Map.entry("adapters/maven-plugin/README.md", List.of("MavenBuildTest")),
          Map.entry("adapters/opentelemetry/README.md", List.of("SandboxTelemetryTest")),
          Map.entry("docs/command-line.md", List.of("PageExamplesTest")),
          Map.entry(
              "docs/conformance.md",
              List.of(
                  "(.ci/consumer deploys the artefact; a project of its own would test JUnit)",
                  "PageExamplesTest")),
          Map.entry(
              "docs/cookbook.md",
              List.of(
                  "ReadmeSnippetTest",
                  "CookbookTest",
                  "CookbookTest",
                  "ReadmeSnippetTest",
                  "CookbookTest")),
          Map.entry(
              "docs/getting-started.md",
              List.of(
                  "PageExamplesTest", "PageExamplesTest", "PageExamplesTest", "ReadmeSnippetTest")),
          Map.entry(
              "docs/java.md",
              List.of(
                  "ModulePathTest",
                  "ReadmeSnippetTest",
                  "ReadmeSnippetTest",
                  "ReadmeSnippetTest",
                  "ReadmeSnippetTest")),
          Map.entry("docs/containers.md", List.of("(a Docker service is not part of the build)")),
          Map.entry("docs/mcp.md", List.of("PageExamplesTest", "PageExamplesTest")),
          Map.entry("docs/network.md", List.of("PageExamplesTest")),
          Map.entry("docs/policy.md", List.of("PageExamplesTest", "PageExamplesTest")),
          Map.entry(
              "docs/robustness.md",
              List.of("(a target fuzzes for three minutes)", "(a soak runs for ten minutes)")),
          Map.entry("docs/serve.md", List.of("RpcServerTest")),
          Map.entry("docs/zt-exec.md", List.of("ZtExecPageTest")),
          Map.entry("serve/README.md", List.of("ServeTest", "PageExamplesTest")));

  @TempDir private Path workspace;
  @TempDir private Path programs;

  private static List<String> contributing() {
    return List.of(
        "(whole builds, minutes to hours)", "(whole releases)", "(installations, minutes each)");
  }

  private static Stream<String> blocks(String page, String language) throws IOException {
    return BLOCK
        .matcher(Files.readString(ROOT.resolve(page)))
        .results()
        .filter(each -> each.group(1).equals(language))
        .map(each -> each.group(2));
  }

  @Test
  void eachExampleHasATestOrAReason() throws IOException {
    Map<String, Integer> found = new TreeMap<>();
    List<Path> directories =
        new ArrayList<>(
            List.of(ROOT, ROOT.resolve("docs"), ROOT.resolve("serve"), ROOT.resolve("action")));
    directories.addAll(list(ROOT.resolve("adapters")).filter(Files::isDirectory).toList());
    for (Path directory : directories) {
      for (Path page : list(directory).filter(each -> each.toString().endsWith(".md")).toList()) {
        long fences =
            Files.readAllLines(page).stream().filter(line -> line.startsWith("```")).count();
        List<MatchResult> blocks = BLOCK.matcher(Files.readString(page)).results().toList();
        assertThat(fences).as("%s", page).isEqualTo(2L * blocks.size());
        if (!blocks.isEmpty()) {
          found.put(ROOT.relativize(page).toString(), blocks.size());
        }
      }
    }
    Map<String, Integer> listed = new TreeMap<>();
    TESTS.forEach((page, tests) -> listed.put(page, tests.size()));
    assertThat(found).isEqualTo(listed);
  }

  private static Stream<Path> list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList().stream();
    }
  }

  @Test
  void eachTestOfAnExampleExists() throws IOException {
    List<String> tests =
        TESTS.values().stream()
            .flatMap(List::stream)
            .filter(each -> !each.startsWith("("))
            .distinct()
            .toList();
    List<Path> modules = new ArrayList<>(list(ROOT).toList());
    modules.addAll(list(ROOT.resolve("adapters")).toList());
    List<String> sources = new ArrayList<>();
    for (Path module : modules) {
      Path test = module.resolve("src/test/java");
      if (Files.isDirectory(test)) {
        try (Stream<Path> files = Files.walk(test)) {
          files.map(each -> each.getFileName().toString()).forEach(sources::add);
        }
      }
    }
    assertThat(tests).allMatch(each -> sources.contains(each + ".java"));
  }

  private CommandLineProcess.Result shell(String script) throws Exception {
    RingfenceScript.in(programs);
    ProcessBuilder shell = new ProcessBuilder("sh", "-c", script).directory(workspace.toFile());
    shell.environment().merge("PATH", programs.toString(), (old, own) -> own + ":" + old);
    return CommandLineProcess.run(shell);
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/getting-started.md"})
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
  void theDenialOfThePageIsWhatACommandPrints(String page) throws Exception {
    assumeTrue(
        Files.isSameFile(Path.of("/bin/sh"), Path.of("/usr/bin/dash")), "the page shows dash");
    assumeTrue(Backends.load().byId("landlock").probe().usable(), "landlock cannot run here");
    String block = blocks(page, "").filter(each -> each.startsWith("$ ")).findFirst().orElseThrow();
    // The page's directory, and one that a test can have. /tmp is another one under bubblewrap.
    Path data = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "data");
    List<String> lines = block.replace("/data", data.toString()).lines().toList();
    CommandLineProcess.Result result = shell(lines.get(0).substring(2));
    // A remark about the backend may follow.
    assertThat(result.out() + result.err())
        .startsWith(String.join("\n", lines.subList(1, lines.size())) + "\n");
    assertThat(workspace.resolve("note.txt")).exists();
    assertThat(data.resolve("note.txt")).doesNotExist();
    // The control: without a sandbox the command writes there.
    assertThat(shell("date > " + data + "/note.txt").exit()).isZero();
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
  void theFirstCommandsOfTheGuideRun() throws Exception {
    shell("git init -q .");
    List<String> commands =
        blocks("docs/getting-started.md", "")
            .filter(each -> each.contains("ringfence doctor"))
            .flatMap(String::lines)
            .filter(line -> line.startsWith("ringfence "))
            .toList();
    assertThat(commands).hasSize(3);
    for (String command : commands) {
      CommandLineProcess.Result result = shell(command);
      assertThat(result.exit()).as("%s: %s", command, result.err()).isZero();
    }
  }

  /** Most lines run a program of the reader, such as ./job: the line has to be understood. */
  @ParameterizedTest
  @ValueSource(strings = {"docs/command-line.md", "docs/policy.md"})
  void eachLineOfThePageIsACommand(String page) throws IOException {
    List<String> lines =
        blocks(page, "")
            .flatMap(String::lines)
            .filter(line -> line.startsWith("ringfence ") || line.startsWith("source <("))
            .toList();
    assertThat(lines).hasSizeGreaterThan(3);
    for (String line : lines) {
      String command = line.replace("source <(", "").replace(")  ", "  ").split(" {3,}")[0];
      String[] choices = {""};
      String choice =
          Stream.of(command.split(" ")).filter(word -> word.contains("|")).findAny().orElse("");
      if (!choice.isEmpty()) {
        choices = choice.split("\\|");
      }
      for (String each : choices) {
        // A line with a choice leaves out the rest of each.
        String[] words =
            words(choice.isEmpty() ? command : command.replace(choice, each) + " --help");
        assertThatCode(() -> Ringfence.commandLine().parseArgs(words))
            .as(String.join(" ", words))
            .doesNotThrowAnyException();
      }
    }
  }

  /** Splits the words behind the program's name; no line of a page escapes a quote. */
  private static String[] words(String command) {
    return Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)")
        .matcher(command)
        .results()
        .skip(1)
        .map(
            each ->
                Stream.of(1, 2, 3)
                    .map(each::group)
                    .filter(text -> text != null)
                    .findFirst()
                    .orElseThrow())
        .toArray(String[]::new);
  }

  @ParameterizedTest
  @ValueSource(strings = {"docs/getting-started.md", "docs/network.md", "docs/policy.md"})
  void thePolicyOfThePageIsAPolicy(String page) throws IOException {
    List<String> policies = blocks(page, "json").toList();
    assertThat(policies).hasSize(1);
    assertThatCode(() -> PolicyReader.parse(page, policies.get(0))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({"README.md,0", "docs/mcp.md,0", "docs/mcp.md,1"})
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
  void theConfigurationOfThePageStartsAServer(String page, int number) throws Exception {
    JsonNode server =
        new ObjectMapper()
            .readTree(blocks(page, "json").toList().get(number))
            .get("mcpServers")
            .elements()
            .next();
    List<String> words = new ArrayList<>();
    server.get("args").forEach(word -> words.add(word.asText()));
    words.replaceAll(word -> word.equals("/home/me/project") ? workspace.toString() : word);
    Map<String, String> variables = new TreeMap<>();
    server.path("env").fieldNames().forEachRemaining(name -> variables.put(name, "secret"));
    int wrapped = words.indexOf("files-server");
    if (wrapped >= 0) {
      // The page's server is an example's name.
      words.subList(wrapped, words.size()).clear();
      words.addAll(WrittenFileServer.words());
    }
    assertThat(server.get("command").asText()).isEqualTo("ringfence");
    StdioClientTransport transport =
        new StdioClientTransport(
            ServerParameters.builder(RingfenceScript.in(programs).toString())
                .args(words)
                .env(variables)
                .build(),
            new JacksonMcpJsonMapper(new ObjectMapper()));
    try (McpSyncClient client =
        McpClient.sync(transport)
            .requestTimeout(Duration.ofSeconds(60))
            .initializationTimeout(Duration.ofSeconds(60))
            .jsonSchemaValidator(new DefaultJsonSchemaValidator())
            .build()) {
      client.initialize();
      assertThat(client.listTools().tools())
          .extracting(Tool::name)
          .contains(wrapped < 0 ? "run_command" : "write");
    }
  }

  private void assertCompiles(String requires, String type, String source) throws IOException {
    ModularApplication application =
        new ModularApplication(ModularApplication.modulesOfThisTestAndJUnit(), workspace)
            .source("module-info.java", "module com.example.app {\n" + requires + "\n}\n")
            .source("com/example/app/" + type + ".java", "package com.example.app;\n" + source);
    assertThat(application.compile()).isEmpty();
  }

  @Test
  void theExampleOfAServerCompiles() throws Exception {
    String example = blocks("serve/README.md", "java").findFirst().orElseThrow();
    assertCompiles(
        "requires org.ringfence; requires org.ringfence.serve;",
        "Serving",
        "class Serving { void serve(java.io.InputStream in, java.io.OutputStream out)"
            + " throws Exception {\n"
            + example.replace("RpcServer", "org.ringfence.serve.RpcServer")
            + "}}");
  }

  @Test
  void theExampleOfABackendsTestCompiles() throws Exception {
    String example = blocks("docs/conformance.md", "java").findFirst().orElseThrow();
    // Any backend will do: sample-backend has such a class and runs the suite.
    assertCompiles(
        "requires org.ringfence; requires org.ringfence.conformance;",
        "MyBackendTckTest",
        "import org.ringfence.conformance.SandboxBackendTck;\n"
            + "import org.ringfence.spi.SandboxBackend;\n"
            + example.replace("new MyBackend()", "null"));
  }
}
