/**
 * A case, and the place where it runs: its files, the servers of the host, an emulated Internet,
 * and the processes that it starts.
 */
package org.ringfence.conformance.stage;
