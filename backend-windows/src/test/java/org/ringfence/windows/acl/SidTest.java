package org.ringfence.windows.acl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SidTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"", "S-1", "S-2-5-18", "S-1-5-", "S-1-5-4294967296", "s-1-5-18", "S-1-5-x"})
  void malformedSidIsRefused(String text) {
    assertThatThrownBy(() -> new Sid(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "S-1-1-0, 010100000000000100000000",
    "S-1-5-18, 010100000000000512000000",
    "S-1-5-21-1-2-3-4294967295, 0105000000000005150000000100000002000000" + "03000000ffffffff",
    "S-1-281474976710655, 0100ffffffffffff"
  })
  void binaryFormRoundTrips(String text, String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThat(new Sid(text).bytes()).isEqualTo(bytes);
    assertThat(Sid.of(bytes)).isEqualTo(new Sid(text));
    byte[] cut = java.util.Arrays.copyOf(bytes, bytes.length - 1);
    assertThatThrownBy(() -> Sid.of(cut)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void binaryFormWithMorePartsThanASidHasIsRefused() {
    byte[] bytes = HexFormat.of().parseHex("0180000000000005");
    assertThatThrownBy(() -> Sid.of(bytes)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void syntheticSidDependsOnSecretAndPath() {
    byte[] secret = {1, 2, 3};
    Sid sid = Sid.synthetic(secret, "C:\\work\\Project");
    assertThat(sid.text()).startsWith("S-1-5-21-");
    assertThat(Sid.synthetic(secret, "c:\\WORK\\project")).isEqualTo(sid);
    assertThat(Sid.synthetic(secret, "C:\\work\\Project2")).isNotEqualTo(sid);
    assertThat(sid.synthetic()).isTrue();
    assertThat(Sid.EVERYONE.synthetic()).isFalse();
    assertThat(Sid.synthetic(new byte[] {1, 2, 4}, "C:\\work\\Project")).isNotEqualTo(sid);
  }
}
