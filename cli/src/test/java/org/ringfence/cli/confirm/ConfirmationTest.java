package org.ringfence.cli.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Types answers to a question whose answers are yes and no. */
class ConfirmationTest {
  private final StringWriter shown = new StringWriter();

  private boolean agreed(String typed) throws Exception {
    // A terminal has no line before it has shown the question.
    Reader terminal =
        new StringReader(typed) {
          @Override
          public boolean ready() {
            return false;
          }
        };
    return new Confirmation(new PrintWriter(shown, true))
        .agreed("write?", new BufferedReader(terminal));
  }

  @ParameterizedTest
  @CsvSource({
    "y, true",
    "YES, true",
    "n, false",
    "no, false",
    "'', false",
    "' y ', true",
    "'yep\ny', true",
    "'yep\nn', false",
    "'nope\nok\nyes', true"
  })
  void clearAnswerDecides(String typed, boolean expected) throws Exception {
    assertThat(agreed(typed + "\n")).isEqualTo(expected);
  }

  @Test
  void unclearAnswerIsAskedAgainAndTheEndOfTheInputIsNo() throws Exception {
    assertThat(agreed("yep\nsure\n")).isFalse();
    assertThat(shown.toString().split("write\\?", -1)).hasSize(4);
  }
}
