package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.mitigation.ProcessMitigations;

@ExtendWith(InstancioExtension.class)
class DedicatedUserPlannerTest {
  private static final PathContext PLACES =
      PathContext.of(PathStyle.WINDOWS, "C:\\work", "C:\\Users\\me");
  private static final Sid USER = new Sid("S-1-5-21-1-1-1-2001");

  private static DedicatedUserFacts facts(boolean logon, boolean network, boolean echoes) {
    return new DedicatedUserFacts(
        new WindowsFacts(false, List.of(), true, true, ProcessMitigations.USUAL),
        AccountToken.ROOTS,
        logon,
        network,
        List.of(),
        echoes,
        "",
        "");
  }

  private static final DedicatedUserFacts GOOD = facts(false, true, false);

  private static PolicyBuilder minimal() {
    return SandboxPolicy.builder()
        .fileDefault(FileDefault.MINIMAL)
        .write(":workspace")
        .protectedNames(ProtectedNames.OFF);
  }

  private static Map<String, PlannedGuarantee> plan(
      PolicyBuilder policy, DedicatedUserFacts facts) {
    return DedicatedUserPlanner.plan(EffectivePolicy.of(policy.build(), PLACES), facts).stream()
        .collect(Collectors.toMap(PlannedGuarantee::id, one -> one));
  }

  private static void assertLevels(
      Map<String, PlannedGuarantee> plan, Enforcement level, String... ids) {
    for (String id : ids) {
      assertThat(plan).containsKey(id);
      assertThat(plan.get(id).level()).as(id).isEqualTo(level);
      if (level != Enforcement.ENFORCED) {
        assertThat(plan.get(id).reason()).as(id).isNotEmpty();
        assertThat(plan.get(id).remedy()).as(id).isNotEmpty();
      }
    }
  }

  @Test
  void dedicatedAccountEnforcesFilesAndProcesses() {
    Map<String, PlannedGuarantee> plan = plan(minimal(), GOOD);
    assertLevels(
        plan,
        Enforcement.ENFORCED,
        "files.write",
        "files.delete",
        "files.metadata",
        "files.read",
        "registry.write",
        "process.privileges",
        "process.desktop");
    // Commands of another sandbox of the same account are open to it. The system's resolver sends
    // queries for a command, and system services can start processes
    // outside the job.
    assertLevels(
        plan,
        Enforcement.ADVISORY,
        "process.isolation",
        "process.signals",
        "network.names",
        "lifetime.tree",
        "lifetime.jvm-exit");
    assertLevels(plan, Enforcement.UNSUPPORTED, "network.own-loopback");
  }

  private static DedicatedUserFacts withToken(AccountToken token) {
    return new DedicatedUserFacts(GOOD.base(), token, false, true, List.of(), false, "", "");
  }

  /** Its own SID opens pipes, and makes a command the owner of what the account made. */
  @Test
  void tokenDecidesAboutPipesAndFilesOfTheAccount() {
    Map<String, PlannedGuarantee> roots = plan(minimal(), withToken(AccountToken.ROOTS));
    assertThat(roots.get("process.programs").reason()).contains("Ninja", "a named pipe");
    assertLevels(roots, Enforcement.ENFORCED, "files.write", "files.metadata", "registry.write");

    Map<String, PlannedGuarantee> own = plan(minimal(), withToken(AccountToken.OWN_SID));
    assertThat(own.get("process.programs").reason()).doesNotContain("Ninja", "a named pipe");
    assertLevels(own, Enforcement.ADVISORY, "files.write", "files.metadata");
    assertThat(own.get("files.write").reason()).contains("as their owner");
    assertLevels(own, Enforcement.ENFORCED, "registry.write", "files.read", "files.delete");

    Map<String, PlannedGuarantee> alone = plan(minimal(), withToken(AccountToken.ACCOUNT_ALONE));
    assertThat(alone.get("process.programs").reason()).doesNotContain("Ninja", "NUL");
    assertLevels(alone, Enforcement.ADVISORY, "files.write", "files.metadata", "registry.write");
    assertThat(alone.get("files.write").reason()).contains("every user may write", "their owner");
  }

  /** The price, by the model: the owner's right to change the list needs its SID to restrict. */
  @Test
  void ownSidLetsACommandChangeTheListOfWhatItsAccountMade() {
    SecurityDescriptor made =
        SecurityDescriptor.of(
            USER, new Ace(Ace.Type.ALLOW, Sid.SYSTEM, 0x1f01ff, Ace.Scope.OBJECT));
    AccessToken account = AccessToken.of(USER, java.util.Set.of(Sid.EVERYONE));
    assertThat(changesList(account.restricted(java.util.Set.of(), true), made)).isFalse();
    assertThat(changesList(account.restricted(java.util.Set.of(USER), true), made)).isTrue();
  }

  private static boolean changesList(AccessToken token, SecurityDescriptor file) {
    return AccessCheck.check(token, file, GenericMapping.FILE, AccessMask.WRITE_DAC).allowed();
  }

  @Test
  void openPlacesAndSessionsWeakenThePlan() {
    assertLevels(
        plan(minimal(), facts(true, true, false)),
        Enforcement.ADVISORY,
        "process.isolation",
        "process.signals",
        "process.desktop");
    assertLevels(
        plan(minimal(), facts(false, true, true)), Enforcement.ADVISORY, "network.external");
    DedicatedUserFacts open =
        new DedicatedUserFacts(
            new WindowsFacts(true, List.of("C:\\open"), false, true, ProcessMitigations.USUAL),
            AccountToken.ROOTS,
            false,
            true,
            List.of("C:\\tools"),
            false,
            "",
            "");
    Map<String, PlannedGuarantee> plan = plan(minimal(), open);
    assertLevels(plan, Enforcement.ADVISORY, "files.write", "files.delete", "registry.write");
    assertLevels(plan, Enforcement.UNSUPPORTED, "process.desktop");
    assertThat(plan.get("files.write").reason()).contains("C:\\open");
    assertThat(plan.get("files.delete").reason()).contains("C:\\tools");
  }

  @Test
  void closedNetworkIsAdvisoryBecauseServicesConnectForACommand() {
    Map<String, PlannedGuarantee> plan = plan(minimal(), GOOD);
    assertLevels(plan, Enforcement.ADVISORY, "network.external");
    assertThat(plan.get("network.external").reason())
        .contains("SMB", "WebDAV")
        .doesNotContain("no restricted command");
    DedicatedUserFacts untried =
        new DedicatedUserFacts(
            GOOD.base(), AccountToken.ROOTS, false, true, List.of(), false, "", "no curl.exe");
    assertThat(plan(minimal(), untried).get("network.external").reason())
        .contains("SMB", "no restricted command tried the closed network here: no curl.exe");
  }

  @Test
  void filesOnlySetUpDoesNotCloseTheNetwork() {
    DedicatedUserFacts filesOnly = facts(false, false, false);
    Map<String, PlannedGuarantee> closed = plan(minimal(), filesOnly);
    assertLevels(closed, Enforcement.UNSUPPORTED, "network.external");
    assertThat(closed.get("network.external").remedy()).contains("ringfence windows setup");
    Map<String, PlannedGuarantee> open = plan(minimal().network(NetworkMode.FULL), filesOnly);
    assertLevels(open, Enforcement.ENFORCED, "files.write", "files.read");
    assertThat(open).doesNotContainKey("network.external");
  }

  @Test
  void egressProxyIsTheMechanismOfAnAllowlist() {
    PolicyBuilder policy =
        minimal().network(NetworkMode.ALLOWLIST).allowHost("example.org").checkServerName(true);
    Map<String, PlannedGuarantee> plan = plan(policy, GOOD);
    assertLevels(plan, Enforcement.ENFORCED, "network.server-name");
    assertLevels(plan, Enforcement.ADVISORY, "network.external");
    assertThat(plan.get("network.external").mechanism()).contains("egress proxy");
  }

  @Test
  void readabilityOfEveryFileIsUnsupported() {
    Map<String, PlannedGuarantee> plan = plan(SandboxPolicy.builder(), GOOD);
    assertLevels(plan, Enforcement.UNSUPPORTED, "files.readable");
  }

  @Test
  void addressRangesAreComparedByTheirAddresses() {
    String ours =
        "0.0.0.0-126.255.255.255,128.0.0.0-255.255.255.255,::,::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    assertThat(AddressRanges.of("*").covers(AddressRanges.of(ours))).isTrue();
    assertThat(AddressRanges.of(ours).covers(AddressRanges.of("8.8.8.8,2001:db8::1"))).isTrue();
    assertThat(AddressRanges.of(ours).covers(AddressRanges.of("127.0.0.1"))).isFalse();
    assertThat(AddressRanges.of(ours).covers(AddressRanges.of("::1"))).isFalse();
    assertThat(AddressRanges.of("127.0.0.0/255.0.0.0").covers(AddressRanges.of("127.0.0.0/8")))
        .isTrue();
    assertThat(AddressRanges.of("::/127").covers(AddressRanges.of("::-::1"))).isTrue();
    // Adjacent ranges merge.
    assertThat(
            AddressRanges.of("10.0.0.0-10.0.0.9,10.0.0.10-10.0.0.20")
                .covers(AddressRanges.of("10.0.0.5-10.0.0.15")))
        .isTrue();
    assertThatThrownBy(() -> AddressRanges.of("LocalSubnet"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private record Block(int address, int prefix, int other) {}

  /** The other address shares leading bits, so that both answers occur. */
  private static final Generator<Block> BLOCKS =
      random -> {
        int address = Inputs.ints().generate(random);
        int difference = Inputs.ints().generate(random) >>> random.intRange(0, 31);
        return new Block(address, Inputs.ints(0, 32).generate(random), address ^ difference);
      };

  @Test
  void blockCoversExactlyItsAddresses() {
    Property.forAll(
        BLOCKS,
        input -> {
          String block = v4(input.address()) + "/" + input.prefix();
          long mask = input.prefix() == 0 ? 0 : 0xffffffffL << 32 - input.prefix() & 0xffffffffL;
          boolean inside = (input.address() & mask) == (input.other() & mask);
          assertThat(AddressRanges.of(block).covers(AddressRanges.of(v4(input.other()))))
              .isEqualTo(inside);
        });
  }

  private static String v4(int address) {
    return (address >>> 24)
        + "."
        + (address >>> 16 & 255)
        + "."
        + (address >>> 8 & 255)
        + "."
        + (address & 255);
  }

  private static FirewallRule.Reading reading(FirewallRule rule) {
    return new FirewallRule.Reading(
        true,
        true,
        rule.direction(),
        0x7fffffff,
        rule.protocol(),
        rule.remoteAddresses(),
        rule.remotePorts().orElse("*"),
        rule.authorizedUsers());
  }

  @Test
  void changedFirewallRuleIsDetected() {
    for (FirewallRule rule :
        FirewallRule.closing("0123456789", USER, new TreeSet<>(List.of(43_128)))) {
      FirewallRule.Reading same = reading(rule);
      assertThat(rule.difference(same)).isEmpty();
      assertThat(
              rule.difference(
                  new FirewallRule.Reading(
                      false, true, same.direction(), 7, same.protocol(), "*", "*", "")))
          .contains("it is not in force");
      assertThat(
              rule.difference(
                  new FirewallRule.Reading(
                      true, false, same.direction(), 7, same.protocol(), "*", "*", "")))
          .contains("it does not block");
      assertThat(
              rule.difference(
                  new FirewallRule.Reading(
                      true,
                      true,
                      same.direction(),
                      3,
                      same.protocol(),
                      same.remoteAddresses(),
                      same.remotePorts(),
                      same.authorizedUsers())))
          .contains("it is not in force in every profile");
      // A firewall without INetFwRule3 drops the user: the rule then applies to every user or to
      // none.
      assertThat(
              rule.difference(
                  new FirewallRule.Reading(
                      true,
                      true,
                      same.direction(),
                      7,
                      same.protocol(),
                      same.remoteAddresses(),
                      same.remotePorts(),
                      "")))
          .hasValueSatisfying(text -> assertThat(text).contains("not about the user"));
      assertThat(
              rule.difference(
                  new FirewallRule.Reading(
                      true,
                      true,
                      same.direction(),
                      7,
                      same.protocol(),
                      "10.0.0.0/8",
                      same.remotePorts(),
                      same.authorizedUsers())))
          .hasValueSatisfying(text -> assertThat(text).contains("its addresses are"));
    }
  }

  @Test
  void sidPrefixOfAnotherUserDoesNotMatch() {
    FirewallRule rule =
        FirewallRule.closing("0123456789", new Sid("S-1-5-21-1-1-1-200"), new TreeSet<>(List.of(1)))
            .get(0);
    FirewallRule.Reading longer =
        new FirewallRule.Reading(
            true,
            true,
            rule.direction(),
            7,
            rule.protocol(),
            rule.remoteAddresses(),
            "",
            "O:LSD:(A;;CC;;;S-1-5-21-1-1-1-2001)");
    assertThat(rule.difference(longer)).isPresent();
  }

  @Test
  void lastingReadGrantsExcludeSecretsAndProfiles() {
    for (String path :
        List.of(
            "C:\\Users\\me\\.ssh",
            "C:\\Users\\me\\.aws\\sso",
            "C:\\Users\\me",
            "C:\\Users",
            "C:\\",
            "C:\\Users\\me\\AppData\\Local",
            "C:\\Users\\me\\AppData\\Roaming\\Microsoft\\Credentials",
            "\\\\server\\share\\jdk",
            "C:\\jdk:stream")) {
      assertThat(ReadGrants.refusal(path)).as(path).isPresent();
    }
    for (String path :
        List.of(
            "C:\\Program Files\\jdk",
            "C:\\Users\\me\\.jdks\\temurin-17",
            "C:\\Users\\me\\AppData\\Local\\Programs\\jdk")) {
      assertThat(ReadGrants.refusal(path)).as(path).isEmpty();
    }
    Optional<AccessControlList> users =
        Optional.of(
            AccessControlList.of(new Ace(Ace.Type.ALLOW, Sid.USERS, 0x1200a9, Ace.Scope.TREE)));
    assertThat(ReadGrants.readable(USER, Sid.SYSTEM, users)).isTrue();
    assertThat(ReadGrants.readable(USER, Sid.SYSTEM, Optional.of(AccessControlList.of())))
        .isFalse();
    assertThat(
            ReadGrants.readable(
                USER, Sid.SYSTEM, Optional.of(AccessControlList.of(ReadGrants.entry(USER)))))
        .isTrue();
  }

  @Test
  void clientIdAndPortsAreStableAndDistinct() {
    String id = ClientAccounts.id(USER, "C:\\Users\\me\\AppData\\Local\\ringfence");
    assertThat(ClientAccounts.id(USER, "c:\\users\\ME\\appdata\\local\\ringfence")).isEqualTo(id);
    assertThat(ClientAccounts.id(Sid.SYSTEM, "C:\\Users\\me\\AppData\\Local\\ringfence"))
        .isNotEqualTo(id);
    ClientAccounts first = ClientAccounts.of(id, List.of());
    assertThat(first.offline()).hasSizeLessThanOrEqualTo(20).isNotEqualTo(first.online());
    ClientAccounts second = ClientAccounts.of(id, List.of(first.firstPort()));
    assertThat(second.ports()).doesNotContainAnyElementsOf(first.ports());
    List<Integer> all = new java.util.ArrayList<>();
    for (int port = ClientAccounts.LOWEST_PORT; port < 49_000; port += ClientAccounts.PORTS) {
      all.add(port);
    }
    assertThatThrownBy(() -> ClientAccounts.of(id, all)).hasMessageContaining("taken");
    assertThatThrownBy(() -> new ClientAccounts("xyz", ClientAccounts.LOWEST_PORT))
        .hasMessageContaining("ten hexadecimal digits");
  }
}
