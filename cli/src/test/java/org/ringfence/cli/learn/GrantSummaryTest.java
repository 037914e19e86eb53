package org.ringfence.cli.learn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.ringfence.event.Violation;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.proposal.PolicyProposal.Grant;
import org.ringfence.policy.proposal.PolicyProposal.Refusal;
import org.ringfence.text.Printable;

class GrantSummaryTest {
  private static Violation denial(String path) {
    return new Violation(
        "open",
        path,
        1,
        "",
        new Reason.Default(FileDefault.MINIMAL, Operation.READ),
        Violation.Certainty.CERTAIN);
  }

  private static List<Grant> grants(int count) {
    List<Grant> grants = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String path = "/data/tool/" + i;
      grants.add(new Grant("read " + path, path, denial(path)));
    }
    return grants;
  }

  private static String printed(Learned learned, boolean whole) {
    StringWriter text = new StringWriter();
    learned.print(new PrintWriter(text), whole);
    return text.toString();
  }

  @Test
  void fewGrantsAreListedAndManyAreCounted() {
    List<Grant> grants = new ArrayList<>(grants(900));
    grants.add(new Grant("network.allow a.test:443", "", denial("a.test:443")));
    List<Refusal> refused =
        grants(800).stream().map(grant -> new Refusal(grant.denial(), "it is denied")).toList();
    Learned learned = new Learned(grants, refused, 0, 1);
    assertThat(printed(learned, false))
        .hasLineCount(5)
        .contains("granted: read 900 below /data/tool, such as /data/tool/0, ")
        .contains("granted: network.allow a.test:443 (open a.test:443)\n")
        .contains("not granted: open 800 below /data/tool, such as ", ": it is denied\n")
        .contains("--verbose lists all");
    assertThat(printed(learned, true)).hasLineCount(1702).doesNotContain("--verbose");
    assertThat(learned.description(List.of("make")))
        .hasSizeLessThan(300)
        .contains("read 900 below");
    assertThat(printed(new Learned(grants(5), List.of(), 0, 1), false))
        .hasLineCount(6)
        .contains("granted: read /data/tool/4 (open /data/tool/4)");
  }

  @Test
  void directoryGrantShowsItsNumberOfDeniedFiles() {
    Grant tree = new Grant("read /data/tool", "/data/tool", denial("/data/tool/0"), 12);
    assertThat(printed(new Learned(List.of(tree), List.of(), 0, 1), false))
        .contains("granted: read /data/tool (the directory of 12 denied files)");
  }

  @Test
  void namesWithSpecialCharactersHaveTheEscapesOfAShell() {
    String path = "/data/a\nb\u200bc";
    Grant grant = new Grant("read " + Printable.name(path), path, denial(path));
    Learned learned = new Learned(List.of(grant), List.of(), 0, 1);
    String shown = "$'/data/a\\nb\\u200bc'";
    assertThat(printed(learned, false))
        .contains("granted: read " + shown + " (open " + shown + ")");
    assertThat(learned.description(List.of("x\ty")))
        .contains("Learned from: $'x\\ty'. Granted: read " + shown + ".");
    Refusal refusal = new Refusal(denial(path), "it is denied");
    assertThat(printed(new Learned(List.of(), List.of(refusal), 0, 1), false))
        .contains("not granted: open " + shown + ": it is denied");
  }
}
