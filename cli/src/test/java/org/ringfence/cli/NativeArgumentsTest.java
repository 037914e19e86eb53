package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class NativeArgumentsTest {
  private static byte[] block(String latin) {
    return latin.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void argumentsAreDecodedAsUtf8InAnyLocale() {
    assertThat(
            NativeArguments.decoded(
                new String[] {"run", "\uFFFD\uFFFD"}, block("java\0Main\0run\0\u00c3\u00a9\0")))
        .containsExactly("run", "\u00e9");
  }

  @Test
  void argumentThatIsNotUtf8IsRejectedWithItsBytes() {
    assertThatThrownBy(
            () ->
                NativeArguments.decoded(
                    new String[] {"run", "a\uFFFD"}, block("java\0run\0a\u00ff\n\0")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("argument 2: 'a\\xff\\x0a' is not valid; use a word in UTF-8");
  }

  @Test
  void emptyArgumentsAreKept() {
    assertThat(
            NativeArguments.decoded(new String[] {"", "\u00e9"}, block("java\0\0\u00c3\u00a9\0")))
        .containsExactly("", "\u00e9");
  }
}
