package org.ringfence.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.json.schema.jackson2.DefaultJsonSchemaValidator;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.SandboxException;

/** The server in a process of its own, against the client of the SDK and against bare lines. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
@Timeout(120)
class McpToolServerTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String INITIALIZE =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
          + "\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";
  private static final String INITIALIZED =
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";

  @TempDir Path workspace;
  private String backend;

  @BeforeEach
  void aBackendIsThere() throws SandboxException {
    backend = "landlock";
    assumeUsable(backend);
  }

  private static void assumeUsable(String backend) throws SandboxException {
    assumeTrue(Backends.load().byId(backend).probe().usable(), () -> backend + " cannot run here");
  }

  private List<String> server(String... options) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of(options));
    if (Runtime.version().feature() >= 22) {
      words.add("--enable-native-access=ALL-UNNAMED");
    }
    words.addAll(List.of("-cp", System.getProperty("java.class.path")));
    words.addAll(List.of(ServerProcess.class.getName(), backend, workspace.toString()));
    return words;
  }

  private McpSyncClient client() {
    List<String> words = server();
    McpJsonMapper mapper = new JacksonMcpJsonMapper(new ObjectMapper());
    StdioClientTransport transport =
        new StdioClientTransport(
            ServerParameters.builder(words.get(0)).args(words.subList(1, words.size())).build(),
            mapper);
    McpSyncClient client =
        McpClient.sync(transport)
            .requestTimeout(Duration.ofSeconds(60))
            .initializationTimeout(Duration.ofSeconds(60))
            .jsonSchemaValidator(new DefaultJsonSchemaValidator())
            .build();
    client.initialize();
    return client;
  }

  private static CallToolResult call(
      McpSyncClient client, String tool, Map<String, Object> arguments) {
    return client.callTool(CallToolRequest.builder(tool).arguments(arguments).build());
  }

  private static String text(CallToolResult result) {
    return ((TextContent) result.content().get(0)).text();
  }

  private static CallToolResult shell(McpSyncClient client, String script) {
    return call(client, "run_command", Map.of("command", List.of("sh", "-c", script)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void aClientRunsCommandsAndReadsDenials(String id) throws Exception {
    assumeUsable(id);
    backend = id;
    try (McpSyncClient client = client()) {
      assertThat(client.listTools().tools().stream().map(Tool::name))
          .containsExactly("run_command", "read_denials", "explain");
      CallToolResult inside = shell(client, "echo in > inside; cat; echo err >&2; exit 3");
      assertThat(inside.isError()).as(text(inside)).isFalse();
      assertThat(text(inside)).contains("exit code 3").contains("stderr:\nerr\n");
      assertThat(workspace.resolve("inside")).hasContent("in");

      CallToolResult input =
          call(client, "run_command", Map.of("command", List.of("cat"), "stdin", "typed"));
      assertThat(text(input)).contains("stdout:\ntyped\n");

      // Not in a temporary directory, which is the sandbox's own under bubblewrap.
      Path file = Path.of("target", "ringfence-mcp-denied").toAbsolutePath();
      CallToolResult denied = shell(client, "echo out > " + file);
      assertThat(text(denied)).contains("exit code 2").contains("read_denials");
      assertThat(file).doesNotExist();
      Object number = ((Map<?, ?>) denied.structuredContent()).get("command");
      assertThat(text(denied)).contains("for this command with the number " + number);
      assertThat(text(call(client, "read_denials", Map.of("command", number))))
          .contains("create " + file);
      String denials = text(call(client, "read_denials", Map.of()));
      assertThat(denials).contains("create " + file).contains("--write");
      assertThat(text(call(client, "read_denials", Map.of("command", 1)))).contains("nothing");

      assertThat(text(call(client, "explain", Map.of("path", file.toString()))))
          .contains("read " + file + ": allowed")
          .contains("write " + file + ": denied");
      assertThat(text(call(client, "explain", Map.of("path", "inside"))))
          .contains("write " + workspace.resolve("inside") + ": allowed");
      assertThat(text(call(client, "explain", Map.of("host", "example.org"))))
          .contains("connect example.org:443: denied");
      assertThat(text(call(client, "explain", Map.of()))).contains("backend " + id);
    }
  }

  @Test
  void badArgumentsAndEndlessCommandsAreErrorsAndLongOutputIsCut() {
    try (McpSyncClient client = client()) {
      for (Map<String, Object> bad :
          List.<Map<String, Object>>of(
              Map.of(),
              Map.of("command", List.of()),
              Map.of("command", "ls"),
              Map.of("command", List.of(1)),
              Map.of("command", List.of("ls"), "timeoutSeconds", 0),
              Map.of("command", List.of("ls"), "maxOutputBytes", 1 << 30),
              Map.of("command", List.of("ls"), "cwd", "/"),
              Map.of("command", List.of("no\0name")),
              Map.of("command", List.of("ls"), "directory", "no\0name"),
              Map.of("command", List.of("ls"), "directory", "nothing/there"),
              Map.of("command", List.of("no-such-program")))) {
        CallToolResult result = call(client, "run_command", bad);
        assertThat(result.isError()).as("%s: %s", bad, result).isTrue();
      }
      assertThat(text(call(client, "run_command", Map.of("command", List.of("no-such-program")))))
          .contains("no-such-program");
      assertThatThrownBy(() -> call(client, "no_such_tool", Map.of()))
          .hasMessageContaining("Unknown tool");
      CallToolResult ended =
          call(
              client,
              "run_command",
              Map.of(
                  "command", List.of("sh", "-c", "echo begun; sleep 3600"), "timeoutSeconds", 1));
      assertThat(ended.isError()).isTrue();
      assertThat(text(ended)).contains("its time was up, 1 s").contains("begun");

      CallToolResult cut =
          call(
              client,
              "run_command",
              Map.of("command", List.of("echo", "01234"), "maxOutputBytes", 4));
      assertThat(cut.isError()).isFalse();
      assertThat(text(cut)).contains("stdout:\n0123\n").contains("stdout had 6 bytes");
    }
  }

  /** A client of bare lines. */
  private final class Lines implements AutoCloseable {
    final Process process;
    final OutputStream to;
    final BufferedReader from;

    Lines() throws IOException {
      this(INITIALIZE);
      initialized();
    }

    Lines(String first, String... options) throws IOException {
      process =
          new ProcessBuilder(server(options))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      to = process.getOutputStream();
      from =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      send(first);
    }

    void initialized() throws IOException {
      assertThat(answer().at("/result/serverInfo/name").asText()).isEqualTo("ringfence");
      send(INITIALIZED);
    }

    void awaitFile(Path file) throws InterruptedException {
      while (!Files.exists(file)) {
        assertThat(process.isAlive()).isTrue();
        Thread.sleep(10);
      }
    }

    void send(String line) throws IOException {
      to.write((line + '\n').getBytes(StandardCharsets.UTF_8));
      to.flush();
    }

    JsonNode answer() throws IOException {
      return MAPPER.readTree(from.readLine());
    }

    void run(int id, String script) throws IOException {
      send(
          MAPPER.writeValueAsString(
              Map.of(
                  "jsonrpc",
                  "2.0",
                  "id",
                  id,
                  "method",
                  "tools/call",
                  "params",
                  Map.of(
                      "name",
                      "run_command",
                      "arguments",
                      Map.of("command", List.of("sh", "-c", script))))));
    }

    @Override
    public void close() throws IOException {
      process.destroyForcibly();
    }
  }

  @Test
  void aLineThatIsNoMessageIsAnsweredAndTheServerGoesOn() throws Exception {
    try (Lines client = new Lines()) {
      client.send("{");
      assertThat(client.answer().at("/error/code").asInt()).isEqualTo(-32_700);
      client.send("[1]");
      assertThat(client.answer().at("/error/code").asInt()).isEqualTo(-32_600);
      client.send("{\"jsonrpc\":\"2.0\"}");
      assertThat(client.answer().at("/error/code").asInt()).isEqualTo(-32_600);
      client.send("x".repeat(ClientConnection.LONGEST_MESSAGE + 1));
      assertThat(client.answer().at("/error/message").asText()).contains("more than");
      client.send("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"no/such\"}");
      assertThat(client.answer().at("/error/code").asInt()).isEqualTo(-32_601);
      client.run(6, "echo on");
      assertThat(client.answer().at("/result/structuredContent/stdout").asText()).isEqualTo("on\n");
    }
  }

  @Test
  void anUnknownVersionOfTheProtocolIsAnsweredWithAKnownOne() throws Exception {
    try (Lines client = new Lines(INITIALIZE.replace("2025-06-18", "1900-01-01"))) {
      // The protocol leaves it to the client to go on or to end.
      assertThat(client.answer().at("/result/protocolVersion").asText())
          .matches("20[0-9]{2}-[0-9]{2}-[0-9]{2}");
    }
  }

  @Test
  void requestBeforeTheFirstMessageOfTheProtocolIsNotServed() throws Exception {
    Path made = workspace.resolve("made");
    try (Lines client = new Lines(INITIALIZE.replace("initialize", "tools/list"))) {
      client.run(2, "echo x > made");
      client.to.close();
      assertThat(client.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(made).doesNotExist();
    }
  }

  @Test
  void requestsAreAnsweredWhileAsManyCommandsRunAsMayRun() throws Exception {
    // One processor is one thread for few calls, where calls share threads.
    try (Lines client = new Lines(INITIALIZE, "-XX:ActiveProcessorCount=1")) {
      client.initialized();
      for (int i = 0; i < CommandTool.MOST_AT_ONCE; i++) {
        client.run(10 + i, "touch begun." + i + "; sleep 3600");
      }
      for (int i = 0; i < CommandTool.MOST_AT_ONCE; i++) {
        client.awaitFile(workspace.resolve("begun." + i));
      }
      Set<Integer> open = new TreeSet<>();
      for (int id = 100; id < 150; id++) {
        open.add(id);
        client.send(
            "{\"jsonrpc\":\"2.0\",\"id\":"
                + id
                + ",\"method\":\"tools/call\",\"params\":{\"name\":\"explain\",\"arguments\":{}}}");
      }
      while (!open.isEmpty()) {
        JsonNode answer = client.answer();
        assertThat(open.remove(answer.at("/id").asInt())).as("%s", answer).isTrue();
      }
    }
  }

  @Test
  void aClientThatNeverReadsIsServedAndLeavesNothingRunning() throws Exception {
    Path pid = workspace.resolve("pid");
    try (Lines client = new Lines()) {
      // More answers than the pipe takes, so that the server waits in a write.
      for (int i = 0; i < 20; i++) {
        client.run(10 + i, "head -c 60000 /dev/zero | tr '\\0' x");
      }
      while (client.process.getInputStream().available() < 60_000) {
        assertThat(client.process.isAlive()).isTrue();
        Thread.sleep(10);
      }
      // The answer that others run already would stay unread, so the client asks again.
      for (int id = 40; !Files.exists(pid); id++) {
        client.run(id, "mkdir once || exit; sleep 3600 & echo $! > pid.new; mv pid.new pid; wait");
        assertThat(client.process.isAlive()).isTrue();
        assertThat(id).as("requests that were not served").isLessThan(80);
        Thread.sleep(100);
      }
      long left = Long.parseLong(Files.readString(pid).strip());
      assertThat(ProcessHandle.of(left)).as("the control").isPresent();
      // Half a message: it is none, and the end of the input counts.
      client.to.write("{\"jsonrpc\":".getBytes(StandardCharsets.UTF_8));
      client.to.close();
      assertThat(client.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(client.process.exitValue()).isEqualTo(ServerProcess.NOT_OK);
      ProcessHandle.of(left).ifPresent(process -> process.onExit().join());
    }
  }

  /** A client that does not even read that its requests are too many. */
  @ParameterizedTest
  @ValueSource(strings = {"ends", "is refused", "is answered"})
  void aClientThatFloodsAndNeverReadsLeavesNothingRunning(String way) throws Exception {
    Path pid = workspace.resolve("pid");
    try (Lines client = new Lines()) {
      client.run(2, "sleep 3600 & echo $! > pid.new; mv pid.new pid; wait");
      client.awaitFile(pid);
      long left = Long.parseLong(Files.readString(pid).strip());
      assertThat(ProcessHandle.of(left)).as("the control").isPresent();
      int calls = way.equals("is answered") ? 0 : 2 * ClientConnection.MOST_UNANSWERED;
      for (int i = 0; i < calls; i++) {
        client.run(1000 + i, "head -c 60000 /dev/zero | tr '\\0' x");
      }
      if (way.equals("ends")) {
        client.to.close();
      } else {
        // The server gives the client up; then the pipe breaks.
        String ping =
            "{\"jsonrpc\":\"2.0\",\"id\":\"" + "x".repeat(100_000) + "\",\"method\":\"ping\"}";
        assertThatThrownBy(
                () -> {
                  for (int i = 0; i < 1_000; i++) {
                    client.send(ping);
                  }
                })
            .isInstanceOf(IOException.class);
      }
      assertThat(client.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(client.process.exitValue())
          .isEqualTo(way.equals("ends") ? 0 : ServerProcess.NOT_OK);
      ProcessHandle.of(left).ifPresent(process -> process.onExit().join());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"input", "killed"})
  void aClientThatDisappearsLeavesNothingRunning(String way) throws Exception {
    Path pid = workspace.resolve("pid");
    try (Lines client = new Lines()) {
      client.run(2, "setsid sleep 3600 & echo $! > pid.new; mv pid.new pid; wait");
      client.awaitFile(pid);
      long left = Long.parseLong(Files.readString(pid).strip());
      assertThat(ProcessHandle.of(left)).as("the control").isPresent();
      if (way.equals("input")) {
        client.to.close();
      } else {
        // A killed client closes both pipes in the same way.
        client.from.close();
        client.to.close();
      }
      assertThat(client.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(client.process.exitValue()).isZero();
      // The system lists it until it is reaped.
      ProcessHandle.of(left).ifPresent(process -> process.onExit().join());
    }
  }

  @Test
  void requestsTooManyAreRefusedOneByOne() throws Exception {
    try (Lines client = new Lines()) {
      int all = ClientConnection.MOST_UNANSWERED + 10;
      for (int i = 0; i < all; i++) {
        client.run(10 + i, "sleep 3600");
      }
      // Eight run, the others up to the bound and beyond it are answered.
      int errors = 0;
      for (int i = 0; i < all - 8; i++) {
        JsonNode answer = client.answer();
        assertThat(answer.has("error") || answer.at("/result/isError").asBoolean())
            .as("%s", answer)
            .isTrue();
        errors++;
      }
      assertThat(errors).isEqualTo(all - 8);
      client.to.close();
      assertThat(client.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }
}
