package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.json.schema.jackson2.DefaultJsonSchemaValidator;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import picocli.CommandLine;

/** {@code ringfence mcp} and {@code ringfence run --mcp}, against the client of the SDK. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
@Timeout(120)
class McpTest {
  @TempDir Path workspace;
  private final List<String> errors = new CopyOnWriteArrayList<>();

  private McpSyncClient client(List<String> words) {
    StdioClientTransport transport =
        new StdioClientTransport(
            ServerParameters.builder(words.get(0)).args(words.subList(1, words.size())).build(),
            new JacksonMcpJsonMapper(new ObjectMapper()));
    transport.setStdErrorHandler(errors::add);
    McpSyncClient client =
        McpClient.sync(transport)
            .requestTimeout(Duration.ofSeconds(60))
            .initializationTimeout(Duration.ofSeconds(60))
            .jsonSchemaValidator(new DefaultJsonSchemaValidator())
            .build();
    client.initialize();
    return client;
  }

  private static String call(McpSyncClient client, String tool, Map<String, Object> arguments) {
    return ((TextContent)
            client
                .callTool(CallToolRequest.builder(tool).arguments(arguments).build())
                .content()
                .get(0))
        .text();
  }

  private List<String> ringfence(String... args) {
    return new ArrayList<>(CommandLineProcess.in(workspace).words(args));
  }

  @Test
  void theServersOptionsAreThoseOfAPolicy() {
    List<String> words =
        ringfence(
            "mcp", "-C", workspace.toString(), "-p", "read-only", "--timeout", "1s", "--report");
    try (McpSyncClient client = client(words)) {
      assertThat(call(client, "run_command", Map.of("command", List.of("touch", "here"))))
          .contains("Permission denied")
          .contains("read_denials");
      assertThat(workspace.resolve("here")).doesNotExist();
      assertThat(call(client, "run_command", Map.of("command", List.of("sleep", "3600"))))
          .contains("its time was up, 1 s");
    }
  }

  /** A real server of the SDK, in a JVM inside the sandbox. */
  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void aWrappedServerWorksAndIsConfined(String backend) throws Exception {
    assumeTrue(Backends.load().byId(backend).probe().usable(), () -> backend + " cannot run");
    // Not in a temporary directory, which is the sandbox's own under bubblewrap.
    Path outside = Path.of("target", "ringfence-mcp-wrapped").toAbsolutePath();
    Files.deleteIfExists(outside);
    List<String> words =
        ringfence(
            "run", "--mcp", "--report", "--backend", backend, "-C", workspace.toString(), "--");
    words.addAll(WrittenFileServer.words());
    try (McpSyncClient client = client(words)) {
      assertThat(client.getServerInfo().name()).isEqualTo("written-file");
      assertThat(call(client, "write", Map.of("path", workspace.resolve("in").toString())))
          .isEqualTo("written");
      assertThat(call(client, "write", Map.of("path", outside.toString()))).startsWith("failed: ");
      assertThat(outside).doesNotExist();
    }
    assertThat(workspace.resolve("in")).hasContent("text");
  }

  @Test
  void aWrappedServerEndsWithItsClient() throws Exception {
    // A server that ignores the end of its input, started by a client that is killed.
    List<String> server = ringfence("run", "--mcp", "-C", workspace.toString(), "--");
    server.addAll(List.of("sh", "-c", "echo $$ > pid.new; mv pid.new pid; exec sleep 3600"));
    List<String> words = new ArrayList<>(List.of("sh", "-c", "\"$@\" & wait", "client"));
    words.addAll(server);
    Process client =
        new ProcessBuilder(words)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      Path pid = workspace.resolve("pid");
      while (!Files.exists(pid)) {
        assertThat(client.isAlive()).isTrue();
        Thread.sleep(10);
      }
      ProcessHandle ringfence = client.children().findFirst().orElseThrow();
      client.destroyForcibly().waitFor();
      ringfence.onExit().join();
    } finally {
      client.descendants().forEach(ProcessHandle::destroyForcibly);
      client.destroyForcibly();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'run --mcp --tty -- true',--tty",
    "'run --mcp --ask -- true',--ask",
    "'run --mcp --review -- true',--review",
    "'run --mcp -p - -- true',standard input belongs to the MCP client",
    "'mcp -p -',standard input belongs to the MCP client",
    "'mcp -p no-such-preset',no-such-preset"
  })
  void anOptionThatTakesTheStreamsIsRefused(String words, String message) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line =
        Ringfence.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    assertThat(line.execute(words.split(" "))).isEqualTo(125);
    assertThat(err.toString()).contains(message);
    assertThat(out.toString()).isEmpty();
  }
}
