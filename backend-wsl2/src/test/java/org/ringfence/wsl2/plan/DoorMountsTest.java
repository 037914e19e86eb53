package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;

/** Tables of mounts as distributions have them, with drives in several places. */
class DoorMountsTest {
  private static final String DRIVE =
      " rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\134;uid=1000;gid=1000;"
          + "symlinkroot=ROOT,cache=5,access=client,trans=fd,rfd=5,wfd=5\n";
  private static final String SYSTEM =
      "60 59 8:32 / / rw,relatime - ext4 /dev/sdc rw,discard,errors=remount-ro\n"
          + "61 60 0:29 / /usr/lib/wsl/drivers ro,nosuid - 9p drivers ro,aname=drivers;fmask=222\n"
          + "62 60 0:5 / /dev rw,nosuid - devtmpfs none rw,mode=755\n"
          + "63 60 0:40 / /run rw,nosuid - tmpfs none rw,mode=755\n"
          + "64 60 0:41 / /tmp rw shared:3 - tmpfs none rw\n";
  private static final PathContext PLACES =
      PathContext.of(PathStyle.POSIX, "/home/me/project", "/home/me");

  private static String drive(int number, String place, String root) {
    return number + " 60 0:" + number + " / " + place + DRIVE.replace("ROOT", root);
  }

  private static String shared(int number, String place) {
    return number + " 60 0:" + number + " / " + place + " rw,relatime - tmpfs none rw\n";
  }

  private static EffectivePolicy inside(SandboxPolicy policy, String mounts) {
    return EffectivePolicy.of(
        DoorMounts.shut(
            GuestPolicy.of(policy, new WslPaths("x", "/")), PLACES, DoorMounts.of(mounts)),
        PLACES);
  }

  private static boolean readable(EffectivePolicy policy, String path) {
    return policy.evaluate(path, Operation.READ).allowed();
  }

  @Test
  void drivesAtTheRootItselfAreShut() {
    String mounts =
        SYSTEM
            + drive(70, "/c", "/")
            + drive(71, "/d", "/")
            + shared(72, "/wsl")
            + shared(73, "/wslg");
    assertThat(DoorMounts.of(mounts)).containsExactly("/c", "/d", "/wsl", "/wslg");
    EffectivePolicy inside = inside(SandboxPolicy.builder().build(), mounts);
    for (String shut : List.of("/c/Users/me/key", "/d", "/wsl/x", "/wslg/runtime-dir/wayland-0")) {
      assertThat(readable(inside, shut)).as(shut).isFalse();
    }
    assertThat(readable(inside, "/usr/bin/env")).isTrue();
    assertThat(readable(inside, "/usr/lib/wsl/drivers/x")).isTrue();
  }

  @Test
  void drivesAtAnyPlaceAreShut() {
    String mounts =
        SYSTEM
            + drive(70, "/Docker/host", "/mnt/")
            + drive(71, "/home/me/my\\040windows\\303\\244", "/mnt/")
            + "72 60 0:72 / /win rw - drvfs D:\\134 rw\n"
            + "73 60 0:73 /tag /run/wsl/virtiofs-mounts/tag/1 rw shared:9 master:1 - virtiofs tag rw\n"
            + shared(74, "/drives/wsl");
    assertThat(DoorMounts.of(mounts))
        .containsExactlyInAnyOrder(
            "/Docker/host",
            "/home/me/my windows\u00e4",
            "/win",
            "/run/wsl/virtiofs-mounts/tag/1",
            "/drives/wsl");
    EffectivePolicy inside = inside(SandboxPolicy.builder().write("/home/me").build(), mounts);
    assertThat(readable(inside, "/home/me/my windows\u00e4/key")).isFalse();
    assertThat(readable(inside, "/run/wsl/virtiofs-mounts/other/2/key")).isFalse();
    assertThat(readable(inside, "/home/me/notes")).isTrue();
  }

  @Test
  void ruleThatNamesAPathBehindADoorOpensThatPathAlone() {
    String mounts = SYSTEM + drive(70, "/c", "/") + drive(71, "/d", "/");
    EffectivePolicy inside =
        inside(SandboxPolicy.builder().write("C:\\src").read("D:\\").build(), mounts);
    assertThat(inside.evaluate("/c/src/file", Operation.WRITE).allowed()).isTrue();
    assertThat(readable(inside, "/c/other")).isFalse();
    assertThat(readable(inside, "/d/file")).as("the rule names the whole drive").isTrue();
  }

  @Test
  void fullNetworkKeepsTheNamesOfNameServersReadable() {
    String mounts = SYSTEM + shared(72, "/mnt/wsl");
    PathContext linked =
        PLACES.lookedUp(
            new PathLookup() {
              @Override
              public String real(String path) {
                return path.equals("/etc/resolv.conf") ? "/mnt/wsl/resolv.conf" : path;
              }

              @Override
              public Map<String, String> linksOn(String path) {
                return Map.of();
              }

              @Override
              public boolean exists(String path) {
                return true;
              }
            });
    for (NetworkMode mode : NetworkMode.values()) {
      SandboxPolicy policy =
          GuestPolicy.of(SandboxPolicy.builder().network(mode).build(), new WslPaths("x", "/mnt/"));
      EffectivePolicy inside =
          EffectivePolicy.of(DoorMounts.shut(policy, linked, DoorMounts.of(mounts)), linked);
      assertThat(readable(inside, "/mnt/wsl/resolv.conf")).isEqualTo(mode == NetworkMode.FULL);
      assertThat(readable(inside, "/mnt/wsl/other")).isFalse();
      assertThat(inside.evaluate("/mnt/wsl/resolv.conf", Operation.WRITE).allowed()).isFalse();
    }
  }

  @Test
  void pathOnAMountOutsideTheRootOfDrivesLiesOnADrive() {
    WslPaths paths =
        new WslPaths(
            "x", "/mnt/", Map.of(), DoorMounts.of(SYSTEM + drive(70, "/home/me/win", "/mnt/")));
    assertThat(paths.onDrive("/home/me/win")).isTrue();
    assertThat(paths.onDrive("/home/me/win/project")).isTrue();
    assertThat(paths.onDrive("/home/me/window")).isFalse();
    assertThat(paths.onDrive("/mnt/c/project")).isTrue();
  }

  @Test
  void mountThatNoCommandReachesDisturbsNone() throws Exception {
    String before = SYSTEM + drive(70, "/mnt/c", "/mnt/") + drive(71, "/mnt/c/work", "/mnt/");
    EffectivePolicy inside = inside(SandboxPolicy.builder().write("/mnt/c/work").build(), before);
    List<String> known = DoorMounts.of(before);
    for (String place : List.of("/mnt/c/other", "/mnt/c/other/deep", "/run/wsl/tag")) {
      DoorMounts.demandKnown(inside, known, DoorMounts.of(before + drive(72, place, "/mnt/")));
    }
    for (String place : List.of("/mnt/c/work/sub", "/mnt", "/home/me/x", "/win")) {
      assertThatThrownBy(
              () ->
                  DoorMounts.demandKnown(
                      inside, known, DoorMounts.of(before + drive(72, place, "/mnt/"))))
          .hasMessageContainingAll(place, "mounted after");
    }
  }

  @Test
  void systemWithoutDrivesHasNoDoors() {
    assertThat(DoorMounts.of(SYSTEM)).isEmpty();
    assertThat(DoorMounts.of("")).isEmpty();
    assertThat(DoorMounts.of("half a line\n60 59 8:32 /")).isEmpty();
  }

  @Test
  void rootOfDrivesComesFromTheMountsAndElseFromTheSettings() {
    String mounts = (SYSTEM + drive(70, "/win/c", "/win/")).replace('\n', '\t');
    assertThat(GuestFacts.of("automount=/mnt/\nmounts=" + mounts).automount()).isEqualTo("/win/");
    assertThat(GuestFacts.of("automount=/mnt/\nmounts=" + mounts).doors())
        .containsExactly("/win/c");
    assertThat(GuestFacts.of("automount=\"/win/\"").automount()).isEqualTo("/win/");
    assertThat(GuestFacts.of("automount=/win  # drives").automount()).isEqualTo("/win/");
    assertThat(GuestFacts.of("automount=win").automount()).isEqualTo("/mnt/");
    assertThat(GuestFacts.of("automount=").automount()).isEqualTo("/mnt/");
  }
}
