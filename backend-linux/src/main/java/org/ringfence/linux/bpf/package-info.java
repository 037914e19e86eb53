/** Assembles classic BPF programs, and runs them for tests and explanations. Pure. */
package org.ringfence.linux.bpf;
