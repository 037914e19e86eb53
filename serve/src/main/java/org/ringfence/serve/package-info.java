/**
 * A server of sandboxes over JSON-RPC 2.0, one message a line. {@code docs/serve.md} has the
 * protocol.
 */
package org.ringfence.serve;
