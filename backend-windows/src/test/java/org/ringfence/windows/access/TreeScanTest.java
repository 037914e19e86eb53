package org.ringfence.windows.access;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.windows.bind.NativeWindows;

@EnabledOnOs(value = OS.WINDOWS, disabledReason = "makes real Win32 calls; runs under Wine, too")
class TreeScanTest {
  @TempDir private Path directory;

  private void scan(Path root) throws GrantException {
    new TreeScan(new NativeWindows().files()).check(root.toString());
  }

  @Test
  void hardLinkOutsideTheTreeIsRefusedAndOneInsideIsAllowed() throws Exception {
    Path root = Files.createDirectories(directory.resolve("root/inner")).getParent();
    Path file = Files.writeString(root.resolve("file"), "x");
    Files.createLink(root.resolve("inner/again"), file);
    assertThatCode(() -> scan(root)).doesNotThrowAnyException();
    Files.createLink(directory.resolve("outside"), file);
    assertThatThrownBy(() -> scan(root))
        .isInstanceOf(GrantException.class)
        .hasMessageContaining("another name outside");
  }
}
