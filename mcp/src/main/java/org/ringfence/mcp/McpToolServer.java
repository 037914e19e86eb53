package org.ringfence.mcp;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.json.schema.jackson2.DefaultJsonSchemaValidator;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;

/**
 * Serves the tools {@code run_command}, {@code read_denials} and {@code explain} to one client, all
 * of them bound to one sandbox. When the client closes its input or stops reading output, the
 * server ends the sandbox with every command, and itself. Thread-safe.
 */
public final class McpToolServer implements AutoCloseable {
  /** Which denials {@code read_denials} has. */
  public enum Denials {
    /** Those that the sandbox itself decides, which costs the commands nothing. */
    DECIDED,
    /** Files that could not be opened, too, which costs commands time for each open. */
    ALL
  }

  private static final String INSTRUCTIONS =
      "Commands run in a sandbox with a fixed policy. When one fails with 'Permission denied' or"
          + " without a network, read_denials names the rule, and the user can change the policy;"
          + " another way to the same file or host is denied as well. explain has the policy.";

  private final Sandbox sandbox;
  private final ClientConnection connection;

  private McpToolServer(Sandbox sandbox, ClientConnection connection) {
    this.sandbox = sandbox;
    this.connection = connection;
  }

  /**
   * Opens the sandbox and begins to serve it.
   *
   * @param opener opens the sandbox; its policy is that of every command
   * @param denials the denials to remember
   * @param version the version that the server names to its client
   * @param in messages of the client, one a line; the caller closes it
   * @param out messages to the client; nothing else may be written to it
   * @return the server
   * @throws SandboxException if the sandbox cannot be opened; nothing is served
   */
  public static McpToolServer over(
      Sandbox.Opener opener, Denials denials, String version, InputStream in, OutputStream out)
      throws SandboxException {
    Objects.requireNonNull(version, "version");
    DenialMemory memory = new DenialMemory();
    if (denials == Denials.ALL) {
      opener.onDenied(memory::denied);
    } else {
      opener.onDecidedDenial(memory::denied);
    }
    Sandbox sandbox = opener.onDropped(memory::dropped).open();
    McpJsonMapper mapper = new JacksonMcpJsonMapper(new ObjectMapper());
    ClientConnection connection = null;
    boolean done = false;
    try {
      connection = new ClientConnection(in, out, mapper);
      ToolCalls calls = new ToolCalls();
      // It has no state but the connection's.
      McpServer.async(connection)
          .serverInfo("ringfence", version)
          .instructions(INSTRUCTIONS)
          .capabilities(McpSchema.ServerCapabilities.builder().tools(false).build())
          .jsonMapper(mapper)
          .jsonSchemaValidator(new DefaultJsonSchemaValidator())
          .tools(
              new CommandTool(sandbox, memory).specification(calls),
              new DenialsTool(memory).specification(calls),
              new PolicyTool(sandbox).specification(calls))
          .build();
      connection.start();
      done = true;
      return new McpToolServer(sandbox, connection);
    } finally {
      if (!done) {
        sandbox.close();
        if (connection != null) {
          connection.close();
        }
      }
    }
  }

  /**
   * Waits until the client is gone or the server is closed, and ends every command.
   *
   * @throws InterruptedException if the wait is interrupted; the server is closed all the same
   * @throws IOException if the input ended inside a message, or the client sent requests and left
   *     16 MiB of immediate answers unread; the server is closed all the same
   */
  public void serve() throws InterruptedException, IOException {
    try {
      connection.await();
    } finally {
      close();
    }
  }

  /** Ends every command and the server. */
  @Override
  public void close() {
    connection.end();
    sandbox.close();
    connection.close();
  }
}
