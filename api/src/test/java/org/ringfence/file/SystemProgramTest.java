package org.ringfence.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows looks system programs up differently")
class SystemProgramTest {
  @TempDir private Path directory;

  @Test
  void systemProgramIsFoundByItsRealPath() throws Exception {
    assertThat(SystemProgram.find("sh")).isPresent();
    assertThat(Path.of(SystemProgram.path("sh")).toRealPath().toString())
        .isEqualTo(SystemProgram.path("sh"));
    assertThat(SystemProgram.find("no-such-program")).isEmpty();
  }

  @Test
  void programInWorldWritableDirectoryIsNotTrusted() throws Exception {
    Path open = Files.createDirectory(directory.toRealPath().resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path program = Files.writeString(open.resolve("program"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(SystemProgram.rootAloneWrites(program)).isFalse();
    assertThat(SystemProgram.rootAloneWrites(Path.of("/bin/sh").toRealPath())).isTrue();
  }
}
