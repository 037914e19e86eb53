package org.ringfence.policy;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.event.Violation;

/**
 * Works out from denials what a policy would have to grant so that they do not happen again: no
 * more than the files named, or the directory where names are made or removed. What protects
 * (protected names and paths, deny globs, rules that deny) is never proposed away.
 */
public final class PolicyProposal {
  private static final Set<String> ON_DIRECTORY =
      Set.of(
          "create",
          "mkdir",
          "mkdirat",
          "mknod",
          "mknodat",
          "symlink",
          "symlinkat",
          "link",
          "linkat",
          "rename",
          "renameat",
          "renameat2",
          "unlink",
          "unlinkat",
          "rmdir");

  private final SandboxPolicy.Builder builder;
  private final EffectivePolicy before;
  private final Set<String> refused = new LinkedHashSet<>();
  private boolean changed;

  private PolicyProposal(EffectivePolicy before) {
    this.before = before;
    this.builder = before.policy().toBuilder().layer();
  }

  /**
   * Proposes a policy.
   *
   * @param before the policy under which the denials happened
   * @param denials the denials
   * @return the proposal
   */
  public static PolicyProposal after(EffectivePolicy before, Collection<Violation> denials) {
    PolicyProposal proposal = new PolicyProposal(before);
    denials.forEach(proposal::add);
    return proposal;
  }

  private void add(Violation denial) {
    String rule = denial.rule();
    if (rule.startsWith("files.default")
        || rule.startsWith("files.rules") && !rule.endsWith(": none")) {
      grant(denial);
    } else if (denial.remedy().startsWith("network.unixSockets ")) {
      builder.unixSocket(denial.target());
      changed = true;
    } else if (denial.remedy().startsWith("network.allow ")
        && before.policy().network().mode() == NetworkMode.ALLOWLIST) {
      builder.allowHost(denial.remedy().substring("network.allow ".length()));
      changed = true;
    } else if (denial.remedy().startsWith("network.hostLoopbackPorts ")) {
      String port = denial.remedy().substring("network.hostLoopbackPorts ".length());
      builder.hostLoopbackPort(Integer.parseInt(port));
      changed = true;
    } else {
      refused.add(denial.operation() + " " + denial.target() + " (" + rule + ")");
    }
  }

  private void grant(Violation denial) {
    boolean reads = denial.remedy().endsWith("\"read\"");
    Path path = Path.of(denial.target());
    boolean onDirectory =
        !reads
            && (ON_DIRECTORY.contains(denial.operation())
                || !Files.exists(path, LinkOption.NOFOLLOW_LINKS));
    Path granted = path;
    while (onDirectory
        && granted.getParent() != null
        && (granted == path || !Files.isDirectory(granted))) {
      granted = granted.getParent();
    }
    if (granted.getNameCount() == 0) {
      refused.add(denial.operation() + " " + denial.target() + " (it would grant everything)");
      return;
    }
    Operation operation = reads ? Operation.READ : Operation.WRITE;
    String named = named(granted);
    boolean alreadyThere =
        builder.build().in(before.places()).check(granted.toString(), operation).allowed();
    if (!alreadyThere) {
      builder.layer();
      builder.rule(named, reads ? Access.READ : Access.WRITE, MissingPath.SKIP);
      changed = true;
    }
  }

  /** By the special that it lies below, so that the policy is good for other places as well. */
  private String named(Path path) {
    for (String[] special :
        new String[][] {
          {before.places().workspace(), ":workspace"}, {before.places().home(), ":home"}
        }) {
      if (special[0].isEmpty()) {
        continue;
      }
      Path base = Path.of(before.places().real(special[0]));
      if (base.getNameCount() > 0 && path.startsWith(base)) {
        String rest = base.relativize(path).toString();
        return rest.isEmpty() ? special[1] : special[1] + "/" + rest;
      }
    }
    return path.toString();
  }

  /**
   * The proposed policy.
   *
   * @return the policy
   */
  public SandboxPolicy policy() {
    return builder.build();
  }

  /**
   * Whether it grants more than the policy before.
   *
   * @return true if it does
   */
  public boolean changed() {
    return changed;
  }

  /**
   * Denials that no proposal takes away.
   *
   * @return them, for people
   */
  public List<String> refused() {
    return List.copyOf(refused);
  }
}
