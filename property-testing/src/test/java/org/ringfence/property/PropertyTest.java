package org.ringfence.property;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.instancio.junit.InstancioExtension;
import org.instancio.junit.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(InstancioExtension.class)
class PropertyTest {
  private record Input(String name, byte[] bytes, List<Integer> numbers) {}

  @Test
  void checkTriesTheGivenNumberOfDifferentInputs() {
    List<Long> met = new ArrayList<>();
    Property.forAll(Inputs.longs(), met::add);
    assertThat(met).hasSize(1000);
    assertThat(new HashSet<>(met)).hasSizeGreaterThan(800).contains(0L, Long.MIN_VALUE);
    assertThatThrownBy(() -> Property.forAll(0, Inputs.longs(), met::add))
        .hasMessage("tries: 0; use 1 or more");
  }

  @Test
  @Seed(77)
  void firstFailureNamesSeedAndInput() {
    assertThatThrownBy(
            () ->
                Property.forAll(
                    random -> new Input("a\n\"", new byte[] {1, -1}, List.of(4)),
                    input -> assertThat(input.numbers()).isEmpty()))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith(
            "input 1 of 1000, repeated by @Seed(77L), breaks the property: "
                + "name=\"a\\u000a\\\"\", bytes=2 bytes 01ff, numbers=[4]")
        .hasMessageContaining("Expecting empty")
        .hasCauseInstanceOf(AssertionError.class);
  }

  @Test
  void exceptionOfTheTestedCodeNamesTheInput() {
    assertThatThrownBy(
            () ->
                Property.forAll(
                    Inputs.of("x"),
                    input -> {
                      throw new java.io.IOException("full");
                    }))
        .hasMessageContaining("breaks the property: \"x\"")
        .hasMessageContaining("full");
  }

  @Test
  @Seed(1234)
  void seedRepeatsEveryInput() {
    List<String> met = new ArrayList<>();
    Property.forAll(3, Inputs.strings("abcdefgh", 8, 8), met::add);
    assertThat(met).startsWith("chbgcdec", "bacdeahd", "bddagaab");
  }

  @Test
  void encodableTextSurvivesUtf8RoundTrip() {
    Property.forAll(
        Inputs.encodable(20),
        text -> assertThat(new String(text.getBytes(UTF_8), UTF_8)).isEqualTo(text));
  }

  @Test
  void nullPartsOfAnInputStayNull() {
    Property.forAll(
        10,
        random -> new Input(null, null, null),
        input -> assertThat(input).isEqualTo(new Input(null, null, null)));
  }
}
