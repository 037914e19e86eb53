/**
 * A server of the Model Context Protocol over one sandbox. {@code docs/mcp.md} describes its tools.
 */
package org.ringfence.mcp;
