package org.ringfence.policy.proposal;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.ringfence.event.Remedy;
import org.ringfence.event.Violation;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.SecretPlaces;
import org.ringfence.policy.tree.DirectoryTrees;
import org.ringfence.policy.tree.SharedDirectories;
import org.ringfence.policy.value.HostPattern;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.policy.value.ListedName;
import org.ringfence.text.Printable;

/**
 * Derives from denials the grants that would prevent them: only the denied files, or in the
 * workspace the directory where names are created or removed. With consent it grants the directory
 * in which many denied files lie.
 *
 * <p>By itself it grants reading except of secrets, writing in the workspace and in caches of
 * presets, and hosts where the policy has an allowlist. It never weakens a protection (protected
 * names and paths, deny globs, deny rules), and never grants a place from which code runs later.
 * Other grants need consent.
 */
public final class PolicyProposal {
  /**
   * A grant of a proposal.
   *
   * @param what the grant in policy form: {@code write :workspace/out}, a path with the escapes of
   *     {@link Printable#name}
   * @param path the real path, empty if it is not about a file
   * @param denial the denial that needs it; one of them where it is for several
   * @param files the number of files that need it
   */
  public record Grant(String what, String path, Violation denial, int files) {
    /**
     * A grant for one denial.
     *
     * @param what the grant in policy form
     * @param path the real path, empty if it is not about a file
     * @param denial the denial that needs it
     */
    public Grant(String what, String path, Violation denial) {
      this(what, path, denial, 1);
    }

    /**
     * Returns whether this is the grant of a directory because many files in it were denied.
     *
     * @return true for such a directory
     */
    public boolean isTree() {
      return files > 1;
    }

    /**
     * Returns whether it grants reading a path.
     *
     * @return true if it grants reading and no more
     */
    public boolean isReading() {
      return what.startsWith(Access.READ.word() + " ");
    }
  }

  /**
   * A denial that a proposal does not prevent.
   *
   * @param denial the denial
   * @param reason why it is not granted
   */
  public record Refusal(Violation denial, String reason) {}

  private static final String SERVICE = "the service there acts outside the sandbox";

  private static final String UNNAMEABLE =
      "no rule can name it, because of a character in its name; a rule for a directory above can";

  /** The number of files from which on a proposal asks for their directory. */
  private static final int MANY = 5;

  private final PolicyBuilder builder;
  private final EffectivePolicy before;
  private final WriteBounds bounds;
  private final SecretPlaces secrets;
  private final Predicate<Grant> consent;
  private final List<Grant> granted = new ArrayList<>();
  private final Set<Refusal> refused = new LinkedHashSet<>();
  private final Map<Path, Path> treesOfWritten = new LinkedHashMap<>();

  private PolicyProposal(
      EffectivePolicy before, Collection<SandboxPolicy> presets, Predicate<Grant> consent) {
    this.before = before;
    this.bounds = new WriteBounds(before, presets);
    this.secrets = SecretPlaces.of(before.places());
    this.consent = consent;
    this.builder = before.policy().toBuilder().layer();
  }

  /**
   * Proposes a policy.
   *
   * @param before the policy under which the denials happened
   * @param denials the denials
   * @param earlier the grants of proposals that led to that policy
   * @param presets policies whose caches may be granted
   * @param consent decides on grants that need consent
   * @return the proposal
   */
  public static PolicyProposal after(
      EffectivePolicy before,
      Collection<Violation> denials,
      Collection<Grant> earlier,
      Collection<SandboxPolicy> presets,
      Predicate<Grant> consent) {
    PolicyProposal proposal = new PolicyProposal(before, presets, consent);
    proposal.addTrees(denials, earlier);
    denials.forEach(proposal::add);
    return proposal;
  }

  private void addTrees(Collection<Violation> denials, Collection<Grant> earlier) {
    SharedDirectories shared = bounds.sharedDirectories();
    for (Access access : List.of(Access.READ, Access.WRITE)) {
      Map<Path, Violation> denied = new LinkedHashMap<>();
      for (Violation denial : denials) {
        if (access == wanted(denial)) {
          String path = before.places().real(denial.target());
          if (access == Access.READ ? mayRead(path) : bounds.mayWriteInTree(path)) {
            denied.putIfAbsent(Path.of(path), denial);
          }
        }
      }
      Set<Path> all = new LinkedHashSet<>(denied.keySet());
      earlier.stream()
          .filter(grant -> !grant.path().isEmpty() && grant.isReading() == (access == Access.READ))
          .forEach(grant -> all.add(Path.of(grant.path())));
      Predicate<Path> acceptable =
          directory ->
              !shared.contains(directory)
                  && isNameable(directory.toString())
                  && (access == Access.READ
                      ? mayRead(directory.toString())
                      : !shared.isOfSystem(directory)
                          && bounds.mayWriteInTree(directory.toString()));
      new DirectoryTrees(MANY, acceptable)
          .of(all)
          .forEach((directory, files) -> addTree(directory, files, access, denied));
    }
  }

  private void addTree(
      Path directory, List<Path> files, Access access, Map<Path, Violation> denied) {
    Violation denial =
        files.stream().filter(denied::containsKey).map(denied::get).findFirst().orElse(null);
    String path = directory.toString();
    if (denial == null) {
      return;
    }
    Grant grant = new Grant(text(access, path), path, denial, files.size());
    if (consent.test(grant)) {
      granted.add(grant);
      builder.layer();
      builder.rule(named(path), access, MissingPath.SKIP);
    } else if (access == Access.WRITE) {
      files.forEach(file -> treesOfWritten.put(file, directory));
    }
  }

  /** Returns the access to a file that would prevent a denial; null if none would. */
  private static Access wanted(Violation denial) {
    Reason reason = denial.reason();
    Operation asked =
        reason instanceof Reason.Default byDefault
            ? byDefault.asked()
            : reason instanceof Reason.Rule rule && rule.access() != Access.NONE
                ? rule.asked()
                : null;
    return asked == null ? null : asked == Operation.READ ? Access.READ : Access.WRITE;
  }

  private boolean mayRead(String path) {
    return secrets.over(path) == null
        && Files.exists(Path.of(path), LinkOption.NOFOLLOW_LINKS)
        && Path.of(path).getNameCount() > 0
        && isNameable(path)
        && !opensSecrets(path);
  }

  private void add(Violation denial) {
    Reason reason = denial.reason();
    Access wanted = wanted(denial);
    if (wanted == Access.READ) {
      read(denial);
    } else if (wanted == Access.WRITE) {
      write(denial);
    } else if (reason instanceof Reason.UnixSocket socket && !socket.path().isEmpty()) {
      Grant grant = new Grant("network.unixSockets " + Printable.name(socket.path()), "", denial);
      if (asked(grant, SERVICE)) {
        builder.unixSocket(socket.path());
      }
    } else if (reason instanceof Reason.ForeignLoopback loopback) {
      Grant grant = new Grant("network.hostLoopbackPorts " + loopback.port(), "", denial);
      if (asked(grant, SERVICE)) {
        builder.hostLoopbackPort(loopback.port());
      }
    } else if (reason instanceof Reason.Unlisted unlisted
        && denial.remedy() instanceof Remedy.AllowHost host) {
      Grant grant = new Grant("network.allow " + host.pattern(), "", denial);
      // The command itself can send a question for "localhost" to the sandbox's name server.
      if (!HostPattern.isNear(unlisted.host())) {
        granted.add(grant);
        builder.allowHost(host.pattern());
      } else if (asked(grant, SERVICE)) {
        builder.allowHost(host.pattern());
      }
    } else {
      refuse(denial, reason.text());
    }
  }

  private void refuse(Violation denial, String reason) {
    refused.add(new Refusal(denial, reason));
  }

  private boolean asked(Grant grant, String reason) {
    if (!consent.test(grant)) {
      refuse(grant.denial(), reason);
      return false;
    }
    granted.add(grant);
    return true;
  }

  private void read(Violation denial) {
    String path = before.places().real(denial.target());
    ListedName secret = secrets.over(path);
    if (secret != null) {
      refuse(denial, "~/" + secret.text() + " holds secrets: " + secret.what());
    } else if (!Files.exists(Path.of(path), LinkOption.NOFOLLOW_LINKS)) {
      refuse(denial, "nothing is there");
    } else if (Path.of(path).getNameCount() == 0) {
      refuse(denial, "it would grant everything");
    } else if (!isNameable(path)) {
      refuse(denial, UNNAMEABLE);
    } else if (opensSecrets(path)) {
      refuse(denial, "secrets lie below; with the preset no-credentials it can be granted");
    } else {
      grant(denial, path, Access.READ);
    }
  }

  private boolean opensSecrets(String path) {
    EffectivePolicy with = with(path, Access.READ);
    return secrets.below(path).stream()
        .anyMatch(place -> with.evaluate(place, Operation.READ).allowed());
  }

  /** Returns whether a rule can grant a path: some characters are patterns, or not allowed. */
  private boolean isNameable(String path) {
    try {
      SandboxPolicy.builder().rule(named(path), Access.READ, MissingPath.SKIP);
      with(named(path), Access.READ);
      return true;
    } catch (InvalidPolicyException e) {
      return false;
    }
  }

  private EffectivePolicy with(String path, Access access) {
    SandboxPolicy changed =
        builder.build().toBuilder().layer().rule(path, access, MissingPath.SKIP).build();
    return EffectivePolicy.of(changed, before.places());
  }

  private void write(Violation denial) {
    String path = before.places().real(denial.target());
    WriteBounds.Verdict verdict = bounds.judge(path);
    if (verdict instanceof WriteBounds.Never never) {
      refuse(denial, never.reason());
    } else if (verdict instanceof WriteBounds.Cache cache) {
      grant(denial, cache.path(), Access.WRITE);
    } else if (verdict instanceof WriteBounds.Workspace) {
      inWorkspace(denial, path);
    } else if (isGranted(denial, path)) {
      return;
    } else if (treesOfWritten.containsKey(Path.of(path))) {
      refuse(
          denial,
          "it lies outside the workspace; a rule that grants writing "
              + Printable.name(treesOfWritten.get(Path.of(path)).toString())
              + " would grant the directory of all of these");
    } else if (!Files.exists(Path.of(path), LinkOption.NOFOLLOW_LINKS) || denial.changesNames()) {
      refuse(denial, "only its directory could be granted, and that lies outside the workspace");
    } else if (!isNameable(path)) {
      refuse(denial, UNNAMEABLE);
    } else if (asked(
        new Grant(text(Access.WRITE, path), path, denial), "it lies outside the workspace")) {
      builder.layer();
      builder.rule(named(path), Access.WRITE, MissingPath.SKIP);
    }
  }

  /** Returns whether a grant for another denial prevents this one as well. */
  private boolean isGranted(Violation denial, String path) {
    return granted.stream()
            .filter(grant -> grant.isTree() || !denial.changesNames())
            .anyMatch(grant -> !grant.path().isEmpty() && Path.of(path).startsWith(grant.path()))
        && EffectivePolicy.of(builder.build(), before.places())
            .evaluate(path, Operation.WRITE)
            .allowed();
  }

  /**
   * Grants the file itself if it exists, else the directory that its name is added to or removed
   * from.
   */
  private void inWorkspace(Violation denial, String path) {
    Path granted = Path.of(path);
    if (denial.changesNames() || !Files.exists(granted, LinkOption.NOFOLLOW_LINKS)) {
      do {
        granted = granted.getParent();
      } while (!Files.isDirectory(granted, LinkOption.NOFOLLOW_LINKS));
      if (bounds.holdsListedNames(granted.toString())) {
        refuse(denial, "only its directory could be granted, in which code lies that runs later");
        return;
      }
    }
    grant(denial, granted.toString(), Access.WRITE);
  }

  private void grant(Violation denial, String path, Access access) {
    if (!isNameable(path)) {
      refuse(denial, UNNAMEABLE);
      return;
    }
    Operation operation = access == Access.READ ? Operation.READ : Operation.WRITE;
    if (!EffectivePolicy.of(builder.build(), before.places()).check(path, operation).allowed()) {
      builder.layer();
      builder.rule(named(path), access, MissingPath.SKIP);
      granted.add(new Grant(text(access, path), path, denial));
    }
  }

  private String text(Access access, String path) {
    return access.word() + " " + Printable.name(named(path));
  }

  /**
   * Returns a path named by the special above it, so that the policy works in other places as well.
   */
  private String named(String real) {
    Path path = Path.of(real);
    for (String[] special :
        new String[][] {
          {before.places().workspace(), ":workspace"}, {before.places().home(), ":home"}
        }) {
      Path base = Path.of(before.places().real(special[0]));
      if (base.getNameCount() > 0 && path.startsWith(base)) {
        String rest = base.relativize(path).toString();
        return rest.isEmpty() ? special[1] : special[1] + "/" + rest;
      }
    }
    return real;
  }

  /**
   * Returns the proposed policy.
   *
   * @return the policy
   */
  public SandboxPolicy policy() {
    return builder.build();
  }

  /**
   * Returns the additional grants.
   *
   * @return the grants
   */
  public List<Grant> granted() {
    return List.copyOf(granted);
  }

  /**
   * Returns the denials that it does not prevent.
   *
   * @return the denials, with the reasons
   */
  public List<Refusal> refused() {
    return List.copyOf(refused);
  }
}
