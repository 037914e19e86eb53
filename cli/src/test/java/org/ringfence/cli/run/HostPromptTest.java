package org.ringfence.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;

class HostPromptTest {
  private final StringWriter shown = new StringWriter();

  /** Types one line before the question appears, and the answer after it. */
  private HostVerdict verdictAfterTyping(String executable, String answer) throws Exception {
    try (PipedOutputStream typing = new PipedOutputStream();
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(new PipedInputStream(typing), StandardCharsets.UTF_8))) {
      HostPrompt prompt = new HostPrompt(in, new PrintWriter(shown, true));
      typing.write("s\n".getBytes(StandardCharsets.UTF_8));
      typing.flush();
      CompletableFuture<HostVerdict> verdict =
          CompletableFuture.supplyAsync(
              () -> prompt.decide(new HostRequest("a.test", 443, 7, executable)));
      while (!shown.toString().contains("?")) {
        Thread.sleep(10);
      }
      assertThat(verdict).as("a line typed before the question is no answer").isNotDone();
      typing.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
      typing.flush();
      return verdict.get();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "o, ALLOW_ONCE",
    "ONCE, ALLOW_ONCE",
    "s, ALLOW_FOR_SANDBOX",
    "d, DENY",
    "'', DENY",
    "no, DENY",
    "N, DENY",
    "y, ALLOW_ONCE",
    "yes, ALLOW_ONCE"
  })
  void answerDecidesTheVerdict(String answer, HostVerdict expected) throws Exception {
    assertThat(verdictAfterTyping("/usr/bin/curl", answer)).isEqualTo(expected);
    assertThat(shown.toString()).contains("/usr/bin/curl (7) wants to connect to a.test:443");
  }

  @Test
  void unclearAnswerIsAskedAgain() throws Exception {
    assertThat(verdictAfterTyping("/usr/bin/curl", "yep\nno such answer\nonce"))
        .isEqualTo(HostVerdict.ALLOW_ONCE);
    assertThat(shown.toString().split("\\[y\\]es once", -1)).hasSize(4);
    assertThat(shown.toString()).contains("that is none of the answers");
  }

  @Test
  void questionEscapesTheProgramName() throws Exception {
    assertThat(verdictAfterTyping("/tmp/\u001b[2J\r\nringfence: \u202eall is well", "d"))
        .isEqualTo(HostVerdict.DENY);
    assertThat(shown.toString())
        .contains("$'/tmp/\\x1b[2J\\r\\nringfence: \\u202eall is well' (7) wants")
        .doesNotContain("\u001b", "\u202e");
  }
}
