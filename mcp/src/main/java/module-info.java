/** A Model Context Protocol server whose tools run commands in a sandbox. */
@SuppressWarnings("requires-automatic")
module org.ringfence.mcp {
  requires com.fasterxml.jackson.databind;
  requires io.modelcontextprotocol.sdk.mcp.core;
  requires io.modelcontextprotocol.sdk.mcp.json.jackson2;
  requires transitive org.ringfence;
  requires org.slf4j;
  requires reactor.core;

  exports org.ringfence.mcp;
}
