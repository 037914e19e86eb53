/** A sandbox of agent-sandbox, of the Spring AI community, that the operating system enforces. */
package org.ringfence.agentsandbox;
