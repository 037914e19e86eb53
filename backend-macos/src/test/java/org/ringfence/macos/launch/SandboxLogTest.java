package org.ringfence.macos.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.event.Remedy;
import org.ringfence.event.Violation;
import org.ringfence.macos.launch.json.SandboxLog;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

/** Parses log lines in the known forms of the system log. */
class SandboxLogTest {
  private static final String TAG = "ringfence-1";

  private static String line(String message) {
    return "{\"eventMessage\":\"" + message + "\",\"subsystem\":\"\",\"processID\":0}";
  }

  @ParameterizedTest
  @CsvSource({
    "'Sandbox: cat(4711) deny(1) file-read-data /etc/x\\n"
        + TAG
        + "',cat,4711,file-read-data,/etc/x",
    "'cat(4711) deny(1) file-read-data /a b/c(1)\\n" + TAG + "',cat,4711,file-read-data,/a b/c(1)",
    "'Sandbox: Google Chrome He(12) deny(1) mach-lookup com.apple.x\\n"
        + TAG
        + "',Google Chrome He,12,mach-lookup,com.apple.x",
    "'3 duplicate reports for Sandbox: sh(7) deny(1) file-write-create /x\\n"
        + TAG
        + "',sh,7,file-write-create,/x",
    "'Sandbox: curl(8) deny(1) network-outbound /private/var/run/mDNSResponder\\n"
        + TAG
        + "',curl,8,network-outbound,/private/var/run/mDNSResponder",
    "'Sandbox: curl(8) deny(1) network-outbound*:443 " + TAG + "',curl,8,network-outbound*:443,''",
    "'Sandbox: ps(9) deny(1) forbidden-exec-sugid " + TAG + "',ps,9,forbidden-exec-sugid,''"
  })
  void denialLinesAreParsed(
      String message, String program, long pid, String operation, String target) {
    assertThat(SandboxLog.read(line(message), TAG))
        .contains(new SandboxLog.Denial(program, pid, operation, target));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Filtering the log data using \"sender == \\\"Sandbox\\\"\"",
        "{\"eventMessage\":\"Sandbox: cat(1) deny(1) file-read-data /x\\nringfence-2\"}",
        "{\"eventMessage\":\"Sandbox: something else ringfence-1\"}",
        "{\"eventMessage\":",
        "{}",
        ""
      })
  void otherLinesAreIgnored(String line) {
    assertThat(SandboxLog.read(line, TAG)).isEmpty();
  }

  @Test
  void denialIsReportedWithTheRuleOfThePolicy() {
    var policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().write(":workspace").build(), PathContext.ofMac("/ws", "/home"));
    Violation hooks =
        SeatbeltDenials.violation(
            policy, new SandboxLog.Denial("sh", 1 << 30, "file-write-create", "/ws/.git/hooks/x"));
    assertThat(hooks.rule()).isEqualTo("protectedNames .git/hooks");
    assertThat(hooks.executable()).isEqualTo("sh");
    Violation outside =
        SeatbeltDenials.violation(
            policy, new SandboxLog.Denial("sh", 1 << 30, "file-write-data", "/etc/x"));
    assertThat(outside.reason()).isEqualTo(new Reason.Default(FileDefault.READ, Operation.WRITE));
    Violation connect =
        SeatbeltDenials.violation(
            policy, new SandboxLog.Denial("curl", 1 << 30, "network-outbound", "1.2.3.4:443"));
    assertThat(connect.reason()).isEqualTo(new Reason.NetworkClosed("1.2.3.4", 443));
    assertThat(connect.remedy()).isEqualTo(new Remedy.AllowHost("1.2.3.4:443"));
  }

  /** Versions of macOS differ in whether they name the volume. */
  @Test
  void denialOnTheDataVolumeIsReportedWithTheRuleUnderBothNames() {
    for (String root : List.of("/work", "/System/Volumes/Data/work")) {
      var policy =
          EffectivePolicy.of(
              SandboxPolicy.builder().write(root).none(root + "/secret").build(),
              PathContext.ofMac("/ws", "/home"));
      for (String named : List.of("/work/secret/x", "/System/Volumes/Data/work/secret/x")) {
        assertThat(
                SeatbeltDenials.violation(
                        policy, new SandboxLog.Denial("sh", 1 << 30, "file-read-data", named))
                    .rule())
            .contains(root + "/secret");
      }
    }
  }

  /** The log names no path for it, so that the remedy must say which programs these are. */
  @Test
  void denialOfSetuidProgramsAndLinksSaysWhatTheyAre() {
    var policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().write(":workspace").build(), PathContext.ofMac("/ws", "/home"));
    Violation ps =
        SeatbeltDenials.violation(
            policy, new SandboxLog.Denial("sh", 1 << 30, "forbidden-exec-sugid", ""));
    assertThat(ps.remedy().toString()).contains("ps of macOS");
    Violation link =
        SeatbeltDenials.violation(
            policy, new SandboxLog.Denial("mv", 1 << 30, "file-link", "/ws/a"));
    assertThat(link.remedy().toString()).contains("second name");
  }
}
