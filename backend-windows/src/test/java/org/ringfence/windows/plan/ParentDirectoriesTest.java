package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;

class ParentDirectoriesTest {
  private static final Sid ACCOUNT = new Sid("S-1-5-21-1-1-1-2001");

  private static List<Entry> entries(String... roots) {
    var builder = SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL).tmp(TmpPolicy.NONE);
    for (String root : roots) {
      builder.write(root);
    }
    builder.none("C:\\Users\\me\\secret\\deep");
    return ParentDirectories.entries(
        EffectivePolicy.of(
            builder.build(),
            PathContext.of(PathStyle.WINDOWS, "C:\\Users\\me\\code\\app", "C:\\Users\\me")),
        ACCOUNT);
  }

  @Test
  void directoriesFromTheProfileOnMayBeLookedAtAndNothingInheritsThat() {
    List<Entry> entries =
        entries("C:\\Users\\me\\code\\app", "C:\\Users\\me\\code\\lib\\one", "D:\\dev\\tool");
    assertThat(entries.stream().map(Entry::path))
        .containsExactlyInAnyOrder(
            "C:\\Users\\me", "C:\\Users\\me\\code", "C:\\Users\\me\\code\\lib", "D:\\dev");
    assertThat(entries)
        .allSatisfy(
            entry -> {
              assertThat(entry.ace().scope()).isEqualTo(Ace.Scope.OBJECT);
              assertThat(entry.ace().mask()).isEqualTo(0x120088);
              assertThat(ParentDirectories.looks(entry.ace())).isTrue();
              assertThat(entry.optional()).isTrue();
            });
  }

  @Test
  void directoryThatARuleNamesKeepsItsEntries() {
    assertThat(entries("C:\\Users\\me\\code", "C:\\Users\\me\\code\\app\\build"))
        .extracting(Entry::path)
        .containsExactlyInAnyOrder("C:\\Users\\me", "C:\\Users\\me\\code\\app");
  }

  @Test
  void gitIsToldAboutDirectoriesAfterItsOtherConfiguration() {
    assertThat(GitSafeDirectories.added(Map.of("A", "b"), List.of("C:\\Users\\me\\app")))
        .isEqualTo(
            Map.of(
                "A",
                "b",
                "GIT_CONFIG_COUNT",
                "1",
                "GIT_CONFIG_KEY_0",
                "safe.directory",
                "GIT_CONFIG_VALUE_0",
                "C:/Users/me/app"));
    assertThat(
            GitSafeDirectories.added(
                Map.of(
                    "git_config_count",
                    "1",
                    "GIT_CONFIG_KEY_0",
                    "core.pager",
                    "GIT_CONFIG_VALUE_0",
                    "cat"),
                List.of("C:\\a", "C:\\b")))
        .containsEntry("GIT_CONFIG_COUNT", "3")
        .containsEntry("GIT_CONFIG_VALUE_0", "cat")
        .containsEntry("GIT_CONFIG_VALUE_2", "C:/b")
        .doesNotContainKey("git_config_count");
    Map<String, String> wrong = Map.of("GIT_CONFIG_COUNT", "many");
    assertThat(GitSafeDirectories.added(wrong, List.of("C:\\a"))).isEqualTo(wrong);
  }
}
