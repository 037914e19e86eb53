/**
 * Runs untrusted commands under the operating system's own sandbox.
 *
 * <pre>{@code
 * try (Sandbox sandbox = Sandbox.open(Presets.workspaceWrite())) {
 *   Result result =
 *       sandbox.command("mvn", "-o", "verify").timeout(Duration.ofMinutes(10)).run();
 *   System.out.println(result.stdout() + " " + result.ending() + " " + result.denials());
 * }
 * }</pre>
 */
package org.ringfence;
