package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SidTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"", "S-1", "S-2-5-18", "S-1-5-", "S-1-5-4294967296", "s-1-5-18", "S-1-5-x"})
  void whatIsNoSid(String text) {
    assertThatThrownBy(() -> new Sid(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRootsSidIsFoundAgainAndNobodyElses() {
    byte[] secret = {1, 2, 3};
    Sid sid = Sid.synthetic(secret, "C:\\work\\Project");
    assertThat(sid.text()).startsWith("S-1-5-21-");
    assertThat(Sid.synthetic(secret, "c:\\WORK\\project")).isEqualTo(sid);
    assertThat(Sid.synthetic(secret, "C:\\work\\Project2")).isNotEqualTo(sid);
    assertThat(Sid.synthetic(new byte[] {1, 2, 4}, "C:\\work\\Project")).isNotEqualTo(sid);
  }
}
