package org.ringfence.windows.setup;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.setup.ElevatedCode.Parts;
import org.ringfence.windows.setup.ElevatedCode.Problem;
import org.ringfence.windows.system.FakeFile;
import org.ringfence.windows.system.FakeWindows;

/** Looks at lists of a fake Windows, whose files belong to administrators unless a test says so. */
class ElevatedCodeTest {
  private static final Sid PERSON = new Sid("S-1-5-21-1-1-1-1002");

  @TempDir private Path directory;
  private final FakeWindows windows = new FakeWindows();
  private Path home;
  private Path java;
  private Path security;
  private Path library;
  private Path programs;

  @BeforeEach
  void makeFiles() throws Exception {
    directory = directory.toRealPath();
    windows.realFiles = true;
    home = Files.createDirectories(directory.resolve("jdk"));
    java = Files.createFile(Files.createDirectory(home.resolve("bin")).resolve("javaw.exe"));
    security =
        Files.createFile(Files.createDirectories(home.resolve("conf/security")).resolve("policy"));
    library = Files.createFile(Files.createDirectory(directory.resolve("lib")).resolve("r.jar"));
    programs = Files.createDirectory(directory.resolve("programs"));
  }

  private Optional<Problem> problem(Map<String, String> environment) {
    return new ElevatedCode(windows)
        .problem(new Parts(java, home, List.of(library.toString()), programs), environment);
  }

  private void expectProblem(Path path, Sid account) {
    assertThat(problem(Map.of()))
        .hasValueSatisfying(
            problem -> {
              assertThat(problem.reason()).contains(path.toString()).contains(account.text());
              assertThat(problem.remedy()).contains("Program Files");
            });
    windows.files.clear();
    assertThat(problem(Map.of())).isEmpty();
  }

  private FakeFile file(Path path) throws Exception {
    windows.files().open(path.toString(), false).close();
    return windows.files.get(path.toString().toUpperCase(Locale.ROOT));
  }

  private void give(Path path, Sid sid, int mask, Ace.Scope scope) throws Exception {
    FakeFile file = file(path);
    AccessControlList list = AccessControlList.ofDescriptor(file.descriptor).orElseThrow();
    file.descriptor =
        list.with(new Ace(Ace.Type.ALLOW, sid, mask, scope), true).descriptorOf(Sid.ADMINISTRATORS);
  }

  private void give(Path path, Sid sid, int mask) throws Exception {
    give(path, sid, mask, Ace.Scope.OBJECT);
  }

  /** The lists of a drive's root and of Program Files, as Windows sets them up. */
  @Test
  void codeThatOnlyAdministratorsChangeMayRunElevated() throws Exception {
    assertThat(problem(Map.of())).isEmpty();
    give(directory, Sid.AUTHENTICATED_USERS, AccessMask.APPEND_DATA);
    give(directory, Sid.AUTHENTICATED_USERS, 0xe0010000, Ace.Scope.BELOW);
    give(programs, Sid.TRUSTED_INSTALLER, 0x1f01ff, Ace.Scope.TREE);
    give(programs, Sid.CREATOR_OWNER, AccessMask.GENERIC_ALL, Ace.Scope.BELOW);
    give(programs, Sid.ALL_PACKAGES, AccessMask.READING, Ace.Scope.TREE);
    give(library, FakeWindows.USER, AccessMask.READING);
    FakeFile jvm = file(home);
    jvm.descriptor =
        AccessControlList.ofDescriptor(jvm.descriptor)
            .orElseThrow()
            .descriptorOf(Sid.TRUSTED_INSTALLER);
    assertThat(problem(Map.of())).isEmpty();
    assertThat(windows.openHandles()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        AccessMask.WRITE_DATA,
        AccessMask.APPEND_DATA,
        AccessMask.WRITE_EA,
        AccessMask.WRITE_ATTRIBUTES,
        AccessMask.DELETE,
        AccessMask.WRITE_DAC,
        AccessMask.WRITE_OWNER,
        AccessMask.GENERIC_WRITE,
        AccessMask.GENERIC_ALL
      })
  void archiveThatAnotherThanAnAdministratorChangesMayNot(int right) throws Exception {
    give(library, FakeWindows.USER, right);
    expectProblem(library, FakeWindows.USER);
  }

  /** Another user is a boundary as well, also where this user may change nothing. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "S-1-5-21-1-1-1-1002",
        "S-1-1-0",
        "S-1-5-11",
        "S-1-5-32-545",
        "S-1-5-32-547",
        "S-1-5-4",
        "S-1-5-19",
        "S-1-15-2-1"
      })
  void nobodyElseMayChangeAnyFileOfTheJvm(String account) throws Exception {
    for (Path path : List.of(home, java.getParent(), java, security.getParent(), security)) {
      give(path, new Sid(account), AccessMask.WRITE_DATA, Ace.Scope.TREE);
      expectProblem(path, new Sid(account));
    }
  }

  @Test
  void placesBesideCodeAndReplacedDirectoriesMayNot() throws Exception {
    for (Path path : List.of(java.getParent(), library.getParent(), programs)) {
      give(path, Sid.USERS, AccessMask.APPEND_DATA);
      expectProblem(path, Sid.USERS);
    }
    give(directory, PERSON, AccessMask.DELETE_CHILD);
    expectProblem(directory, PERSON);
  }

  /** An owner changes the list, whatever it says. */
  @Test
  void ownerIsAnAdministratorToo() throws Exception {
    FakeFile file = file(security);
    file.descriptor =
        AccessControlList.ofDescriptor(file.descriptor).orElseThrow().descriptorOf(PERSON);
    expectProblem(security, PERSON);
  }

  @Test
  void entriesOfOtherKindsAreNotTrusted() throws Exception {
    give(library, PERSON, AccessMask.WRITE_DATA);
    byte[] descriptor = file(library).descriptor;
    int list = 20 + 8;
    // ACCESS_ALLOWED_CALLBACK_ACE, which the model of the access check does not have.
    descriptor[list] = 9;
    assertThat(problem(Map.of()))
        .hasValueSatisfying(
            problem ->
                assertThat(problem.reason()).contains("a kind that Ringfence does not know"));
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "making a link needs a privilege there")
  void linksBelowTheJvmAndMissingProgramsMayNot() throws Exception {
    Path link = Files.createSymbolicLink(home.resolve("bin/jvm.dll"), library);
    assertThat(problem(Map.of()))
        .hasValueSatisfying(problem -> assertThat(problem.reason()).contains(link + " is a link"));
    Files.delete(link);
    // The path that is started leads to another, and both are looked at.
    Path other = Files.createSymbolicLink(directory.resolve("current"), home);
    give(security, PERSON, AccessMask.WRITE_DATA);
    home = other;
    java = other.resolve("bin/javaw.exe");
    assertThat(problem(Map.of()))
        .hasValueSatisfying(problem -> assertThat(problem.reason()).contains("policy"));
    windows.files.clear();
    Files.delete(directory.resolve("jdk/bin/javaw.exe"));
    assertThat(problem(Map.of())).isPresent();
  }

  @Test
  void optionsForEachJvmMayNot() {
    assertThat(problem(Map.of("java_tool_options", "-javaagent:x")))
        .hasValueSatisfying(
            problem -> {
              assertThat(problem.reason()).contains("JAVA_TOOL_OPTIONS");
              assertThat(problem.remedy()).contains("remove the variable");
            });
  }

  /** This process may have started before a command wrote them, and elevated ones read them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "JAVA_TOOL_OPTIONS",
        "jdk_java_options",
        "_JAVA_OPTIONS",
        "windir",
        "SYSTEMROOT",
        "ProgramFiles",
        "ProgramData"
      })
  void variablesOfTheRegistryMayNot(String name) {
    assertThat(problem(Map.of())).isEmpty();
    windows.administration.variables.add(name);
    assertThat(problem(Map.of()))
        .hasValueSatisfying(
            problem -> {
              assertThat(problem.reason()).contains("the registry sets " + name);
              assertThat(problem.remedy()).contains("reg delete HKCU\\Environment /v " + name);
            });
    windows.administration.variables.remove(name);
    windows.fail("Reg*", 5);
    assertThat(problem(Map.of())).isPresent();
  }
}
