package org.ringfence.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the backends of this test are those of Linux")
@Timeout(120)
class RpcServerTest {
  @TempDir Path workspace;

  private String here() throws Exception {
    return workspace.toRealPath().toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void aCommandRunsAndItsDenialIsInTheResult(String backend) throws Exception {
    try (TestHost host = TestHost.initialized()) {
      String sandbox = host.open(here(), Map.of("backend", backend, "events", List.of("denials")));
      // Not below /tmp: under bubblewrap that is another directory, and nothing is denied there.
      Path outside = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "outside");
      Path file = outside.resolve("file");
      JsonNode result =
          host.request(
              "command/run",
              Map.of(
                  "sandbox",
                  sandbox,
                  "command",
                  List.of("sh", "-c", "cat; echo in > inside; echo out > " + file),
                  "stdin",
                  TestHost.encoded("hello\n")));
      assertThat(TestHost.decoded(result.get("stdout"))).isEqualTo("hello\n");
      assertThat(result.at("/ending/kind").asText()).isEqualTo("exited");
      assertThat(result.get("exitCode").asInt()).isNotZero();
      assertThat(result.get("denials").findValuesAsText("target")).contains(file.toString());
      assertThat(host.heard)
          .anyMatch(each -> each.path("method").asText().equals("sandbox/denied"));
      assertThat(workspace.resolve("inside")).hasContent("in\n");
      assertThat(file).doesNotExist();
      // The control: without a sandbox the file is written.
      Files.writeString(file, "out\n");
      host.request("sandbox/close", Map.of("sandbox", sandbox));
      assertThat(host.failure("sandbox/close", Map.of("sandbox", sandbox)))
          .isEqualTo("unknownSandbox");
    }
  }

  @Test
  void aStartedCommandHasItsStreamsItsTerminalAndItsEnd() throws Exception {
    try (TestHost host = TestHost.initialized()) {
      String sandbox = host.open(here(), Map.of());
      long cat = start(host, sandbox, Map.of("command", List.of("cat")));
      Map<String, Object> it = Map.of("sandbox", sandbox, "command", cat);
      host.request("command/write", with(it, Map.of("data", TestHost.encoded("one\n"))));
      host.request("command/write", with(it, Map.of("data", TestHost.encoded("two"), "end", true)));
      assertThat(host.failure("command/write", with(it, Map.of("data", ""))))
          .isEqualTo("inputClosed");
      assertThat(host.request("command/wait", it).get("exitCode").asInt()).isZero();
      assertThat(host.output(cat)).isEqualTo("one\ntwo");
      assertThat(host.failure("command/wait", it)).isEqualTo("unknownCommand");

      long shell =
          start(
              host,
              sandbox,
              Map.of(
                  "command",
                  List.of(
                      "sh",
                      "-c",
                      "trap 'stty size; exit 7' WINCH; echo ready; while :; do sleep 0.05; done"),
                  "terminal",
                  Map.of("rows", 24, "columns", 80)));
      it = Map.of("sandbox", sandbox, "command", shell);
      while (!host.output(shell).contains("ready")) {
        host.heard.add(host.read());
      }
      host.request("command/resize", with(it, Map.of("rows", 30, "columns", 100)));
      assertThat(host.request("command/wait", it).get("exitCode").asInt()).isEqualTo(7);
      assertThat(host.output(shell)).contains("30 100");

      long sleep = start(host, sandbox, Map.of("command", List.of("sleep", "600")));
      it = Map.of("sandbox", sandbox, "command", sleep);
      assertThat(host.failure("command/signal", with(it, Map.of("signal", "HUP"))))
          .isEqualTo("invalidParams");
      host.request("command/signal", with(it, Map.of("signal", "KILL")));
      assertThat(host.request("command/wait", it).at("/ending/kind").asText())
          .isEqualTo("cancelled");
    }
  }

  private static long start(TestHost host, String sandbox, Map<String, ?> params) throws Exception {
    return host.request("command/start", with(params, Map.of("sandbox", sandbox)))
        .get("command")
        .asLong();
  }

  private static Map<String, Object> with(Map<String, ?> some, Map<String, ?> more) {
    Map<String, Object> all = new LinkedHashMap<>(some);
    all.putAll(more);
    return all;
  }

  @Test
  void theHostDecidesAboutAnUnlistedHost() throws Exception {
    try (TestHost host = TestHost.initialized()) {
      String sandbox =
          host.open(
              here(),
              Map.of(
                  "policy",
                  List.of("workspace-write", Map.of("network", Map.of("mode", "allowlist"))),
                  "decideHostsMillis",
                  60_000));
      int run =
          host.begin(
              "command/run",
              Map.of(
                  "sandbox",
                  sandbox,
                  "command",
                  List.of("bash", "-c", "exec 3<>/dev/tcp/unlisted.test/8443")));
      JsonNode asked = host.read();
      assertThat(asked.get("method").asText()).isEqualTo("host/decide");
      assertThat(asked.at("/params/host").asText()).isEqualTo("unlisted.test");
      host.send(
          "{\"jsonrpc\":\"2.0\",\"id\":" + asked.get("id") + ",\"result\":{\"verdict\":\"deny\"}}");
      assertThat(host.answer(run).at("/result/exitCode").asInt()).isNotZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{|parseError",
        "nonsense|parseError",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"x\"}|parseError",
        "[]|invalidRequest",
        "{\"id\":1,\"method\":\"initialize\"}|invalidRequest",
        "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"initialize\"}|invalidRequest",
        "{\"jsonrpc\":\"2.0\",\"id\":1e999,\"method\":\"initialize\"}|invalidRequest",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}|invalidRequest",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sandbox/open\"}|notInitialized",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}|invalidParams",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":[1]}|invalidParams",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":2}}|unsupportedVersion",
      })
  void aBadMessageGetsATypedErrorAndTheNextIsServed(String line, String kind) throws Exception {
    try (TestHost host = new TestHost()) {
      host.send(line);
      assertThat(TestHost.kind(host.read())).isEqualTo(kind);
      host.request("initialize", Map.of("protocolVersion", 1));
    }
  }

  @Test
  void badRequestsGetTypedErrors() throws Exception {
    try (TestHost host = TestHost.initialized()) {
      assertThat(host.failure("no/such", Map.of())).isEqualTo("unknownMethod");
      assertThat(host.failure("initialize", Map.of("protocolVersion", 1)))
          .isEqualTo("invalidRequest");
      assertThat(host.failure("command/run", Map.of("sandbox", "s9"))).isEqualTo("unknownSandbox");
      assertThat(host.failure("sandbox/open", Map.of("policy", "nosuch", "workspace", here())))
          .isEqualTo("invalidPolicy");
      assertThat(host.failure("sandbox/open", Map.of("policy", "read-only", "workspace", "here")))
          .isEqualTo("invalidParams");
      assertThat(
              host.failure(
                  "sandbox/open",
                  Map.of("policy", "read-only", "workspace", here(), "polcy", "maven")))
          .isEqualTo("invalidParams");
      assertThat(
              host.failure(
                  "sandbox/open",
                  Map.of(
                      "policy",
                      List.of(
                          "read-only",
                          Map.of("files", Map.of("rules", Map.of(":workspace/x", "none")))),
                      "backend",
                      "landlock",
                      "workspace",
                      here())))
          .isIn("refused", "invalidPolicy");
      String sandbox = host.open(here(), Map.of());
      assertThat(host.failure("command/run", Map.of("sandbox", sandbox, "command", List.of())))
          .isEqualTo("invalidParams");
      assertThat(
              host.failure(
                  "command/run", Map.of("sandbox", sandbox, "command", List.of("no-such-program"))))
          .isEqualTo("commandNotFound");
      assertThat(
              host.failure("command/write", Map.of("sandbox", sandbox, "command", 7, "data", "")))
          .isEqualTo("unknownCommand");
    }
  }

  @Test
  void aMessageThatIsTooLargeIsSkipped() throws Exception {
    try (TestHost host = TestHost.initialized()) {
      host.send("x".repeat(RpcServer.LARGEST_MESSAGE + 1));
      assertThat(TestHost.kind(host.read())).isEqualTo("frameTooLarge");
      assertThat(host.failure("no/such", Map.of())).isEqualTo("unknownMethod");
    }
  }

  @Test
  void anIdInUseIsRefusedAndTheFirstRequestIsAnswered() throws Exception {
    try (TestHost host = TestHost.initialized()) {
      String sandbox = host.open(here(), Map.of());
      long cat = start(host, sandbox, Map.of("command", List.of("cat")));
      String of = "{\"sandbox\":\"" + sandbox + "\",\"command\":" + cat;
      String head = "{\"jsonrpc\":\"2.0\",\"id\":\"same\",\"method\":\"command/wait\",\"params\":";
      host.send(head + of + "}}");
      host.send(head + of + "}}");
      assertThat(TestHost.kind(host.read())).isEqualTo("duplicateId");
      host.send(
          "{\"jsonrpc\":\"2.0\",\"id\":\"end\",\"method\":\"command/write\",\"params\":"
              + of
              + ",\"end\":true}}");
      List<String> ids = List.of(host.read().get("id").asText(), host.read().get("id").asText());
      assertThat(ids).containsExactlyInAnyOrder("same", "end");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void theEndOfTheInputEndsEverything(String backend) throws Exception {
    TestHost host = TestHost.initialized();
    String sandbox = host.open(here(), Map.of("backend", backend));
    String mark = "61" + System.nanoTime() % 1_000_000_007;
    long sleep = start(host, sandbox, Map.of("command", List.of("sleep", mark)));
    assertThat(sleep).isPositive();
    assertThat(running(mark)).isPresent();
    // Half a message, as a host leaves it that is killed.
    host.toServer.write("{\"jsonrpc\":".getBytes(StandardCharsets.UTF_8));
    host.toServer.close();
    assertThat(host.awaitEnd()).isEqualTo("the input ended inside a message");
    assertThat(running(mark)).isEmpty();
  }

  /** Returns a process outside this JVM whose arguments have a word. */
  private static Optional<ProcessHandle> running(String word) {
    return ProcessHandle.allProcesses()
        .filter(
            each -> each.info().arguments().map(all -> List.of(all).contains(word)).orElse(false))
        .findAny();
  }

  @Test
  void aHostThatNeverReadsHoldsItsCommandsUpAndLeavesNothing() throws Exception {
    TestHost host = TestHost.initialized();
    String sandbox = host.open(here(), Map.of());
    Path written = workspace.resolve("written");
    start(
        host,
        sandbox,
        Map.of(
            "command",
            List.of(
                "sh",
                "-c",
                "i=0; while :; do head -c 65536 /dev/zero; i=$((i+1)); echo $i > written; done")));
    // The command stops at a bound while the host does not read.
    String count = "";
    for (String now = "0"; !now.equals(count); now = Files.readString(written).strip()) {
      count = now;
      do {
        Thread.sleep(500);
      } while (!Files.exists(written) || Files.readString(written).isBlank());
    }
    assertThat(Long.parseLong(count)).isBetween(1L, 200L);
    host.toServer.close();
    assertThat(host.awaitEnd()).isEmpty();
    assertThat(running("65536")).isEmpty();
    host.fromServer.close();
  }

  @Test
  void aHostThatSendsAndNeverReadsIsGivenUp() throws Exception {
    TestHost host = TestHost.initialized();
    String unknown =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + "x".repeat(1 << 20) + "\",\"params\":{}}";
    assertThatThrownBy(
            () -> {
              while (true) {
                host.send(unknown);
              }
            })
        .isInstanceOf(IOException.class);
    assertThat(host.awaitEnd()).contains("reads no answers");
    host.toServer.close();
    host.fromServer.close();
  }

  /** Sends the messages of the page and compares what it shows of the answers. */
  @Test
  void theExchangeOfThePageIsTrue() throws Exception {
    Files.writeString(workspace.resolve("Makefile"), "test:\n\t@echo ok\n");
    String page = Files.readString(Path.of("..", "docs", "serve.md"));
    List<String> lines =
        page.lines().filter(line -> line.startsWith("→ ") || line.startsWith("← ")).toList();
    assertThat(lines).hasSize(6);
    try (TestHost host = new TestHost()) {
      for (int i = 0; i < lines.size(); i += 2) {
        host.send(lines.get(i).substring(2).replace("/home/me/project", here()));
        String answer = host.read().toString();
        // The order of fields is free, and the page leaves some out.
        Pattern.compile("\"\\w+\":(\"[^\"]*\"|\\d+|\\[\\])")
            .matcher(lines.get(i + 1))
            .results()
            .map(MatchResult::group)
            .filter(field -> !field.startsWith("\"backend\""))
            .forEach(field -> assertThat(answer).contains(field));
      }
    }
  }

  @Test
  void theSchemaHasEachMethod() {
    for (String method : Methods.NAMES) {
      assertThat(RpcServer.schema()).contains("\"" + method + "\"");
    }
  }
}
