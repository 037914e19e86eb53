package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathsAndProgramsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "C:\\work",
        "c:/data/a b",
        "C:\\Users\\me\\.git",
        "D:\\a\\..\\b",
        "C:\\console",
        "C:\\com10",
        "C:\\é\\漢"
      })
  void ordinaryPathsHaveNoHazard(String path) {
    assertThat(PathHazard.of(path)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\\\\server\\share | another machine",
        "//server/share | another machine",
        "\\\\wsl.localhost\\Debian\\home | another machine",
        "\\\\?\\C:\\x | raw name",
        "\\\\.\\PhysicalDrive0 | raw name",
        "\\??\\C:\\x | raw name",
        "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1 | raw name",
        "\\\\?\\Volume{12345678-0000-0000-0000-000000000000}\\x | raw name",
        "work | not absolute",
        "C:work | not absolute",
        "\\work | not absolute",
        "C:\\a\\file.txt:stream | names a stream",
        "C:\\.git::$INDEX_ALLOCATION | names a stream",
        "C:\\a\\.git. | ends in a dot",
        "C:\\a\\x.bat.\\y | ends in a dot",
        "C:\\NUL | is a device",
        "C:\\a\\con.txt | is a device",
        "C:\\a\\COM\u00b9 | is a device",
        "C:\\a\\conin$ | is a device",
        "C:\\a*b | has a character",
        "C:\\a?b | has a character"
      })
  void hazardousPathsAreReportedWithTheReason(String path, String reason) {
    assertThat(PathHazard.of(path)).hasValueSatisfying(text -> assertThat(text).contains(reason));
  }

  @Test
  void nameThatEndsInASpaceIsAHazard() {
    assertThat(PathHazard.of("C:\\a \\b")).isPresent();
  }

  private static ProgramSearch search(String path, String... files) {
    return new ProgramSearch(path, "C:\\Windows\\System32", Set.of(files)::contains);
  }

  @Test
  void programSearchUsesThePathAndNeverTheWorkspace() {
    ProgramSearch search =
        search(
            "C:\\tools;.;;relative;\\\\server\\bin;C:\\Apps\\WindowsApps;\"C:\\a b\\\"",
            "C:\\tools\\git.exe",
            "C:\\tools\\mvn.cmd",
            "C:\\work\\git.exe",
            "C:\\work\\planted.exe",
            "C:\\work\\sub\\own.exe",
            "C:\\Apps\\WindowsApps\\python.exe",
            "C:\\a b\\spaced.com",
            "C:\\Windows\\System32\\where.exe",
            "C:\\tools\\where.exe");
    String work = "C:\\work";
    assertThat(search.find("git", work)).contains("C:\\tools\\git.exe");
    assertThat(search.find("git.exe", work)).contains("C:\\tools\\git.exe");
    assertThat(search.find("mvn", work)).contains("C:\\tools\\mvn.cmd");
    assertThat(search.find("spaced", work)).contains("C:\\a b\\spaced.com");
    assertThat(search.find("where", work)).contains("C:\\Windows\\System32\\where.exe");
    assertThat(search.find("planted", work)).isEmpty();
    assertThat(search.find("python", work)).isEmpty();
    assertThat(search.find(".\\planted", work)).contains("C:\\work\\planted.exe");
    assertThat(search.find("sub/../sub\\own.exe", work)).contains("C:\\work\\sub\\own.exe");
    assertThatThrownBy(() -> search.find("C:\\Apps\\WindowsApps\\python.exe", work))
        .hasMessageContaining("alias of a packaged app");
    assertThatThrownBy(() -> search.find("\\\\server\\bin\\x.exe", work))
        .hasMessageContaining("another machine");
    assertThatThrownBy(() -> search.find("git.exe:x", work)).hasMessageContaining("stream");
    assertThatThrownBy(() -> search.find("x.bat.", work)).hasMessageContaining("ends in a dot");
  }

  @Test
  void environmentIsEncodedAsOneBlock() {
    assertThat(EnvironmentBlock.of(Map.of("b", "2", "A", "1"), "C:\\Windows"))
        .isEqualTo(
            "A=1\0b=2\0NoDefaultCurrentDirectoryInExePath=1\0SystemRoot=C:\\Windows\0"
                + "windir=C:\\Windows\0\0");
    assertThat(EnvironmentBlock.of(Map.of("=C:", "C:\\x", "SYSTEMROOT", "D:\\W"), "C:\\Windows"))
        .doesNotContain("=C:=")
        .contains("D:\\W")
        .doesNotContain("SystemRoot=C:\\Windows");
    for (Map<String, String> wrong :
        List.of(Map.of("", "x"), Map.of("a=b", "x"), Map.of("a", "x\0y"), Map.of("a\0", "x"))) {
      assertThatThrownBy(() -> EnvironmentBlock.of(wrong, "C:\\Windows"))
          .hasMessageStartingWith("environment: ");
    }
    assertThatThrownBy(() -> EnvironmentBlock.of(Map.of("long", "x".repeat(32_767)), "C:\\Windows"))
        .hasMessageContaining("at most 32767");
  }
}
