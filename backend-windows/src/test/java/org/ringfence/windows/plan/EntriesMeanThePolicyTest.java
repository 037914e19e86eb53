package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.Access;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PathStyle;
import org.ringfence.policy.Places;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.windows.DedicatedUserBackend;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;

/** Entries of containers and of accounts mean what the policy means, by the model of the check. */
class EntriesMeanThePolicyTest {
  private static final Places PLACES = Places.of(PathStyle.WINDOWS, "C:\\w", "C:\\Users\\me");
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

  @Provide
  Arbitrary<String> paths() {
    List<String> all = new ArrayList<>();
    List<String> level = List.of("C:\\w");
    for (int depth = 0; depth < 4; depth++) {
      List<String> next = new ArrayList<>();
      for (String directory : level) {
        for (String name : List.of("a", "b", "c")) {
          next.add(directory + "\\" + name);
        }
      }
      all.addAll(next);
      level = next;
    }
    return Arbitraries.of(all);
  }

  @Provide
  Arbitrary<List<Rule>> rules() {
    return Combinators.combine(paths(), Arbitraries.of(Access.values()))
        .as(Rule::new)
        .list()
        .uniqueElements(Rule::path)
        .ofMaxSize(6);
  }

  private static EffectivePolicy policy(List<Rule> rules, List<String> protectedPaths) {
    PolicyBuilder builder =
        SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL).protectedNames(ProtectedNames.OFF);
    rules.forEach(rule -> builder.rule(rule.path(), rule.access(), MissingPath.SKIP));
    protectedPaths.forEach(builder::protectedPath);
    return builder.build().in(PLACES);
  }

  private static DedicatedUserPlan compile(EffectivePolicy policy) {
    return DedicatedUserPlan.compile(policy, new byte[] {1}, ACCOUNTS);
  }

  @Property
  void readingAndWritingAreWhatThePolicySays(
      @ForAll("rules") List<Rule> rules,
      @ForAll("paths") String kept,
      @ForAll("paths") String path) {
    EffectivePolicy policy = policy(rules, List.of(kept));
    DedicatedUserPlan plan = compile(policy);
    assertThat(plan.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, path, READ))
        .as("reading %s under %s", path, rules)
        .isEqualTo(policy.evaluate(path, Operation.READ).allowed());
    assertThat(plan.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, path, WRITE))
        .as("writing %s under %s, kept %s", path, rules, kept)
        .isEqualTo(policy.evaluate(path, Operation.WRITE).allowed());
  }

  /** What is deleted or moved takes along what lies below, and lets something take its place. */
  @Property
  void nothingIsDeletedOrMovedThatIsToStay(
      @ForAll("rules") List<Rule> rules,
      @ForAll("paths") String kept,
      @ForAll("paths") String path) {
    EffectivePolicy policy = policy(rules, List.of(kept));
    if (compile(policy).letsDelete(PathStyle.WINDOWS, ACCOUNTS, OWNER, path)) {
      assertThat(policy.evaluateRemoval(path).allowed() || isGranted(policy, path))
          .as("removing %s under %s, kept %s", path, rules, kept)
          .isTrue();
    }
  }

  /** Entries let a granted directory itself be deleted; nothing can be put in its place then. */
  private static boolean isGranted(EffectivePolicy policy, String path) {
    return policy.evaluateRemoval(path).explanation().startsWith("what is granted stays");
  }

  /** Deleting apart, which restricting SIDs are not asked about. */
  @Property
  void aRestrictedTokenWritesWhatThePolicySays(
      @ForAll("rules") List<Rule> rules,
      @ForAll("paths") String kept,
      @ForAll("paths") String path) {
    EffectivePolicy policy = policy(rules, List.of(kept));
    RestrictedTokenPlan plan = RestrictedTokenPlan.compile(policy, new byte[] {1});
    assertThat(plan.outlook(PathStyle.WINDOWS, path))
        .as("%s under %s, kept %s", path, rules, kept)
        .containsEntry("read", true)
        .containsEntry("write", policy.evaluate(path, Operation.WRITE).allowed())
        .containsEntry("change permissions", false);
  }

  /**
   * A container's own check is one walk more, with its SID alone: the user's own is not in doubt.
   */
  @Property
  void aContainersEntriesMeanWhatThePolicyMeans(
      @ForAll("rules") List<Rule> rules,
      @ForAll("paths") String kept,
      @ForAll("paths") String path) {
    EffectivePolicy policy = policy(rules, List.of(kept));
    Sid sid = new Sid("S-1-15-2-1-2-3-4-5-6-7");
    AccessToken container = AccessToken.of(sid, Set.of());
    InheritedEntries entries =
        new InheritedEntries(PathStyle.WINDOWS, AppContainerPlan.compile(policy, sid).entries());
    List<String> parts = InheritedEntries.keys(PathStyle.WINDOWS, path);
    SecurityDescriptor file = SecurityDescriptor.of(OWNER, entries.at(parts).toArray(new Ace[0]));
    SecurityDescriptor directory =
        SecurityDescriptor.of(
            OWNER, entries.at(parts.subList(0, parts.size() - 1)).toArray(new Ace[0]));
    assertThat(AccessCheck.check(container, file, GenericMapping.FILE, READ).allowed())
        .as("reading %s under %s", path, rules)
        .isEqualTo(policy.evaluate(path, Operation.READ).allowed());
    assertThat(AccessCheck.check(container, file, GenericMapping.FILE, WRITE).allowed())
        .as("writing %s under %s, kept %s", path, rules, kept)
        .isEqualTo(policy.evaluate(path, Operation.WRITE).allowed());
    if (AccessCheck.mayDelete(container, file, directory)) {
      assertThat(policy.evaluateRemoval(path).allowed() || isGranted(policy, path))
          .as("removing %s under %s, kept %s", path, rules, kept)
          .isTrue();
    }
  }

  @Property
  void permissionsAndOwnersAreNeverChanged(
      @ForAll("rules") List<Rule> rules, @ForAll("paths") String path) {
    DedicatedUserPlan plan = compile(policy(rules, List.of()));
    for (int right : new int[] {AccessMask.WRITE_DAC, AccessMask.WRITE_OWNER}) {
      assertThat(plan.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, path, right)).isFalse();
    }
  }

  @Test
  void whatIsGrantedCanBeDeleted() {
    DedicatedUserPlan plan =
        compile(policy(List.of(new Rule("C:\\w\\a", Access.WRITE)), List.of()));
    assertThat(plan.letsDelete(PathStyle.WINDOWS, ACCOUNTS, OWNER, "C:\\w\\a\\file")).isTrue();
    assertThat(plan.letsDelete(PathStyle.WINDOWS, ACCOUNTS, OWNER, "C:\\w\\b")).isFalse();
  }

  @Test
  void theRootOfAnotherSandboxIsNotWritten() {
    DedicatedUserPlan other =
        compile(policy(List.of(new Rule("C:\\w\\b", Access.WRITE)), List.of()));
    DedicatedUserPlan own = compile(policy(List.of(new Rule("C:\\w\\a", Access.WRITE)), List.of()));
    List<RestrictedTokenPlan.Entry> both = new ArrayList<>(own.entries());
    both.addAll(other.entries());
    DedicatedUserPlan stale = new DedicatedUserPlan(own.roots(), both, List.of());
    assertThat(stale.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, "C:\\w\\a\\x", WRITE)).isTrue();
    assertThat(stale.lets(PathStyle.WINDOWS, ACCOUNTS, OWNER, "C:\\w\\b\\x", WRITE)).isFalse();
  }

  @Property
  void theComplementLeavesOutThosePortsAlone(
      @ForAll("ports") Set<Integer> open, @ForAll("port") int port) {
    boolean blocked = false;
    for (String range : FirewallRule.complement(new TreeSet<>(open)).split(",")) {
      if (!range.isEmpty()) {
        int dash = range.indexOf('-');
        int from = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
        int to = Integer.parseInt(range.substring(dash + 1));
        assertThat(from).isLessThanOrEqualTo(to);
        blocked |= from <= port && port <= to;
      }
    }
    assertThat(blocked).isEqualTo(!open.contains(port));
  }

  @Provide
  Arbitrary<Integer> port() {
    return Arbitraries.oneOf(
        Arbitraries.of(1, 2, 3, 65_534, 65_535), Arbitraries.integers().between(1, 65_535));
  }

  @Provide
  Arbitrary<Set<Integer>> ports() {
    return port().set().ofMaxSize(6);
  }

  @Test
  void theNetworkIsClosedWidestFirst() {
    List<FirewallRule> rules = compile(policy(List.of(), List.of())).firewall();
    assertThat(rules).hasSize(4);
    assertThat(rules.get(0).protocol()).isEqualTo(FirewallRule.ANY);
    assertThat(rules.get(0).remotePorts()).isEmpty();
    assertThat(rules.get(3).remotePorts()).isEqualTo(Optional.of("1-43127,43136-65535"));
    assertThat(rules)
        .allMatch(rule -> rule.authorizedUsers().equals("O:LSD:(A;;CC;;;S-1-5-21-1-1-1-2001)"));
    SandboxPolicy open = SandboxPolicy.builder().network(NetworkMode.FULL).build();
    assertThat(compile(open.in(PLACES)).firewall()).isEmpty();
  }

  @Test
  void itCanBeExplained() {
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
