package org.ringfence.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.json.schema.jackson2.DefaultJsonSchemaValidator;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** A small MCP server with one tool, which writes a file. */
final class WrittenFileServer {
  private WrittenFileServer() {}

  static List<String> words() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        WrittenFileServer.class.getName());
  }

  public static void main(String[] args) throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    McpJsonMapper mapper = new JacksonMcpJsonMapper(new ObjectMapper());
    InputStream in =
        new FilterInputStream(System.in) {
          @Override
          public int read(byte[] bytes, int from, int most) throws IOException {
            int count = super.read(bytes, from, most);
            if (count < 0) {
              end.countDown();
            }
            return count;
          }
        };
    McpServer.sync(new StdioServerTransportProvider(mapper, in, System.out))
        .serverInfo("written-file", "1")
        .capabilities(ServerCapabilities.builder().tools(false).build())
        .jsonMapper(mapper)
        .jsonSchemaValidator(new DefaultJsonSchemaValidator())
        .toolCall(
            Tool.builder(
                    "write",
                    Map.of(
                        "type", "object", "properties", Map.of("path", Map.of("type", "string"))))
                .build(),
            (exchange, request) -> written(request.arguments().get("path").toString()))
        .build();
    end.await();
    System.exit(0);
  }

  private static CallToolResult written(String path) {
    try {
      Files.writeString(Path.of(path), "text");
      return CallToolResult.builder().addTextContent("written").isError(false).build();
    } catch (IOException e) {
      return CallToolResult.builder().addTextContent("failed: " + e).isError(true).build();
    }
  }
}
