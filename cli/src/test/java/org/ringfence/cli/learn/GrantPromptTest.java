package org.ringfence.cli.learn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.event.Violation;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.proposal.PolicyProposal.Grant;

class GrantPromptTest {
  private static final Grant GRANT =
      new Grant(
          "write /srv/x",
          "/srv/x",
          new Violation(
              "open",
              "/srv/x\u001b[2J",
              1,
              "",
              new Reason.Default(FileDefault.READ, Operation.WRITE),
              Violation.Certainty.CERTAIN));

  /** A fake terminal that answers each question as soon as it appears. */
  private static final class AnsweringTerminal extends Writer {
    private final StringWriter shown = new StringWriter();
    private final List<String> answers;
    private final PipedWriter keys;

    AnsweringTerminal(PipedReader reader, List<String> answers) throws java.io.IOException {
      this.keys = new PipedWriter(reader);
      this.answers = new ArrayList<>(answers);
    }

    @Override
    public void write(char[] text, int from, int count) throws java.io.IOException {
      shown.write(text, from, count);
      if (new String(text, from, count).contains("(default)?")) {
        keys.write(answers.remove(0) + "\n");
        keys.flush();
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @ParameterizedTest
  @CsvSource({
    "y, true",
    "YES, true",
    "n, false",
    "'', false",
    "yesterday y, true",
    "yep no, false"
  })
  void onlyYesGrantsAccess(String answer, boolean granted) throws Exception {
    PipedReader keys = new PipedReader();
    AnsweringTerminal terminal = new AnsweringTerminal(keys, List.of(answer.split(" ")));
    GrantPrompt prompt = new GrantPrompt(new BufferedReader(keys), new PrintWriter(terminal, true));
    assertThat(prompt.test(GRANT)).isEqualTo(granted);
    assertThat(terminal.shown.toString()).contains("write /srv/x").doesNotContain("\u001b");
  }

  @Test
  void refusedGrantIsNotAskedForAgain() throws Exception {
    PipedReader keys = new PipedReader();
    AnsweringTerminal terminal = new AnsweringTerminal(keys, List.of("n"));
    GrantPrompt prompt = new GrantPrompt(new BufferedReader(keys), new PrintWriter(terminal, true));
    assertThat(prompt.test(GRANT)).isFalse();
    assertThat(prompt.test(GRANT)).isFalse();
    assertThat(terminal.answers).isEmpty();
  }

  @Test
  void endOfInputGrantsNothing() {
    StringWriter shown = new StringWriter();
    GrantPrompt prompt =
        new GrantPrompt(
            new BufferedReader(new java.io.StringReader("")), new PrintWriter(shown, true));
    assertThat(prompt.test(GRANT)).isFalse();
  }
}
