package org.ringfence.linux.path;

import static org.ringfence.linux.bind.Constants.AT_SYMLINK_NOFOLLOW;
import static org.ringfence.linux.bind.Constants.S_IFMT;

import java.util.function.Consumer;
import java.util.function.Function;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.DenialEvents;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Reads names, and decides on the paths that they resolve to. It reports each refusal with its
 * rule.
 */
public final class NameDecisions {
  // linux/fcntl.h: an entry is looked at without mounting what belongs there.
  private static final int AT_NO_AUTOMOUNT = 0x800;

  private final Kernel kernel;
  private final TreeLock tree;
  private final TargetMemory child;
  private final PathResolver paths;
  private final FileView view;
  private final EffectivePolicy policy;
  private final Consumer<Violation> denied;
  private final GitDirectories git;

  public NameDecisions(
      Kernel kernel, PathResolver paths, FileView view, Consumer<Violation> denied) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.paths = paths;
    this.view = view;
    this.policy = view.policy();
    this.denied = denied;
    this.tree = new TreeLock(kernel, paths);
    this.git = new GitDirectories(kernel, paths, view, tree);
  }

  public GitDirectories git() {
    return git;
  }

  /** Returns the lock over a decision on a name's surroundings and the action that follows. */
  public TreeLock tree() {
    return tree;
  }

  /** Reads once the name that an argument of a waiting thread points to. */
  public byte[] name(SyscallNotification call, int argument) throws AccessException {
    byte[] name = child.string(call.tid(), call.argument(argument));
    if (!call.alive()) {
      throw new AccessException(-Errno.EINTR.value());
    }
    return name;
  }

  /** Makes a call with an entry's name as it was given, for the kernel's own errors. */
  public long withName(Entry entry, Function<Long, Long> action) {
    try (NativeBlock block = new NativeBlock(entry.given().length + 64L)) {
      long at = block.allocate(entry.given().length + 1L);
      block.setBytes(at, entry.given());
      return action.apply(at);
    }
  }

  /** Returns the path that the policy decides on; empty when it is the sandbox's own. */
  public String pathOf(Entry entry) throws AccessException {
    return view.policyPath(entry.pathIn(paths));
  }

  /** Answers the call when the policy refuses it; otherwise returns true. */
  public boolean permitted(
      String operation, SyscallNotification call, String path, Operation asked) {
    if (path.isEmpty() || heldByMounts(path, asked)) {
      return true;
    }
    if (report(operation, call, path, asked, policy.evaluate(path, asked))) {
      return true;
    }
    call.fail(Errno.EACCES);
    return false;
  }

  /**
   * Returns whether the mounts already hide a path: a minimal view shows no path without a rule,
   * except the way to paths with one.
   */
  private boolean heldByMounts(String path, Operation asked) {
    return asked == Operation.READ
        && view.ownDevices()
        && policy.policy().denyGlobs().isEmpty()
        && policy.evaluate(path, asked).reason() instanceof Reason.Default;
  }

  /** Answers the call when a decision refuses it; otherwise returns true. */
  public boolean permitted(
      String operation, SyscallNotification call, String path, Decision decision) {
    if (path.isEmpty() || report(operation, call, path, Operation.WRITE, decision)) {
      return true;
    }
    call.fail(Errno.EACCES);
    return false;
  }

  /** Throws the error that the call returns when the policy refuses it. */
  public void demand(String operation, SyscallNotification call, String path, Decision decision)
      throws AccessException {
    if (!path.isEmpty() && !report(operation, call, path, Operation.WRITE, decision)) {
      throw new AccessException(-Errno.EACCES.value());
    }
  }

  /** Throws it for an existing object, if it lies in a git directory. */
  public void demandInGit(String operation, SyscallNotification call, String seen, String path)
      throws AccessException {
    demand(operation, call, path, git.written(call.tid(), seen, path));
  }

  private boolean report(
      String operation, SyscallNotification call, String path, Operation asked, Decision decision) {
    // What was read by the number of a thread that is gone says nothing about the sandbox.
    if (!decision.allowed() && call.alive()) {
      denied.accept(DenialEvents.certain(child, operation, path, call.tid(), decision));
    }
    return decision.allowed();
  }

  public boolean isThere(Entry entry) {
    return kindOf(entry) != 0;
  }

  /** Returns the type of the object that an entry names, 0 for none. */
  public int kindOf(Entry entry) {
    try (NativeBlock block = new NativeBlock(entry.name().length + 320L)) {
      long name = block.allocate(entry.name().length + 1L);
      block.setBytes(name, entry.name());
      long statx = block.allocate(256);
      // STATX_TYPE is 1; stx_mode lies at 28 in struct statx (linux/stat.h).
      long result =
          kernel.call(
              Syscall.STATX,
              entry.directory(),
              name,
              AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
              1,
              statx,
              0);
      return result < 0 ? 0 : block.getShort(statx + 28) & S_IFMT;
    }
  }
}
