package org.ringfence.policy.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.policy.value.InvalidPolicyException;

/** OwnFilesTest starts JVMs with such options. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "own code is protected where paths are POSIX")
class CodeLocationsTest {
  private static Set<Path> named(String... arguments) {
    Set<Path> named = new LinkedHashSet<>();
    JvmArguments.addTo(List.of(arguments), named);
    return named;
  }

  @Test
  void optionsOfAJvmThatNameCodeAreKnown() {
    assertThat(named("-Dx=/no/property", "-ea", "--add-opens=java.base/java=ALL-UNNAMED"))
        .isEmpty();
    assertThat(named("-javaagent:/a/agent.jar=port=1", "-agentpath:/a/lib.so"))
        .containsExactly(Path.of("/a/agent.jar"), Path.of("/a/lib.so"));
    assertThat(named("-Xbootclasspath/a:/a/b.jar:/a/c", "--patch-module=java.logging=/a/p:/a/q"))
        .containsExactly(Path.of("/a/b.jar"), Path.of("/a/c"), Path.of("/a/p"), Path.of("/a/q"));
    assertThat(named("--upgrade-module-path=/a/up", "--module-path=/a/m1:/a/m2"))
        .containsExactly(Path.of("/a/up"), Path.of("/a/m1"), Path.of("/a/m2"));
    assertThat(named("-XX:SharedArchiveFile=/a/base.jsa:/a/top.jsa", "-XX:AOTCache=/a/x.aot"))
        .containsExactly(Path.of("/a/base.jsa"), Path.of("/a/top.jsa"), Path.of("/a/x.aot"));
    assertThat(named("-XX:CRaCRestoreFrom=/a/image", "-XX:ArchiveClassesAtExit=/a/exit.jsa"))
        .containsExactly(Path.of("/a/image"), Path.of("/a/exit.jsa"));
    assertThat(
            named(
                "-Djava.security.properties==/a/security",
                "-Djava.security.policy=file:/a/my%20policy"))
        .containsExactly(Path.of("/a/security"), Path.of("/a/my policy"));
    assertThat(named("-javaagent:agent.jar"))
        .containsExactly(Path.of("agent.jar").toAbsolutePath());
  }

  @Test
  void programsAndScriptsOfCommandsForAnErrorAreCode() {
    assertThat(named("-XX:OnError=/a/report %p;/bin/sh /a/more.sh --to=/a/log"))
        .containsExactly(
            Path.of("/a/report"), Path.of("/bin/sh"), Path.of("/a/more.sh"), Path.of("/a/log"));
    Set<Path> found = new LinkedHashSet<>();
    ErrorCommands.addTo("-XX:OnError=", "sh dump.sh -9", "/none:/bin:/never", found);
    assertThat(found)
        .containsExactly(
            Path.of("/none/sh"), Path.of("/bin/sh"), Path.of("dump.sh").toAbsolutePath());
    for (String only : List.of("$HOME/x", "`x`", "'/a b'", "x | /ws/y", "~/x", "/a/*.sh")) {
      assertThatThrownBy(() -> named("-XX:OnOutOfMemoryError=" + only))
          .as(only)
          .isInstanceOf(InvalidPolicyException.class)
          .hasMessageContaining("OnOutOfMemoryError");
    }
  }

  @Test
  void emptyElementOfAClassPathIsTheWorkingDirectory() {
    Set<Path> named = new LinkedHashSet<>();
    CodeLocations.addAll("/a/x.jar" + File.pathSeparator, named);
    assertThat(named).containsExactly(Path.of("/a/x.jar"), Path.of(".").toAbsolutePath());
  }

  @Test
  void workingDirectoryThatMacOsAddsToLibrariesIsNoCode() {
    assertThat(CodeLocations.libraries("Mac OS X", "/usr/lib/java:.")).isEqualTo("/usr/lib/java");
    assertThat(CodeLocations.libraries("Linux", "/usr/lib:.")).isEqualTo("/usr/lib:.");
  }

  @Test
  void executableMappingsOfFilesAreCode() {
    Set<Path> named = new LinkedHashSet<>();
    MappedCode.addTo(
        """
        7f0000000000-7f0000001000 r-xp 00001000 fe:01 11 /ws/lib one.so
        7f0000002000-7f0000003000 r--p 00000000 fe:01 12 /ws/data
        7f0000004000-7f0000005000 r-xp 00000000 fe:01 13 /ws/gone.so (deleted)
        7f0000006000-7f0000007000 rwxp 00000000 00:00 0
        7f0000008000-7f0000009000 r-xp 00000000 00:00 0 [vdso]
        7f000000a000-7f000000b000 r-xs 00000000 00:01 14 /memfd:code (deleted)
        7f000000c000-7f000000d000 rwxp 00000000 fe:01 15 /ws/a\\012b.so
        """,
        named);
    assertThat(named).containsExactly(Path.of("/ws/lib one.so"), Path.of("/ws/a\nb.so"));
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "proc(5) is of Linux")
  void thisJvmMapsItsOwnLibrary() {
    assertThat(CodeLocations.named())
        .anyMatch(path -> path.getFileName().toString().startsWith("libjvm"))
        .anyMatch(path -> path.toString().contains("jackson-databind"));
  }
}
