package org.ringfence.windows.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.windows.bind.NativeWindows;

@EnabledOnOs(value = OS.WINDOWS, disabledReason = "makes real Win32 calls; runs under Wine, too")
class TreeScanTest {
  @TempDir private Path directory;

  private List<Path> scan(Path root) throws GrantException {
    return new TreeScan(new NativeWindows().files()).namesOutside(root.toString());
  }

  @Test
  void fileWithANameOutsideTheTreeIsFoundAndOneWithTwoInsideIsNot() throws Exception {
    Path root = Files.createDirectories(directory.resolve("root/inner")).getParent();
    Path file = Files.writeString(root.resolve("file"), "x");
    Files.createLink(root.resolve("inner/again"), file);
    assertThat(scan(root)).isEmpty();
    Files.createLink(directory.resolve("outside"), file);
    assertThat(scan(root))
        .singleElement()
        .satisfies(found -> assertThat(Files.isSameFile(found, file)).isTrue());
  }
}
