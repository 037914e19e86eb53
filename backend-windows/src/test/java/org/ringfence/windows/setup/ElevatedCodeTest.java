package org.ringfence.windows.setup;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.FakeFile;
import org.ringfence.windows.system.FakeWindows;

/** Looks at lists of a fake Windows, whose files belong to administrators unless a test says so. */
class ElevatedCodeTest {
  private static final int READING = 0x1200a9;

  @TempDir private Path directory;
  private final FakeWindows windows = new FakeWindows();
  private Path home;
  private Path java;
  private Path library;

  @BeforeEach
  void makeFiles() throws Exception {
    windows.realFiles = true;
    home = Files.createDirectories(directory.resolve("jdk"));
    java = Files.createFile(Files.createDirectory(home.resolve("bin")).resolve("javaw.exe"));
    library = Files.createFile(directory.resolve("ringfence.jar"));
  }

  private java.util.Optional<String> problem(Map<String, String> environment) {
    return new ElevatedCode(windows, FakeWindows.USER)
        .problem(java, home, List.of(library.toString()), environment);
  }

  private void give(Path path, Sid sid, int mask) throws Exception {
    windows.files().open(path.toString(), false).close();
    FakeFile file = windows.files.get(path.toString().toUpperCase());
    AccessControlList list = AccessControlList.ofDescriptor(file.descriptor).orElseThrow();
    file.descriptor =
        list.with(new Ace(Ace.Type.ALLOW, sid, mask, Ace.Scope.OBJECT), true)
            .descriptorOf(Sid.ADMINISTRATORS);
  }

  @Test
  void codeThatOnlyAdministratorsChangeMayRunElevated() throws Exception {
    assertThat(problem(Map.of())).isEmpty();
    give(library, FakeWindows.USER, READING);
    // Directories in the root of a drive are made by all users, and replace nothing.
    give(directory, Sid.AUTHENTICATED_USERS, AccessMask.APPEND_DATA);
    assertThat(problem(Map.of())).isEmpty();
    assertThat(windows.openHandles()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        AccessMask.WRITE_DATA,
        AccessMask.APPEND_DATA,
        AccessMask.DELETE,
        AccessMask.WRITE_DAC,
        AccessMask.WRITE_OWNER
      })
  void archiveThatTheUserChangesMayNot(int right) throws Exception {
    give(library, FakeWindows.USER, right);
    assertThat(problem(Map.of()))
        .hasValueSatisfying(why -> assertThat(why).contains("ringfence.jar"));
  }

  @Test
  void libraryBesideTheProgramAndAReplacedDirectoryMayNot() throws Exception {
    give(java.getParent(), Sid.USERS, AccessMask.WRITE_DATA);
    assertThat(problem(Map.of())).isPresent();
    windows.files.clear();
    give(directory, FakeWindows.USER, AccessMask.DELETE_CHILD);
    assertThat(problem(Map.of())).isPresent();
    windows.files.clear();
    // An owner changes the list.
    windows.owner = FakeWindows.USER;
    assertThat(problem(Map.of())).isPresent();
  }

  @Test
  void optionsForEachJvmMayNot() {
    assertThat(problem(Map.of("java_tool_options", "-javaagent:x")))
        .hasValueSatisfying(why -> assertThat(why).contains("JAVA_TOOL_OPTIONS"));
  }
}
