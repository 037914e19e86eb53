package org.ringfence.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.ringfence.event.Violation;
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
}
