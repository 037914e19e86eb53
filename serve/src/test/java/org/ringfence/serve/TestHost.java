package org.ringfence.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channel;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A host of a server in this JVM. Each message of both sides is held to the schema. */
final class TestHost implements AutoCloseable {
  static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Schema SCHEMA =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(RpcServer.schema());

  final OutputStream toServer;
  final BufferedReader fromServer;
  final List<JsonNode> heard = new ArrayList<>();
  final CompletableFuture<String> end = new CompletableFuture<>();
  private int next = 1;

  TestHost() throws IOException {
    Pipe requests = Pipe.open();
    Pipe answers = Pipe.open();
    toServer = Channels.newOutputStream(requests.sink());
    fromServer =
        new BufferedReader(
            new InputStreamReader(
                Channels.newInputStream(answers.source()), StandardCharsets.UTF_8));
    Thread serving =
        new Thread(
            () -> {
              try (RpcServer server =
                  RpcServer.over(
                      Channels.newInputStream(requests.source()),
                      Channels.newOutputStream(answers.sink()))) {
                server.serve();
                end.complete("");
              } catch (IOException e) {
                end.complete(e.getMessage());
              } finally {
                closed(requests.source());
                closed(answers.sink());
              }
            },
            "test-server");
    serving.setDaemon(true);
    serving.start();
  }

  /** Closes an end of the server's, as the end of its process does. */
  private static void closed(Channel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static TestHost initialized() throws IOException {
    TestHost host = new TestHost();
    host.request("initialize", Map.of("protocolVersion", 1));
    return host;
  }

  static void valid(JsonNode message) {
    List<Error> mistakes = SCHEMA.validate(message);
    if (!mistakes.isEmpty()) {
      throw new AssertionError(message + ": " + mistakes);
    }
  }

  void send(String line) throws IOException {
    toServer.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    toServer.flush();
  }

  int begin(String method, Map<String, ?> params) throws IOException {
    int id = next++;
    send(
        MAPPER.writeValueAsString(
            Map.of("jsonrpc", "2.0", "id", id, "method", method, "params", params)));
    return id;
  }

  /** Returns the result; fails for an error. */
  JsonNode request(String method, Map<String, ?> params) throws IOException {
    int id = begin(method, params);
    valid(
        MAPPER.valueToTree(Map.of("jsonrpc", "2.0", "id", id, "method", method, "params", params)));
    JsonNode answer = answer(id);
    if (!answer.has("result")) {
      throw new AssertionError(answer.toString());
    }
    return answer.get("result");
  }

  /** Returns the kind of the error that a request gets. */
  String failure(String method, Map<String, ?> params) throws IOException {
    return kind(answer(begin(method, params)));
  }

  static String kind(JsonNode answer) {
    return answer.at("/error/data/kind").asText();
  }

  JsonNode answer(int id) throws IOException {
    JsonNode message = read();
    while (message.has("method") || message.get("id").asInt() != id) {
      heard.add(message);
      message = read();
    }
    return message;
  }

  JsonNode read() throws IOException {
    String line = fromServer.readLine();
    if (line == null) {
      throw new IOException("the server has ended");
    }
    JsonNode message = MAPPER.readTree(line);
    valid(message);
    return message;
  }

  String open(String workspace, Map<String, ?> more) throws IOException {
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("policy", "workspace-write");
    params.put("workspace", workspace);
    params.putAll(more);
    return request("sandbox/open", params).get("sandbox").asText();
  }

  /** Returns the output of a command that was heard so far. */
  String output(long command) {
    StringBuilder text = new StringBuilder();
    for (JsonNode each : heard) {
      if (each.path("method").asText().equals("command/output")
          && each.at("/params/command").asLong() == command) {
        text.append(decoded(each.at("/params/data")));
      }
    }
    return text.toString();
  }

  static String decoded(JsonNode base64) {
    return new String(Base64.getDecoder().decode(base64.asText()), StandardCharsets.UTF_8);
  }

  static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Waits for the end of the server, and returns the reason; empty for an orderly end. */
  String awaitEnd() throws Exception {
    return end.get(60, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws IOException {
    toServer.close();
    end.join();
    fromServer.close();
  }
}
