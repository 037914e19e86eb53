package org.ringfence.policy.path;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;

/** The shared temporary directory of macOS is the user's, which no variable moves. */
class SystemTmpTest {
  private static final String USERS = "/var/folders/ab/c_d/T";

  @Test
  void directoryOfMacUserIsTheAnswerOfTheSystem() {
    assertThat(SystemTmp.ofMac(() -> Optional.of(USERS), "/Users/me/tmp"))
        .isEqualTo("/private" + USERS);
    assertThat(SystemTmp.ofMac(() -> Optional.of(USERS + "/"), "/tmp"))
        .isEqualTo("/private" + USERS);
    assertThat(SystemTmp.ofMac(Optional::empty, USERS + "/")).isEqualTo("/private" + USERS);
    assertThat(SystemTmp.ofMac(() -> Optional.of("/Users/me"), "/Users/me/tmp"))
        .isEqualTo("/private/tmp");
  }

  @Test
  void sharedDirectoriesOfOtherSystemsAreOne() {
    assertThat(PathContext.of(PathStyle.POSIX, "/ws", "/home/me").sharedTmp())
        .isEqualTo(List.of("/tmp"));
  }

  /** HotSpot keeps performance data there, and File.createTempFile its files. */
  @Test
  void presetsForJvmsGrantTheDirectoryOfMacUser() {
    PathContext mac = PathContext.ofMac("/Users/me/ws", "/Users/me");
    String users = mac.systemTmp();
    for (String preset : List.of("jvm", "maven", "gradle")) {
      EffectivePolicy policy = EffectivePolicy.of(Presets.load(preset), mac);
      for (String path :
          List.of(
              users + "/hsperfdata_me/4711",
              users + "/x.tmp",
              users.replaceFirst("T$", "C") + "/clang/x",
              "/private/tmp/x")) {
        assertThat(policy.evaluate(path, Operation.WRITE).allowed()).as(path).isTrue();
      }
    }
    assertThat(
            EffectivePolicy.of(Presets.load("workspace-write"), mac)
                .evaluate(users + "/x", Operation.WRITE)
                .allowed())
        .isFalse();
  }
}
