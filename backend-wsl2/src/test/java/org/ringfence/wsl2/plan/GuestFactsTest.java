package org.ringfence.wsl2.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.BubblewrapPlanner;
import org.ringfence.linux.plan.HostFacts;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

class GuestFactsTest {
  private static final String COMPLETE =
      "kernel=6.6.87.2-microsoft-standard-WSL2\nmachine=x86_64\n"
          + "namespaces=yes\njava=openjdk version \"17.0.12\"\n";

  /**
   * The guest plans for the kernel that it finds; bubblewrap and its supervisor need no Landlock.
   */
  @ParameterizedTest
  @ValueSource(strings = {"ABI 7", "ABI 3", "there", "not known", "none"})
  void guestOfJavaNeedsNoLandlock(String landlock) {
    GuestFacts facts =
        GuestFacts.of(COMPLETE + "bubblewrap=bubblewrap 0.9.0\nlandlock=" + landlock + "\nend=yes");
    assertThat(facts.lacks()).isEmpty();
    assertThat(facts.lacksOfGuest()).isEmpty();
    assertThat(facts.guest()).isEqualTo("Java");
  }

  /** Guests of both kinds hold different things on one kernel. */
  @Test
  void buildNamesTheKindOfGuest() {
    String told = COMPLETE + "bubblewrap=bubblewrap 0.9.0\nend=yes";
    String ofJava = GuestFacts.of(told).build();
    String ofScripts =
        GuestFacts.of(told.replace("java=openjdk version \"17.0.12\"", "java=none")).build();
    assertThat(ofJava).endsWith(", guest of Java");
    assertThat(ofScripts).isEqualTo(ofJava.replace("of Java", "of scripts"));
  }

  /** Kernels of WSL have Landlock ABI 3 (6.6) and 7 (6.18), and some none. */
  @ParameterizedTest
  @ValueSource(ints = {0, 3, 7})
  void planNamesWhatTheKernelsLandlockDoesNotHold(int abi) {
    Map<Guarantee, PlannedGuarantee> usual = planned(abi, SandboxPolicy.builder());
    assertThat(usual.get(Guarantee.PROCESS_SIGNALS).level()).isEqualTo(Enforcement.ENFORCED);
    assertThat(usual.get(Guarantee.PROCESS_ISOLATION).level()).isEqualTo(Enforcement.ENFORCED);
    assertThat(usual.get(Guarantee.PROCESS_SIGNALS).mechanism().contains("signal scope"))
        .isEqualTo(abi == 7);
    assertThat(usual.get(Guarantee.PROCESS_ISOLATION).mechanism().contains("Landlock"))
        .isEqualTo(abi > 0);
    PlannedGuarantee signals =
        planned(abi, SandboxPolicy.builder().onRootExit(Leftovers.KEEP))
            .get(Guarantee.PROCESS_SIGNALS);
    assertThat(signals.level())
        .isEqualTo(abi == 7 ? Enforcement.ENFORCED : Enforcement.UNSUPPORTED);
    if (abi < 7) {
      assertThat(signals.reason()).contains("ABI " + abi, "does not scope signals");
    }
  }

  private static Map<Guarantee, PlannedGuarantee> planned(int abi, PolicyBuilder policy) {
    PathContext places = PathContext.of(PathStyle.POSIX, "/home/me/work", "/home/me");
    return WslDoubts.apply(
            BubblewrapPlanner.plan(
                EffectivePolicy.of(policy.write(":workspace").build(), places),
                HostFacts.ASSUMED.atMost(abi),
                BubblewrapFeatures.ASSUMED,
                BubblewrapPlanner.Starter.JVM),
            new WslPaths("Ubuntu", "/mnt/"),
            List.of(),
            "",
            false)
        .stream()
        .collect(Collectors.toMap(PlannedGuarantee::guarantee, one -> one));
  }

  @Test
  void bubblewrapOfUbuntu22IsRefusedWithACommandThatHelps() {
    assertThat(GuestFacts.of(COMPLETE + "bubblewrap=bubblewrap 0.6.1\nend=yes").lacks())
        .singleElement()
        .satisfies(
            lack -> {
              assertThat(lack.reason()).isEqualTo("its bubblewrap is 0.6");
              assertThat(lack.remedy()).startsWith("wsl --install -d Ubuntu-24.04");
            });
  }
}
