package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.policy.Access;
import org.ringfence.policy.Operation;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;
import org.ringfence.wsl2.Wsl2Backend;

@ExtendWith(InstancioExtension.class)
class WslPathsTest {
  private static final WslPaths USUAL = new WslPaths("Ubuntu-24.04", "/mnt/");

  private static final String NAMED = "abcXYZ019 _-.\u00e4\u00df\u20ac$%'()[]{};&!#@^`~+=";

  /**
   * Parts may contain characters beyond the basic plane, but no lone surrogate: Linux has no such
   * names.
   */
  private static final Generator<String> PART =
      random -> {
        String part;
        do {
          part =
              String.join(
                  "",
                  Inputs.lists(
                          Inputs.oneOf(Inputs.strings(NAMED, 1, 3), Inputs.of("\ud83d\ude00")),
                          1,
                          4)
                      .generate(random));
        } while (part.equals(".") || part.equals(".."));
        return part;
      };

  private static final Generator<List<String>> PARTS = Inputs.lists(PART, 0, 5);

  @Test
  void drivePathRoundTrips() {
    Property.forAll(PARTS, WslPathsTest::assertDrivePathRoundTrips);
  }

  private static void assertDrivePathRoundTrips(List<String> parts) {
    for (String root : List.of("/mnt/", "/", "/drives/")) {
      WslPaths paths = new WslPaths("Ubuntu-24.04", root);
      String windows = "C:\\" + String.join("\\", parts);
      String linux = paths.toLinux(windows);
      assertThat(linux).startsWith(root + "c").doesNotContain("\\", "//");
      assertThat(paths.toWindows(linux)).isEqualTo(windows);
      assertThat(paths.onDrive(linux)).isTrue();
      assertThat(paths.toLinux(windows.replace('\\', '/').toLowerCase(Locale.ROOT)))
          .isEqualTo(linux.toLowerCase(Locale.ROOT));
    }
  }

  @Test
  void distributionPathRoundTrips() {
    Property.forAll(PARTS, WslPathsTest::assertDistributionPathRoundTrips);
  }

  private static void assertDistributionPathRoundTrips(List<String> parts) {
    String linux = "/home/" + String.join("/", parts);
    String normal = linux.endsWith("/") ? "/home" : linux;
    String windows = USUAL.toWindows(normal);
    assertThat(windows).startsWith("\\\\wsl.localhost\\Ubuntu-24.04\\home");
    assertThat(USUAL.toLinux(windows)).isEqualTo(normal);
    assertThat(USUAL.toLinux(windows.replace("\\\\wsl.localhost", "\\\\WSL$"))).isEqualTo(normal);
    assertThat(USUAL.onDrive(normal)).isFalse();
  }

  @Test
  void pathsWithoutANameOnTheOtherSideAreRefused() {
    for (String path :
        List.of(
            "\\\\server\\share\\x",
            "\\\\wsl.localhost\\Debian\\home",
            "\\\\?\\C:\\x",
            "\\\\.\\PhysicalDrive0",
            "relative\\x",
            "C:relative",
            "C:",
            "1:\\x",
            "C:\\x\\..\\y",
            "C:\\x:stream",
            "C:\\a|b",
            "")) {
      assertThatThrownBy(() -> USUAL.toLinux(path))
          .as(path)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("has no name in WSL");
    }
    assertThatThrownBy(() -> USUAL.toWindows("/a\\b")).hasMessageContaining("backslash");
    assertThatThrownBy(() -> new WslPaths("x", "mnt")).hasMessageContaining("use /mnt/");
    assertThat(USUAL.toLinux("C:\\")).isEqualTo("/mnt/c");
    assertThat(USUAL.toWindows("/mnt/c")).isEqualTo("C:\\");
    assertThat(USUAL.toWindows("/mnt/wsl/x"))
        .isEqualTo("\\\\wsl.localhost\\Ubuntu-24.04\\mnt\\wsl\\x");
  }

  @Test
  void doorsAreClosedUnlessARuleNamesAPathBehindThem() {
    SandboxPolicy policy =
        SandboxPolicy.builder().write("D:\\src\\project").read("/opt/tool").build();
    var inside =
        EffectivePolicy.of(
            GuestPolicy.of(policy, USUAL),
            PathContext.of(PathStyle.POSIX, "/mnt/d/src/project", "/home/me"));
    assertThat(inside.evaluate("/mnt/d/src/project/file", Operation.WRITE).allowed()).isTrue();
    for (String shut :
        List.of(
            "/mnt/d/src/other",
            "/mnt/c/Windows/System32/cmd.exe",
            "/mnt/wsl/shared",
            "/mnt/wslg/runtime-dir/wayland-0",
            "/run/WSL/8_interop",
            "/init",
            "/var/run/docker.sock")) {
      assertThat(inside.evaluate(shut, Operation.READ).allowed()).as(shut).isFalse();
    }
    assertThat(inside.evaluate("/opt/tool/bin", Operation.READ).allowed()).isTrue();
    assertThat(GuestPolicy.doors(new WslPaths("x", "/drives/")))
        .contains("/drives", "/mnt/wsl", "/mnt/wslg");
    // Drives that are mounted at the root itself are found by their mounts: DoorMountsTest.
    assertThat(GuestPolicy.doors(new WslPaths("x", "/")))
        .doesNotContain("", "/")
        .contains("/wsl", "/wslg", "/run/wsl");
    assertThat(policy.rules()).noneMatch(rule -> rule.access() == Access.NONE);
  }

  @Test
  void untranslatablePathIsReportedWithItsField() {
    SandboxPolicy share = SandboxPolicy.builder().write("\\\\server\\share").build();
    assertThatThrownBy(() -> GuestPolicy.of(share, USUAL))
        .hasMessageContaining("files.rules: '\\\\server\\share'")
        .hasMessageContaining("another machine");
  }

  @Test
  void distributionListIsReadInBothEncodings() {
    String list =
        "  NAME                   STATE           VERSION\r\n"
            + "* Ubuntu-24.04           Running         2\r\n"
            + "  My Linux (copy)        Stopped         2\r\n"
            + "  Legacy                 Wird beendet    1\r\n"
            + "  podman-machine-default Running         2\r\n";
    for (byte[] bytes :
        List.of(list.getBytes(StandardCharsets.UTF_16LE), list.getBytes(StandardCharsets.UTF_8))) {
      assertThat(WslDistribution.list(bytes))
          .containsExactly(
              new WslDistribution("Ubuntu-24.04", "Running", 2, true),
              new WslDistribution("My Linux (copy)", "Stopped", 2, false),
              new WslDistribution("Legacy", "Wird beendet", 1, false));
    }
    assertThat(WslDistribution.list(new byte[0])).isEmpty();
    assertThat(WslText.of(new byte[] {'x'})).isEqualTo("x");
  }

  @Test
  void missingPartsOfADistributionAreReported() {
    GuestFacts bare =
        GuestFacts.of("kernel=5.15.1-microsoft-standard-WSL2\nbubblewrap=none\nend=yes\n");
    assertThat(bare.lacks())
        .extracting(GuestFacts.Lack::remedy)
        .contains("sudo apt-get install bubblewrap");
    assertThat(bare.automount()).isEqualTo("/mnt/");
    assertThat(bare.interop()).isTrue();
    GuestFacts old = GuestFacts.of("kernel=4.4.0-19041-Microsoft\nend=yes");
    assertThat(old.lacks())
        .singleElement()
        .satisfies(lack -> assertThat(lack.reason()).contains("WSL1"));
    GuestFacts whole =
        GuestFacts.of(
            "kernel=6.6.87.2-microsoft-standard-WSL2\nautomount=/drives\ninterop=False\n"
                + "bubblewrap=bubblewrap 0.9.0\nnamespaces=yes\nlandlock=ABI 3\n"
                + "java=openjdk version \"21.0.4\" 2024-07-16\nend=yes\n");
    assertThat(whole.lacks()).isEmpty();
    assertThat(whole.automount()).isEqualTo("/drives/");
    assertThat(whole.interop()).isFalse();
  }

  @Test
  void explainListsWorkspaceDoorsAndMounts() {
    String text =
        new Wsl2Backend()
            .explain(
                EffectivePolicy.of(
                    SandboxPolicy.builder().write(":workspace").build(),
                    PathContext.of(PathStyle.WINDOWS, "C:\\Users\\me\\project", "C:\\Users\\me")));
    assertThat(text)
        .contains(
            "workspace C:\\Users\\me\\project is /mnt/c/Users/me/project",
            "it lies on a drive of Windows",
            "door shut unless a rule opens it: /run/WSL",
            "--bind /mnt/c/Users/me/project /mnt/c/Users/me/project");
  }

  @Test
  void lettersThatAreNotDrivesAreRefusedWithTheirTarget() {
    WslPaths paths =
        new WslPaths(
            "x",
            "/mnt/",
            DosDevices.elsewhere(
                Map.of(
                    'C', "\\Device\\HarddiskVolume3",
                    'S', "\\??\\C:\\work\\long name",
                    'U', "\\??\\UNC\\server\\share",
                    'Z', "\\Device\\LanmanRedirector\\;Z:00000001\\server\\share",
                    'M', "\\Device\\Mup\\;LanmanRedirector\\;M:01\\server\\share",
                    'Q', "\\??\\unix\\mnt")),
            List.of());
    assertThat(paths.toLinux("C:\\work")).isEqualTo("/mnt/c/work");
    assertThat(paths.toLinux("q:\\work")).isEqualTo("/mnt/q/work");
    assertThatThrownBy(() -> paths.toLinux("s:\\src"))
        .hasMessageContaining("S: is the name that subst gives to C:\\work\\long name; use that");
    for (String mapped : List.of("U:\\a", "z:/a", "M:\\")) {
      assertThatThrownBy(() -> paths.toLinux(mapped)).hasMessageContaining("another machine");
    }
  }
}
