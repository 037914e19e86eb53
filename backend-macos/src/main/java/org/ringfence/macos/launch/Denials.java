package org.ringfence.macos.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import org.ringfence.event.SandboxListener;
import org.ringfence.event.Violation;
import org.ringfence.event.Violation.Certainty;
import org.ringfence.macos.launch.json.SandboxLog;
import org.ringfence.policy.Decision;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.Operation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a listener what the system's log tells of a sandbox's denials. */
final class Denials implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Denials.class);

  private final EffectivePolicy policy;
  private final SandboxListener listener;
  private final String tag;
  private final Process log;

  private Denials(EffectivePolicy policy, SandboxListener listener, String tag, Process log) {
    this.policy = policy;
    this.listener = listener;
    this.tag = tag;
    this.log = log;
  }

  /**
   * Listens to the log.
   *
   * @param program what tells the log
   * @param policy names the rules
   * @param listener hears of denials
   * @param tag the sandbox's tag
   * @return the listening
   * @throws IOException if the log cannot be listened to
   */
  static Denials hear(String program, EffectivePolicy policy, SandboxListener listener, String tag)
      throws IOException {
    Process log =
        new ProcessBuilder(
                program, "stream", "--style", "ndjson", "--predicate", SandboxLog.predicate(tag))
            .redirectInput(Redirect.from(new java.io.File("/dev/null")))
            .redirectError(Redirect.DISCARD)
            .start();
    Denials denials = new Denials(policy, listener, tag, log);
    Thread thread = new Thread(denials::read, "ringfence-log");
    thread.setDaemon(true);
    thread.start();
    return denials;
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(log.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        SandboxLog.read(line, tag).ifPresent(this::tell);
      }
    } catch (IOException e) {
      LOG.debug("the log has ended", e);
    }
  }

  private void tell(SandboxLog.Denial denial) {
    try {
      listener.violation(violation(policy, denial));
    } catch (RuntimeException e) {
      LOG.warn("a listener failed", e);
    }
  }

  /** The denial with the policy's rule: the log knows of none. */
  static Violation violation(EffectivePolicy policy, SandboxLog.Denial denial) {
    String executable =
        ProcessHandle.of(denial.pid())
            .flatMap(process -> process.info().command())
            .orElse(denial.program());
    boolean file = denial.operation().startsWith("file-") && denial.target().startsWith("/");
    boolean writing = denial.operation().startsWith("file-write");
    String rule = denial.operation();
    String remedy = "nothing: no policy grants it";
    if (file) {
      Decision decision =
          policy.evaluate(denial.target(), writing ? Operation.WRITE : Operation.READ);
      rule = decision.allowed() ? denial.operation() : decision.rule();
      remedy =
          rule.startsWith("protectedNames")
              ? "protectedNames off"
              : rule.startsWith("files.protectedPaths")
                  ? "nothing: a protected path is never written"
                  : rule.startsWith("files.denyGlobs")
                      ? "a policy without that glob"
                      : "files.rules \""
                          + denial.target()
                          + "\": \""
                          + (writing ? "write" : "read")
                          + "\"";
    } else if (denial.operation().startsWith("network-")) {
      rule =
          "network.mode "
              + policy.policy().network().mode().name().toLowerCase(java.util.Locale.ROOT);
      remedy =
          denial.target().startsWith("/")
              ? "network.unixSockets \"" + denial.target() + "\""
              : "network.allow, or a port in network.hostLoopbackPorts";
    }
    return new Violation(
        denial.operation(),
        denial.target(),
        denial.pid(),
        executable,
        rule,
        remedy,
        Certainty.CERTAIN);
  }

  @Override
  public void close() {
    log.destroy();
  }
}
