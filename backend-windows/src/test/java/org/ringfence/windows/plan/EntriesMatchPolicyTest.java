package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;
import org.ringfence.windows.DedicatedUserBackend;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;

/**
 * Compares the access entries of containers and accounts with the policy, using the model of
 * AccessCheck.
 */
@ExtendWith(InstancioExtension.class)
class EntriesMatchPolicyTest {
  private static final PathContext PLACES =
      PathContext.of(PathStyle.WINDOWS, "C:\\w", "C:\\Users\\me");
  private static final Sid OWNER = new Sid("S-1-5-21-1-1-1-1001");
  private static final Accounts ACCOUNTS =
      new Accounts(
          new Sid("S-1-5-21-1-1-1-2000"),
          new Sid("S-1-5-21-1-1-1-2001"),
          new Sid("S-1-5-21-1-1-1-2002"),
          new ClientAccounts("0123456789", ClientAccounts.LOWEST_PORT));
  private static final int READ = GenericMapping.FILE.read();
  private static final int WRITE = GenericMapping.FILE.write();

  private record Rule(String path, Access access) {}

  private static final Generator<String> PATHS =
      random ->
          "C:\\w\\"
              + String.join("\\", Inputs.lists(Inputs.of("a", "b", "c"), 1, 4).generate(random));

  private static final Generator<List<Rule>> RULES =
      Inputs.distinct(
          random -> new Rule(PATHS.generate(random), random.oneOf(Access.values())), Rule::path, 6);

  private record Asked(List<Rule> rules, String kept, String path) {
    private EffectivePolicy policy() {
      return EntriesMatchPolicyTest.policy(rules, List.of(kept));
    }
  }

  private static final Generator<Asked> ASKED =
      random -> {
        List<Rule> rules = RULES.generate(random);
        return new Asked(rules, near(rules).generate(random), near(rules).generate(random));
      };

  /** Any path, and equally often a path at or right below a rule, where mistakes are likely. */
  private static Generator<String> near(List<Rule> rules) {
    return random ->
        rules.isEmpty() || random.trueOrFalse()
            ? PATHS.generate(random)
            : random.oneOf(rules).path() + random.oneOf("", "\\a");
  }

  private static EffectivePolicy policy(List<Rule> rules, List<String> protectedPaths) {
    PolicyBuilder builder =
        SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL).protectedNames(ProtectedNames.OFF);
    rules.forEach(rule -> builder.rule(rule.path(), rule.access(), MissingPath.SKIP));
    protectedPaths.forEach(builder::protectedPath);
    return EffectivePolicy.of(builder.build(), PLACES);
  }

  private static DedicatedUserPlan compile(EffectivePolicy policy) {
    return DedicatedUserPlan.compile(policy, new byte[] {1}, ACCOUNTS);
  }

  @Test
  void dedicatedUserReadsAndWritesAsThePolicySays() {
    Property.forAll(
        ASKED,
        asked -> {
          EffectivePolicy policy = asked.policy();
          DedicatedUserPlan plan = compile(policy);
          assertThat(plan.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, asked.path(), READ))
              .as("reading %s under %s", asked.path(), asked.rules())
              .isEqualTo(policy.evaluate(asked.path(), Operation.READ).allowed());
          assertThat(plan.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, asked.path(), WRITE))
              .as("writing %s under %s, kept %s", asked.path(), asked.rules(), asked.kept())
              .isEqualTo(policy.evaluate(asked.path(), Operation.WRITE).allowed());
        });
  }

  /** Deleting or moving a directory removes its contents and frees its name for another file. */
  @Test
  void dedicatedUserDeletesOnlyRemovablePaths() {
    Property.forAll(
        ASKED,
        asked -> {
          EffectivePolicy policy = asked.policy();
          if (compile(policy).letsDelete(PathStyle.WINDOWS, ACCOUNTS, OWNER, asked.path())) {
            assertThat(
                    policy.evaluateRemoval(asked.path()).allowed()
                        || isGranted(policy, asked.path()))
                .as("removing %s under %s, kept %s", asked.path(), asked.rules(), asked.kept())
                .isTrue();
          }
        });
  }

  /**
   * The entries let a command delete a granted directory itself; it then cannot put anything in its
   * place.
   */
  private static boolean isGranted(EffectivePolicy policy, String path) {
    return policy.evaluateRemoval(path).explanation().startsWith("a granted path stays");
  }

  /** Except deletion: Windows does not check it against restricting SIDs. */
  @Test
  void restrictedTokenWritesAsThePolicySays() {
    Property.forAll(
        ASKED,
        asked -> {
          EffectivePolicy policy = asked.policy();
          RestrictedTokenPlan plan = RestrictedTokenPlan.compile(policy, new byte[] {1});
          assertThat(plan.permitted(PathStyle.WINDOWS, asked.path()))
              .as("%s under %s, kept %s", asked.path(), asked.rules(), asked.kept())
              .containsEntry("read", true)
              .containsEntry("write", policy.evaluate(asked.path(), Operation.WRITE).allowed())
              .containsEntry("change permissions", false);
        });
  }

  /** The user's own access is not in doubt: the entry of a user's own file is there as well. */
  @Test
  void containerReadsWritesAndDeletesAsThePolicySaysWhereThePlanCallsItEnforced() {
    Set<String> seen = new TreeSet<>();
    Property.forAll(
        ASKED,
        asked -> {
          EffectivePolicy policy = asked.policy();
          Sid sid = new Sid("S-1-15-2-1-2-3-4-5-6-7");
          Set<Guarantee> enforced =
              AppContainerPlanner.plan(
                      policy,
                      new WindowsFacts(false, List.of(), true, true, ProcessMitigations.USUAL))
                  .stream()
                  .filter(guarantee -> guarantee.level() == Enforcement.ENFORCED)
                  .map(PlannedGuarantee::guarantee)
                  .collect(Collectors.toSet());
          boolean reads = enforced.contains(Guarantee.FILES_READ);
          boolean writes =
              enforced.contains(Guarantee.FILES_WRITE)
                  && (enforced.contains(Guarantee.FILES_PROTECTED_PATHS)
                      || !policy.asksFor(Guarantee.FILES_PROTECTED_PATHS));
          seen.add("reading " + reads);
          seen.add("writing " + writes);
          AccessToken container =
              AccessToken.of(OWNER, Set.of())
                  .inContainer(new AccessToken.Container(sid, Set.of(), false));
          Ace own = new Ace(Ace.Type.ALLOW, OWNER, GenericMapping.FILE.all(), Ace.Scope.TREE);
          InheritedEntries entries =
              new InheritedEntries(
                  PathStyle.WINDOWS, AppContainerPlan.compile(policy, sid).entries());
          List<String> parts = InheritedEntries.keys(PathStyle.WINDOWS, asked.path());
          SecurityDescriptor file =
              SecurityDescriptor.of(OWNER, entries.at(parts, own).toArray(new Ace[0]));
          SecurityDescriptor directory =
              SecurityDescriptor.of(
                  OWNER, entries.at(parts.subList(0, parts.size() - 1), own).toArray(new Ace[0]));
          boolean mayRead = AccessCheck.check(container, file, GenericMapping.FILE, READ).allowed();
          boolean mayWrite =
              AccessCheck.check(container, file, GenericMapping.FILE, WRITE).allowed();
          boolean shouldRead = policy.evaluate(asked.path(), Operation.READ).allowed();
          boolean shouldWrite = policy.evaluate(asked.path(), Operation.WRITE).allowed();
          assertThat(mayRead)
              .as("reading %s under %s", asked.path(), asked.rules())
              .isEqualTo(reads ? shouldRead : mayRead || shouldRead);
          assertThat(mayWrite)
              .as("writing %s under %s, kept %s", asked.path(), asked.rules(), asked.kept())
              .isEqualTo(writes ? shouldWrite : mayWrite || shouldWrite);
          if (writes && AccessCheck.mayDelete(container, file, directory)) {
            assertThat(
                    policy.evaluateRemoval(asked.path()).allowed()
                        || isGranted(policy, asked.path()))
                .as("removing %s under %s, kept %s", asked.path(), asked.rules(), asked.kept())
                .isTrue();
          }
        });
    assertThat(seen)
        .containsExactly("reading false", "reading true", "writing false", "writing true");
  }

  @Test
  void permissionsAndOwnersCannotBeChanged() {
    Property.forAll(
        ASKED,
        asked -> {
          DedicatedUserPlan plan = compile(policy(asked.rules(), List.of()));
          for (int right : new int[] {AccessMask.WRITE_DAC, AccessMask.WRITE_OWNER}) {
            assertThat(plan.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, asked.path(), right))
                .isFalse();
          }
        });
  }

  @Test
  void filesBelowAWritableRootCanBeDeleted() {
    DedicatedUserPlan plan =
        compile(policy(List.of(new Rule("C:\\w\\a", Access.WRITE)), List.of()));
    assertThat(plan.letsDelete(PathStyle.WINDOWS, ACCOUNTS, OWNER, "C:\\w\\a\\file")).isTrue();
    assertThat(plan.letsDelete(PathStyle.WINDOWS, ACCOUNTS, OWNER, "C:\\w\\b")).isFalse();
  }

  @Test
  void writableRootOfAnotherSandboxIsNotWritable() {
    DedicatedUserPlan other =
        compile(policy(List.of(new Rule("C:\\w\\b", Access.WRITE)), List.of()));
    DedicatedUserPlan own = compile(policy(List.of(new Rule("C:\\w\\a", Access.WRITE)), List.of()));
    List<RestrictedTokenPlan.Entry> both = new ArrayList<>(own.entries());
    both.addAll(other.entries());
    DedicatedUserPlan stale = new DedicatedUserPlan(own.roots(), both, List.of());
    assertThat(stale.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, "C:\\w\\a\\x", WRITE)).isTrue();
    assertThat(stale.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, "C:\\w\\b\\x", WRITE)).isFalse();
  }

  private static final Generator<Integer> PORT =
      Inputs.oneOf(Inputs.of(1, 2, 3, 65_534, 65_535), Inputs.ints(1, 65_535));

  private record Ports(Set<Integer> open, int port) {}

  @Test
  void complementBlocksEveryPortExceptTheOpenOnes() {
    Property.forAll(
        random -> new Ports(Inputs.sets(PORT, 6).generate(random), PORT.generate(random)),
        ports -> {
          boolean blocked = false;
          for (String range : FirewallRule.complement(new TreeSet<>(ports.open())).split(",")) {
            if (!range.isEmpty()) {
              int dash = range.indexOf('-');
              int from = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
              int to = Integer.parseInt(range.substring(dash + 1));
              assertThat(from).isLessThanOrEqualTo(to);
              blocked |= from <= ports.port() && ports.port() <= to;
            }
          }
          assertThat(blocked).isEqualTo(!ports.open().contains(ports.port()));
        });
  }

  @Test
  void firewallRulesCloseTheNetworkWidestFirst() {
    List<FirewallRule> rules = compile(policy(List.of(), List.of())).firewall();
    assertThat(rules).hasSize(4);
    assertThat(rules.get(0).protocol()).isEqualTo(FirewallRule.ANY);
    assertThat(rules.get(0).remotePorts()).isEmpty();
    assertThat(rules.get(3).remotePorts()).isEqualTo(Optional.of("1-43127,43136-65535"));
    assertThat(rules)
        .allMatch(rule -> rule.authorizedUsers().equals("O:LSD:(A;;CC;;;S-1-5-21-1-1-1-2001)"));
    SandboxPolicy open = SandboxPolicy.builder().network(NetworkMode.FULL).build();
    assertThat(compile(EffectivePolicy.of(open, PLACES)).firewall()).isEmpty();
  }

  @Test
  void explainListsSidsEntriesAndFirewallRules() {
    assertThat(
            new DedicatedUserBackend()
                .explain(policy(List.of(new Rule("C:\\w\\a", Access.WRITE)), List.of())))
        .contains(
            "with accounts of no machine",
            "restricting SID S-1-5-21-1382641255-1717923427-",
            "C:\\w\\a  (A;OICI;0x1301bf;;;S-1-5-21-1-1-1-2000)",
            "firewall rule 'Ringfence 0000000000 block outbound': block out");
  }
}
