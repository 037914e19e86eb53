package org.ringfence.windows.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;

/**
 * The plan for a dedicated account. Access needs an entry for its group; writing needs one for the
 * SID of the writable root as well. Without an entry it neither reads, changes nor deletes a user's
 * file, not even through a directory, nor a root of another sandbox.
 *
 * @param roots the SID of each writable root
 * @param entries the entries to add to the list of each path, in order
 * @param firewall the rules that close the network; empty when the policy opens it
 */
public record DedicatedUserPlan(
    Map<String, Sid> roots, List<Entry> entries, List<FirewallRule> firewall) {
  private static final int ALL_BUT_LOOKING =
      GenericMapping.FILE.all() & ~AccessMask.SYNCHRONIZE & ~AccessMask.READ_CONTROL;

  /**
   * The accounts of a machine.
   *
   * @param group the group of both users
   * @param offline the user without a network
   * @param online the user with one
   * @param client their names, and the loopback ports at which the offline user reaches proxies
   */
  public record Accounts(Sid group, Sid offline, Sid online, ClientAccounts client) {}

  /** Copies the parts. */
  public DedicatedUserPlan {
    roots = Map.copyOf(roots);
    entries = List.copyOf(entries);
    firewall = List.copyOf(firewall);
  }

  /**
   * Compiles a policy.
   *
   * @param policy the policy
   * @param secret the installation's secret, from which the roots' SIDs come
   * @param accounts the accounts
   * @return the plan
   */
  public static DedicatedUserPlan compile(
      EffectivePolicy policy, byte[] secret, Accounts accounts) {
    RestrictedTokenPlan token = RestrictedTokenPlan.compile(policy, secret);
    List<Entry> entries = new ArrayList<>();
    for (Entry entry : token.entries()) {
      // A deny entry for a root's SID becomes one for the group, which is checked for reading, too.
      if (entry.ace().type() == Ace.Type.ALLOW) {
        entries.add(entry);
      }
    }
    for (EffectiveRule rule : policy.rules()) {
      if (policy.accessAt(rule.path()) != rule.access()) {
        // A stricter rule for the same path has won.
        continue;
      }
      Access access = RestrictedTokenPlan.accessOf(policy, rule);
      for (Ace ace : aces(access, accounts.group())) {
        entries.add(new Entry(rule.path(), ace, rule.origin()));
      }
    }
    for (String path : policy.protectedPaths()) {
      entries.add(
          new Entry(
              path,
              tree(Ace.Type.DENY, accounts.group(), AccessMask.CHANGES),
              "files.protectedPaths",
              true));
    }
    entries.addAll(ImmovableDirectories.entries(policy, accounts.group()));
    boolean closed = policy.policy().network().mode() != NetworkMode.FULL;
    // For the user itself: entries for the group tell which files other sandboxes read.
    entries.addAll(
        ParentDirectories.entries(policy, closed ? accounts.offline() : accounts.online()));
    return new DedicatedUserPlan(
        token.roots(),
        entries,
        closed
            ? FirewallRule.closing(
                accounts.client().id(), accounts.offline(), accounts.client().ports())
            : List.of());
  }

  private static List<Ace> aces(Access access, Sid group) {
    int reading = GenericMapping.FILE.read() | GenericMapping.FILE.execute();
    return switch (access) {
      case WRITE -> List.of(tree(Ace.Type.ALLOW, group, AccessMask.MODIFY));
      case READ ->
          List.of(
              tree(Ace.Type.DENY, group, AccessMask.CHANGES), tree(Ace.Type.ALLOW, group, reading));
      case NONE -> List.of(tree(Ace.Type.DENY, group, ALL_BUT_LOOKING));
    };
  }

  private static Ace tree(Ace.Type type, Sid sid, int mask) {
    return new Ace(type, sid, mask, Ace.Scope.TREE);
  }

  /**
   * Predicts, using the model of the access check, the account's rights to a user's path.
   *
   * @param style how paths are written
   * @param accounts the accounts
   * @param owner the owner of the files
   * @param path the path
   * @param right the requested rights
   * @return true if they are granted
   */
  public boolean lets(PathStyle style, Accounts accounts, Sid owner, String path, int right) {
    return AccessCheck.check(
            token(accounts),
            file(style, owner, InheritedEntries.keys(style, path)),
            GenericMapping.FILE,
            right)
        .allowed();
  }

  /**
   * Predicts, using the model of the access check, whether the account may delete or move a user's
   * path.
   *
   * @param style how paths are written
   * @param accounts the accounts
   * @param owner the owner of the files
   * @param path the path
   * @return true if it may
   */
  public boolean letsDelete(PathStyle style, Accounts accounts, Sid owner, String path) {
    List<String> parts = InheritedEntries.keys(style, path);
    List<String> above = parts.subList(0, Math.max(0, parts.size() - 1));
    return AccessCheck.mayDelete(
        token(accounts), file(style, owner, parts), file(style, owner, above));
  }

  private SecurityDescriptor file(PathStyle style, Sid owner, List<String> parts) {
    Ace own = tree(Ace.Type.ALLOW, owner, GenericMapping.FILE.all());
    List<Ace> aces = new InheritedEntries(style, entries).at(parts, own);
    return new SecurityDescriptor(owner, Optional.of(aces), Optional.empty());
  }

  /**
   * Returns the usual token of commands, {@link AccountToken#OWN_SID}.
   *
   * @param accounts the accounts
   * @return the token of the offline user
   */
  public AccessToken token(Accounts accounts) {
    Set<Sid> restricting = new HashSet<>(roots.values());
    restricting.add(accounts.offline());
    return AccessToken.of(
            accounts.offline(),
            Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS, accounts.group()))
        .restricted(restricting, true);
  }

  /**
   * Describes entries and rules.
   *
   * @param accounts the accounts
   * @return text for people
   */
  public String describe(Accounts accounts) {
    StringBuilder text = new StringBuilder();
    text.append("user ")
        .append(firewall.isEmpty() ? accounts.online() : accounts.offline())
        .append(" of group ")
        .append(accounts.group())
        .append(", write-restricted, SeChangeNotify alone\n");
    new java.util.TreeMap<>(roots)
        .forEach(
            (root, sid) ->
                text.append("restricting SID ")
                    .append(sid)
                    .append(" for ")
                    .append(root)
                    .append('\n'));
    for (Entry entry : entries) {
      text.append(entry.path())
          .append("  ")
          .append(entry.ace())
          .append("  from ")
          .append(entry.origin())
          .append('\n');
    }
    firewall.forEach(rule -> text.append(rule).append('\n'));
    return text.toString();
  }
}
