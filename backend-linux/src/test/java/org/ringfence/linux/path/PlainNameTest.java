package org.ringfence.linux.path;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainNameTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "./", "././", ".//./"})
  void pathOfDotsNamesTheDirectoryThatItBeginsAt(String path) {
    assertThat(PlainName.isHere(bytes(path))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "/./", "..", "../", "./../", ".a/", "a/", "./a/", "...", "./.."})
  void otherPathNamesAnotherDirectory(String path) {
    assertThat(PlainName.isHere(bytes(path))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a/b", "/a/b/", "./a", "a//b", "..a/b..", ".../a", ""})
  void pathWithoutDoubleDotsLeadsDown(String path) {
    assertThat(PlainName.leadsDown(bytes(path))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", "../a", "a/..", "a/../b", "/..", "a//..//b", "./.."})
  void pathWithDoubleDotsLeadsUp(String path) {
    assertThat(PlainName.leadsDown(bytes(path))).isFalse();
  }
}
