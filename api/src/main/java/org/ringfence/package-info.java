/**
 * Runs commands that nobody has read under the operating system's own sandbox.
 *
 * <pre>{@code
 * try (Sandbox sandbox = Sandbox.open(Presets.load("workspace-write"))) {
 *   Process process = sandbox.start(SandboxCommand.of("mvn", "-o", "verify"));
 *   int exit = process.waitFor();
 * }
 * }</pre>
 */
package org.ringfence;
