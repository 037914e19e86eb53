package org.ringfence.policy.path;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PathStyleTest {
  @Test
  void backslashSeparatesOnlyOnWindows() {
    assertThat(PathStyle.WINDOWS.isAtOrBelow("C:\\work\\x", "C:\\work")).isTrue();
    assertThat(PathStyle.POSIX.isAtOrBelow("/data/x", "/data")).isTrue();
    assertThat(PathStyle.POSIX.isAtOrBelow("/data\\x", "/data")).isFalse();
    assertThat(PathStyle.POSIX.isAtOrBelow("/datax", "/data")).isFalse();
    assertThat(PathStyle.POSIX.isAtOrBelow("/data", "/")).isTrue();
    assertThat(PathStyle.WINDOWS.lastSeparator("C:/a\\b", 5)).isEqualTo(4);
    assertThat(PathStyle.POSIX.lastSeparator("/a\\b", 3)).isZero();
  }
}
