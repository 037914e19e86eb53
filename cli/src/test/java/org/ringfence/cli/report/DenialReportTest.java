package org.ringfence.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.event.DroppedEvents;
import org.ringfence.event.Violation;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;

class DenialReportTest {
  private static Violation denied(String operation, String target) {
    return new Violation(
        operation,
        target,
        7,
        "/usr/bin/tool",
        new Reason.UnixSocket(target),
        Violation.Certainty.CERTAIN);
  }

  private static String printed(DenialReport report) {
    StringWriter text = new StringWriter();
    report.print(new PrintWriter(text));
    return text.toString();
  }

  @Test
  void thousandsOfDenialsOfOneKindHideNoOtherKind() {
    DenialReport report = new DenialReport();
    for (int i = 0; i < 3_000; i++) {
      report.denied(denied("create", "/etc/n" + i));
    }
    report.denied(denied("connect", "/run/secret.sock"));
    assertThat(printed(report))
        .contains("create /etc/n1999 ", "connect /run/secret.sock ")
        .contains("denied 1000 more")
        .doesNotContain("/etc/n2000 ");
  }

  @Test
  void lateKindsAreBounded() {
    DenialReport report = new DenialReport();
    for (int i = 0; i < 3_000; i++) {
      report.denied(denied("create", "/etc/n" + i));
    }
    for (int i = 0; i < 50_000; i++) {
      report.denied(denied("operation" + i % 1_000, "/etc/late" + i));
    }
    assertThat(report.denials()).hasSize(4_000);
  }

  private static Violation made(String path) {
    return new Violation(
        "create",
        path,
        7,
        "/usr/bin/tool",
        new Reason.Default(FileDefault.READ, Operation.WRITE),
        Violation.Certainty.CERTAIN);
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the path is one of Linux")
  void writesThatTheSystemDeniesAnywayAreCountedWhenTheyAreMany() {
    // Nobody makes a file there, not even root.
    DenialReport report = new DenialReport();
    for (int i = 0; i < 3; i++) {
      report.denied(made("/sys/kernel/security/denied" + i));
    }
    Assumptions.assumeTrue(report.ofTheSandbox().isEmpty(), "this user may write there");
    assertThat(printed(report)).contains("create /sys/kernel/security/denied2 by", "either");
    report.denied(made("/sys/kernel/security/denied3"));
    assertThat(printed(report))
        .isEqualTo(
            "ringfence: nothing was denied, except 4 writes that the system denies this user"
                + " outside the sandbox, too\n");
    report.denied(denied("connect", "/run/secret.sock"));
    assertThat(printed(report))
        .contains("denied:\n  connect", "not listed: 4 writes")
        .doesNotContain("/sys/");
    assertThat(report.denials()).hasSize(5);
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the backends are those of Linux")
  void sharedTemporaryDirectoryIsNotTheOnlyRemedy() {
    for (String backend : List.of("landlock", "bubblewrap")) {
      DenialReport report = new DenialReport();
      report.under(backend);
      report.denied(made("/tmp/dbus-kGl03d1Izg"));
      assertThat(printed(report))
          .contains("-p '{\"tmp\":\"shared\"}'")
          .satisfies(
              text ->
                  assertThat(text.contains("or --backend bubblewrap"))
                      .isEqualTo(backend.equals("landlock")));
    }
  }

  @Test
  void lostDenialsAreNotCalledNone() {
    DenialReport report = new DenialReport();
    report.dropped(new DroppedEvents(3, 0, 0));
    assertThat(printed(report)).doesNotContain("nothing was denied").contains("denied 3 more");
  }
}
