package org.ringfence.wsl2.script;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.ringfence.kit.stdio.CommandOutputs;

class MarkedInputTest {
  private static final String MARK = "\0ringfence command\n";

  @Test
  void readReturnsOnlyBytesBehindTheMark() throws Exception {
    InputStream marked = new MarkedInput(stream("wsl: a warning\r\n\0ring" + MARK + "e\n"));

    assertThat(marked.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("e\n");
  }

  @Test
  void aStreamWithoutTheMarkIsEmpty() throws Exception {
    InputStream marked = new MarkedInput(stream("wsl: a warning\r\n"));

    assertThat(marked.available()).isZero();
    assertThat(marked.read()).isNegative();
  }

  @Test
  void availableCountsBytesBehindTheMarkBeforeTheFirstRead() throws Exception {
    assertThat(new MarkedInput(stream("wsl: a warning\r\n" + MARK + "e\n")).available())
        .isEqualTo(2);
  }

  @Test
  void availablePassesAMarkThatArrivesInPieces() throws Exception {
    InputStream marked =
        new MarkedInput(
            new SequenceInputStream(
                stream("wsl: a warning\r\n" + MARK.substring(0, 4)),
                stream(MARK.substring(4) + "e\n")));

    assertThat(marked.available()).isZero();
    assertThat(marked.read()).isEqualTo('e');
    assertThat(marked.available()).isEqualTo(1);
  }

  @Test
  void aReaderThatComesAfterTheCommandsEndGetsItsOutput() throws Exception {
    CommandOutputs outputs = new CommandOutputs(OptionalLong.empty(), () -> {});
    InputStream error = outputs.reading(new MarkedInput(stream(MARK + "e\n")));

    outputs.settle(true, Duration.ofSeconds(60));

    assertThat(error.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("e\n");
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
  }
}
