package org.ringfence.conformance.scenario;

import java.util.List;
import java.util.Map;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.HostFixture;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.SandboxPolicy;

/**
 * The body of a case as data: the probe tries one operation under a policy; a denial counts only if
 * nothing outside has changed, no server of the host has been reached, and the same operation
 * succeeds without a sandbox.
 *
 * @param policy the policy's name
 * @param needs guarantees that the plan has to promise
 * @param probe the probe's arguments
 * @param expected the expected result
 * @param errors the errors that a denial without a control must have: without one, any other error
 *     could have other causes
 */
public record ProbeBody(
    String policy, List<String> needs, List<String> probe, Expected expected, List<String> errors)
    implements ConformanceCase.Body {

  /** The expected result of an operation. */
  public enum Expected {
    /** It is denied in the sandbox and succeeds without. */
    DENIED,
    /** It is denied in the sandbox; outside it cannot be tried, or would do harm. */
    DENIED_WITHOUT_CONTROL,
    /** As before; or it seems to succeed, but affects only the sandbox's own resources. */
    NO_EFFECT,
    /** It succeeds in the sandbox. */
    OK
  }

  @Override
  public Outcome run(TestContext stage) throws Exception {
    HostFixture fixture = stage.host();
    SandboxPolicy wanted = stage.policy(policy);
    fixture.reset();
    stage.require(wanted, needs, fixture.workspace());
    List<String> command = fixture.probe(probe);
    if (expected == Expected.DENIED || expected == Expected.NO_EFFECT) {
      CapturedProcess control =
          CapturedProcess.of(
              new ProcessBuilder(command).directory(fixture.workspace().toFile()).start());
      check(control);
      if (!control.ok()) {
        throw NotShownException.skipped(
            "the control does not succeed on this machine: " + control.result());
      }
    }
    fixture.reset();
    Map<String, String> before = fixture.snapshot();
    long contacts = fixture.contacts();
    CapturedProcess inside;
    try (Sandbox sandbox = stage.open(wanted, needs)) {
      inside = CapturedProcess.of(sandbox.start(SandboxCommand.of(command)));
    }
    check(inside);
    if (expected == Expected.OK) {
      return inside.ok()
          ? Outcome.passed()
          : Outcome.failed("expected to succeed, but: " + inside.result());
    }
    if (!inside.denied() && !(expected == Expected.NO_EFFECT && inside.ok())) {
      return Outcome.failed("expected to be denied, but: " + inside.result());
    }
    String error = inside.result().substring(inside.result().indexOf(' ') + 1);
    if (!errors.isEmpty() && !errors.contains(error)) {
      return Outcome.failed("expected one of " + errors + ", but: " + inside.result());
    }
    if (!fixture.snapshot().equals(before)) {
      return Outcome.failed("said " + inside.result() + ", but something outside has changed");
    }
    if (fixture.contacts() != contacts) {
      return Outcome.failed("said " + inside.result() + ", but a server outside was reached");
    }
    return fixture.victimAlive()
        ? Outcome.passed()
        : Outcome.failed("the process outside has been ended");
  }

  private static void check(CapturedProcess execution) throws NotShownException {
    if (execution.result().startsWith("ABSENT ")) {
      throw NotShownException.skipped(
          "this system has no " + execution.result().substring("ABSENT ".length()));
    }
  }
}
