package org.ringfence.windows.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Operation;
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

/**
 * The plan for a write-restricted token of the same user: a SID for each writable root, and the
 * entries that name it. Without an entry for one of them the token writes nothing, whatever the
 * user may do.
 *
 * @param roots the SID of each writable root
 * @param entries the entries to add to the list of each path, in order
 */
public record RestrictedTokenPlan(Map<String, Sid> roots, List<Entry> entries) {
  private static final Sid USER = new Sid("S-1-5-21-1-1-1-1001");
  private static final Sid LOGON = new Sid("S-1-5-5-0-1");

  /** The usual entry of a user's own file. */
  private static final Ace OWN =
      new Ace(Ace.Type.ALLOW, USER, GenericMapping.FILE.all(), Ace.Scope.TREE);

  /**
   * An entry to add to the list of a path.
   *
   * @param path the path
   * @param ace the entry
   * @param origin the rule that requires it
   * @param optional whether a missing path gets none: the plan reports that it does not protect
   *     missing paths
   */
  public record Entry(String path, Ace ace, String origin, boolean optional) {
    Entry(String path, Ace ace, String origin) {
      this(path, ace, origin, false);
    }
  }

  /** Copies the parts. */
  public RestrictedTokenPlan {
    roots = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(roots));
    entries = List.copyOf(entries);
  }

  /**
   * Compiles a policy.
   *
   * @param policy the policy
   * @param secret the installation's secret, from which the SIDs come
   * @return the plan
   */
  public static RestrictedTokenPlan compile(EffectivePolicy policy, byte[] secret) {
    Map<String, Sid> roots = new LinkedHashMap<>();
    List<Entry> entries = new ArrayList<>();
    PathStyle style = policy.places().style();
    for (EffectiveRule rule : inDepthOrder(policy, style)) {
      if (policy.accessAt(rule.path()) != rule.access()) {
        // A stricter rule for the same path has won.
        continue;
      }
      List<Sid> above = rootsAbove(roots, rule.path(), style);
      if (accessOf(policy, rule) == Access.WRITE) {
        // Below a denied place, a rule restores access for the surrounding roots.
        List<Sid> given = above;
        if (above.isEmpty()) {
          Sid sid = Sid.synthetic(secret, rule.path());
          roots.put(rule.path(), sid);
          given = List.of(sid);
        }
        for (Sid sid : given) {
          entries.add(entry(rule.path(), Ace.Type.ALLOW, sid, AccessMask.MODIFY, rule.origin()));
        }
      } else {
        for (Sid sid : above) {
          entries.add(entry(rule.path(), Ace.Type.DENY, sid, AccessMask.CHANGES, rule.origin()));
        }
      }
    }
    for (String path : policy.protectedPaths()) {
      for (Sid sid : rootsAbove(roots, path, style)) {
        entries.add(
            new Entry(
                path,
                new Ace(Ace.Type.DENY, sid, AccessMask.CHANGES, Ace.Scope.TREE),
                "files.protectedPaths",
                true));
      }
    }
    return new RestrictedTokenPlan(roots, entries);
  }

  /**
   * Returns the access that a rule grants under the protected paths above it: no rule grants
   * writing there, but an explicit entry would precede the inherited ones.
   */
  static Access accessOf(EffectivePolicy policy, EffectiveRule rule) {
    boolean kept =
        rule.access() == Access.WRITE && !policy.evaluate(rule.path(), Operation.WRITE).allowed();
    return kept ? Access.READ : rule.access();
  }

  private static List<EffectiveRule> inDepthOrder(EffectivePolicy policy, PathStyle style) {
    List<EffectiveRule> rules = new ArrayList<>(policy.rules());
    rules.sort(java.util.Comparator.comparing(rule -> style.components(rule.path()).size()));
    return rules;
  }

  private static Entry entry(String path, Ace.Type type, Sid sid, int mask, String origin) {
    return new Entry(path, new Ace(type, sid, mask, Ace.Scope.TREE), origin);
  }

  private static List<Sid> rootsAbove(Map<String, Sid> roots, String path, PathStyle style) {
    List<String> below = keys(path, style);
    List<Sid> above = new ArrayList<>();
    roots.forEach(
        (root, sid) -> {
          List<String> parts = keys(root, style);
          if (parts.size() <= below.size() && below.subList(0, parts.size()).equals(parts)) {
            above.add(sid);
          }
        });
    return above;
  }

  private static List<String> keys(String path, PathStyle style) {
    return InheritedEntries.keys(style, path);
  }

  /**
   * Returns the parts of a policy that this mode cannot enforce.
   *
   * @param policy the policy
   * @return a sentence each; the first is true of every policy
   */
  public static List<String> limits(EffectivePolicy policy) {
    List<String> limits = new ArrayList<>();
    limits.add(
        "files outside are deleted wherever their directory permits the user to delete its contents");
    if (policy.policy().fileDefault() == FileDefault.MINIMAL
        || policy.rules().stream().anyMatch(rule -> rule.access() == Access.NONE)) {
      limits.add("reading is not denied: restricting SIDs are asked about writing alone");
    }
    if (policy.policy().network().mode() != org.ringfence.policy.NetworkMode.FULL) {
      limits.add("the network is not denied: it asks for no right that a token could lack");
    }
    limits.add("memory of the user's other processes is read, and they are ended");
    return List.copyOf(limits);
  }

  /**
   * Describes the token, the entries, and their effect according to the model of the access check.
   *
   * @return text for people
   */
  public String describe() {
    StringBuilder text = new StringBuilder("token: write-restricted, SeChangeNotify alone\n");
    roots.forEach(
        (root, sid) ->
            text.append("restricting SID ").append(sid).append(" for ").append(root).append('\n'));
    for (Entry entry : entries) {
      text.append(entry.path())
          .append("  ")
          .append(entry.ace())
          .append("  from ")
          .append(entry.origin())
          .append('\n');
    }
    text.append("by the model of the access check, for a file of the user's:\n");
    AccessToken token = token();
    rights(text, "outside every root", token, SecurityDescriptor.of(USER, OWN));
    roots.forEach(
        (root, sid) ->
            rights(
                text,
                "below " + root,
                token,
                SecurityDescriptor.of(
                    USER, new Ace(Ace.Type.ALLOW, sid, AccessMask.MODIFY, Ace.Scope.TREE), OWN)));
    return text.toString();
  }

  private static void rights(
      StringBuilder text, String where, AccessToken token, SecurityDescriptor file) {
    StringJoiner allowed = new StringJoiner(", ", "  " + where + ": ", "\n");
    rights(token, file, file)
        .forEach(
            (name, let) -> {
              if (let) {
                allowed.add(name);
              }
            });
    text.append(allowed);
  }

  private static Map<String, Boolean> rights(
      AccessToken token, SecurityDescriptor file, SecurityDescriptor directory) {
    Map<String, Integer> asked = new LinkedHashMap<>();
    asked.put("read", GenericMapping.FILE.read());
    asked.put("write", GenericMapping.FILE.write());
    asked.put("change permissions", AccessMask.WRITE_DAC);
    Map<String, Boolean> rights = new LinkedHashMap<>();
    asked.forEach(
        (name, mask) ->
            rights.put(name, AccessCheck.check(token, file, GenericMapping.FILE, mask).allowed()));
    rights.put("delete", AccessCheck.mayDelete(token, file, directory));
    return rights;
  }

  /**
   * Predicts, using the model of the access check, the token's operations on a user's file in a
   * user's directory.
   *
   * @param style how paths are written
   * @param path the file
   * @return operation to whether it is permitted
   */
  public Map<String, Boolean> permitted(PathStyle style, String path) {
    InheritedEntries inherited = new InheritedEntries(style, entries);
    List<String> parts = keys(path, style);
    List<String> above = parts.subList(0, Math.max(0, parts.size() - 1));
    return rights(token(), ofUser(inherited.at(parts, OWN)), ofUser(inherited.at(above, OWN)));
  }

  private static SecurityDescriptor ofUser(List<Ace> aces) {
    return SecurityDescriptor.of(USER, aces.toArray(new Ace[0]));
  }

  private AccessToken token() {
    return AccessToken.of(USER, Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS, LOGON))
        .restricted(Set.copyOf(roots.values()), true);
  }
}
