package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.S_IFMT;

import java.util.function.Consumer;
import java.util.function.Function;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.launch.PathObject.Entry;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.policy.Decision;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;

/**
 * Reads names, and decides on the paths that they turn out to be. What is refused is reported with
 * the rule that refused it.
 */
final class NameDecisions {
  private final TreeLock tree;
  private final Child child;
  private final PathObject paths;
  private final FileView view;
  private final EffectivePolicy policy;
  private final Consumer<Violation> denied;
  private final GitDirectories git;

  NameDecisions(Kernel kernel, PathObject paths, FileView view, Consumer<Violation> denied) {
    this.child = new Child(kernel);
    this.paths = paths;
    this.view = view;
    this.policy = view.policy();
    this.denied = denied;
    this.tree = new TreeLock(kernel, paths);
    this.git = new GitDirectories(kernel, paths, view, tree);
  }

  GitDirectories git() {
    return git;
  }

  /** Is held over a decision that looks at what lies around a name, and what is done then. */
  TreeLock tree() {
    return tree;
  }

  /** The name that an argument points to, read once, of a thread that still waits. */
  byte[] name(TrappedCall call, int argument) throws AccessException {
    byte[] name = child.string(call.tid(), call.argument(argument));
    if (!call.alive()) {
      throw new AccessException(-Errno.EINTR.value());
    }
    return name;
  }

  /** Makes a call with an entry's name as it was given, for the kernel's own errors. */
  long withName(Entry entry, Function<Long, Long> action) {
    try (NativeBlock block = new NativeBlock(entry.given().length + 64L)) {
      long at = block.allocate(entry.given().length + 1L);
      block.setBytes(at, entry.given());
      return action.apply(at);
    }
  }

  /** The path that the policy decides on; empty when it is the sandbox's own. */
  String pathOf(Entry entry) throws AccessException {
    return view.policyPath(entry.pathIn(paths));
  }

  /** Answers the call when the policy refuses it. */
  boolean permitted(String operation, TrappedCall call, String path, Operation asked) {
    if (path.isEmpty() || heldByMounts(path, asked)) {
      return true;
    }
    if (report(operation, call, path, asked, policy.evaluate(path, asked))) {
      return true;
    }
    call.fail(Errno.EACCES);
    return false;
  }

  /** What no rule speaks of is not mounted in a minimal view, but for the way to what is. */
  private boolean heldByMounts(String path, Operation asked) {
    return asked == Operation.READ
        && view.ownDevices()
        && policy.policy().denyGlobs().isEmpty()
        && policy.evaluate(path, asked).reason() instanceof Reason.Default;
  }

  /** Answers the call when a decision refuses it. */
  boolean permitted(String operation, TrappedCall call, String path, Decision decision) {
    if (path.isEmpty() || report(operation, call, path, Operation.WRITE, decision)) {
      return true;
    }
    call.fail(Errno.EACCES);
    return false;
  }

  /** Fails with the error that the call returns when the policy refuses it. */
  void demand(String operation, TrappedCall call, String path, Decision decision)
      throws AccessException {
    if (!path.isEmpty() && !report(operation, call, path, Operation.WRITE, decision)) {
      throw new AccessException(-Errno.EACCES.value());
    }
  }

  /** The same for an object that is there, if it lies in a git directory. */
  void demandInGit(String operation, TrappedCall call, String seen, String path)
      throws AccessException {
    demand(operation, call, path, git.changed(call.tid(), seen, path));
  }

  private boolean report(
      String operation, TrappedCall call, String path, Operation asked, Decision decision) {
    if (!decision.allowed()) {
      denied.accept(Denials.certain(child, operation, path, call.tid(), decision));
    }
    return decision.allowed();
  }

  boolean isThere(Entry entry) {
    return kindOf(entry) != 0;
  }

  /** The type of what an entry names, 0 when there is nothing. */
  int kindOf(Entry entry) {
    try {
      int object = paths.openBelowPlain(entry.directory(), entry.name());
      try {
        return paths.status(object).mode() & S_IFMT;
      } finally {
        child.close(object);
      }
    } catch (AccessException e) {
      return 0;
    }
  }
}
