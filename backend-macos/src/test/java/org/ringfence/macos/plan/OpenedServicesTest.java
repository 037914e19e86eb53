package org.ringfence.macos.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ringfence.macos.plan.SbplInterpreter.Question;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.ProcessGrant;

class OpenedServicesTest {
  private static final PathContext PLACES = PathContext.ofMac("/ws", "/home");

  private static final Map<ProcessGrant, List<Question>> OPENED =
      Map.of(
          ProcessGrant.TRUSTD, List.of(Question.service("com.apple.trustd.agent")),
          ProcessGrant.KEYCHAIN, List.of(Question.service("com.apple.SecurityServer")),
          ProcessGrant.GPU,
              List.of(
                  Question.service("com.apple.MTLCompilerService"),
                  Question.driver("AGXDeviceUserClient")),
          ProcessGrant.FSEVENTS, List.of(Question.service("com.apple.FSEvents")),
          ProcessGrant.PS, List.of(Question.file("process-exec*", "/bin/ps")));

  /** The guarantees that each costs. */
  private static final Map<ProcessGrant, Set<String>> PRICES =
      Map.of(
          ProcessGrant.TRUSTD,
              Set.of("network.external", "network.host-loopback", "network.server-name"),
          ProcessGrant.KEYCHAIN, Set.of("process.privileges"),
          ProcessGrant.GPU, Set.of("process.privileges"),
          ProcessGrant.FSEVENTS, Set.of("files.read"),
          ProcessGrant.PS, Set.of("process.isolation", "process.privileges"));

  private static PolicyBuilder closed() {
    // Nothing below /bin may be executed, and preferences and changes of files are hidden. The
    // plan promises all that it can promise about the network.
    return SandboxPolicy.builder()
        .fileDefault(FileDefault.MINIMAL)
        .none("/bin")
        .ownLoopback(false)
        .network(NetworkMode.ALLOWLIST)
        .allowHost("example.com")
        .hostLoopbackPort(8080)
        .checkServerName(true);
  }

  private static SbplInterpreter profile(PolicyBuilder policy) {
    SeatbeltProfile profile =
        SeatbeltCompiler.compile(
            EffectivePolicy.of(policy.build(), PLACES),
            new SeatbeltCompiler.Surroundings("t", OptionalInt.empty(), ""));
    return new SbplInterpreter(profile.text(), profile.parameters());
  }

  private static Set<String> weaker(PolicyBuilder policy) {
    return SeatbeltPlanner.plan(EffectivePolicy.of(policy.build(), PLACES)).stream()
        .filter(guarantee -> guarantee.level() == Enforcement.ADVISORY)
        .map(PlannedGuarantee::id)
        .filter(id -> !id.startsWith("lifetime."))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @EnumSource(
      names = {"PTRACE", "SYSV_IPC"},
      mode = EnumSource.Mode.EXCLUDE)
  void grantOpensItsServiceUnderEachReadingAndNoOther(ProcessGrant grant) {
    SbplInterpreter without = profile(closed());
    SbplInterpreter with = profile(closed().allow(grant));
    OPENED.forEach(
        (each, questions) ->
            questions.forEach(
                question -> {
                  assertThat(without.allows(question)).as("%s", question).isFalse();
                  assertThat(with.allows(question)).as("%s", question).isEqualTo(each == grant);
                  assertThat(with.allowsExclusively(question))
                      .as("%s", question)
                      .isEqualTo(each == grant);
                }));
  }

  @ParameterizedTest
  @EnumSource(
      names = {"PTRACE", "SYSV_IPC"},
      mode = EnumSource.Mode.EXCLUDE)
  void planTellsThePriceAndTheServices(ProcessGrant grant) {
    assertThat(weaker(closed())).isEmpty();
    assertThat(weaker(closed().allow(grant))).isEqualTo(PRICES.get(grant));
    assertThat(SeatbeltPlanner.plan(EffectivePolicy.of(closed().allow(grant).build(), PLACES)))
        .filteredOn(guarantee -> guarantee.id().equals("process.mac-services"))
        .singleElement()
        .satisfies(guarantee -> assertThat(guarantee.level()).isEqualTo(Enforcement.ENFORCED));
  }

  @Test
  void fullNetworkIsNoPromiseThatTrustdCouldBreak() {
    assertThat(weaker(closed().network(NetworkMode.FULL).allow(ProcessGrant.TRUSTD))).isEmpty();
  }

  @Test
  void planTellsEachReasonWhyAGuaranteeIsWeaker() {
    PolicyBuilder policy = closed().ownLoopback(true).allow(ProcessGrant.TRUSTD);
    assertThat(SeatbeltPlanner.plan(EffectivePolicy.of(policy.build(), PLACES)))
        .filteredOn(guarantee -> guarantee.id().equals("network.external"))
        .singleElement()
        .satisfies(
            guarantee -> {
              assertThat(guarantee.reason())
                  .contains("trustd fetches", "a server inside may listen on every address");
              assertThat(guarantee.remedy())
                  .contains("process.allow without it", "network.ownLoopback false");
            });
  }

  @Test
  void eachGrantOfMacosHasATest() {
    assertThat(OPENED.keySet())
        .isEqualTo(PRICES.keySet())
        .isEqualTo(
            Arrays.stream(ProcessGrant.values())
                .filter(ProcessGrant::ofMac)
                .collect(Collectors.toSet()));
  }
}
