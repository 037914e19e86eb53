package org.ringfence.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.HostRequest;
import org.ringfence.event.Violation;
import org.ringfence.policy.Reason;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;

@ExtendWith(InstancioExtension.class)
class PrintableTest {
  @ParameterizedTest
  @MethodSource("names")
  void namesThatDifferLookDifferentAndAShellReadsThem(String name, String shown) {
    assertThat(Printable.name(name)).isEqualTo(shown);
  }

  private static Stream<Arguments> names() {
    return Stream.of(
        Arguments.of("/a b/ü", "/a b/ü"),
        Arguments.of("/a\\nb", "/a\\nb"),
        Arguments.of("/a\nb", "$'/a\\nb'"),
        Arguments.of("/a\\n\nb", "$'/a\\\\n\\nb'"),
        Arguments.of("$'/a\\nb'", "$'$\\047/a\\\\nb\\047'"),
        Arguments.of("\u001b[2J", "$'\\x1b[2J'"),
        Arguments.of("\u0085\u202e", "$'\\u0085\\u202e'"));
  }

  /**
   * Draws control characters, direction marks, line separators, unpaired surrogates and plain text.
   */
  private static final Generator<String> HOSTILE =
      Inputs.strings(
          IntStream.rangeClosed(0, 0xad).mapToObj(Character::toString).collect(Collectors.joining())
              + "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
              + "\u2028\u2029\ufeff\ufff9\ud800\udbff\udc00\udfff\\n",
          0,
          60);

  private static boolean affectsTerminal(int code) {
    return code < ' '
        || code >= 0x7f && code < 0xa0
        || code == 0xad
        || code == 0x61c
        || code >= 0x200b && code <= 0x200f
        || code >= 0x2028 && code <= 0x202e
        || code >= 0x2066 && code <= 0x2069
        || code == 0xfeff
        || code == 0xfff9
        || code >= 0xd800 && code <= 0xdfff;
  }

  @Test
  void printedTextIsOneLineWithoutTerminalControls() {
    Property.forAll(
        HOSTILE,
        text -> {
          assertThat(Printable.of(text).codePoints()).noneMatch(PrintableTest::affectsTerminal);
          assertThat(Printable.of(text).lines().count()).isLessThanOrEqualTo(1);
          assertThat(Printable.line(text).codePoints())
              .noneMatch(code -> affectsTerminal(code) && code != 0x09);
        });
  }

  @Test
  void printedBytesContainNoTerminalControls() {
    Property.forAll(
        Inputs.bytes(60),
        bytes ->
            assertThat(Printable.ofBytes(bytes).codePoints())
                .noneMatch(PrintableTest::affectsTerminal));
  }

  @Test
  void escapingEscapedTextChangesNothing() {
    Property.forAll(
        HOSTILE,
        text -> assertThat(Printable.of(Printable.of(text))).isEqualTo(Printable.of(text)));
  }

  @Test
  void ordinaryTextIsUnchanged() {
    String text = "C:\\Users\\j\u00fcrgen \u65e5\u672c \ud83d\ude00 a b";
    assertThat(Printable.of(text)).isSameAs(text);
    assertThat(Printable.ofBytes(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(text);
    assertThat(Printable.line("a\tb")).isEqualTo("a\tb");
  }

  @Test
  void escapeShowsTheCodeOfTheCharacter() {
    assertThat(Printable.of("a\nb\r\t\u001b[31m\u009b\u202e\ud800"))
        .isEqualTo("a\\nb\\r\\t\\x1b[31m\\x9b\\u202e\\ud800");
    assertThat(Printable.ofBytes(new byte[] {'a', (byte) 0xff, '\n'})).isEqualTo("a\\xff\\n");
  }

  @Test
  void eventTextContainsNoTerminalControls() {
    String name = "a\nringfence: \u001b[2J";
    Violation violation =
        new Violation(
            "openat", name, 1, name, new Reason.ProtectedPath(name), Violation.Certainty.CERTAIN);
    AuditRecord record =
        new AuditRecord(
            1, 1, name, List.of(name), name, Instant.EPOCH, Instant.EPOCH, OptionalInt.of(0));
    assertThat(
            List.of(
                violation.toString(),
                record.toString(),
                new HostRequest(name, 1, 1, name).toString()))
        .allMatch(text -> text.codePoints().noneMatch(PrintableTest::affectsTerminal));
  }

  @Test
  void invisibleLettersAreNotPlain() {
    for (int code : new int[] {0x115f, 0x1160, 0x2800, 0x3164, 0xffa0}) {
      assertThat(Printable.isPlain(code)).as("%x", code).isFalse();
    }
    assertThat(Printable.isPlain(0xac00)).isTrue();
  }

  @Test
  void namesWithInvisibleMarksAndOtherBlanksDoNotLookLikeOthers() {
    for (int code : new int[] {0x34f, 0x17b4, 0x180b, 0x180f, 0xfe00, 0xfe0f, 0xe0100, 0xe01ef}) {
      assertThat(Printable.name("/w/.git" + Character.toString(code)))
          .as("%x", code)
          .contains("$'");
    }
    for (int code : new int[] {0xa0, 0x2003, 0x3000, 0xe000, 0x2065, 0xe0fff, 0xfff0}) {
      assertThat(Printable.name("/w/a" + Character.toString(code) + "b"))
          .as("%x", code)
          .contains("$'");
    }
    assertThat(Printable.name("/w/a\u0301 b")).isEqualTo("/w/a\u0301 b");
  }
}
