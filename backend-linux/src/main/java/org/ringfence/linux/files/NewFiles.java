package org.ringfence.linux.files;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_APPEND;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_CREAT;
import static org.ringfence.linux.bind.Constants.O_EXCL;
import static org.ringfence.linux.bind.Constants.O_NOCTTY;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.DescriptorNames;
import org.ringfence.linux.path.NameDecisions;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.CallerUmasks;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;

/** Makes the files that sandboxed threads open with {@code O_CREAT}. */
final class NewFiles {
  private static final int MOST_ACCEPTED = 256;

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  private final EffectivePolicy policy;
  private final NameDecisions decisions;
  private final CallerUmasks umasks;
  private final int noFollow;
  // Flags that this kernel accepts together.
  private final Set<Integer> accepted = ConcurrentHashMap.newKeySet();

  NewFiles(FileSetting setting, NameDecisions decisions, int noFollow) {
    this.kernel = setting.kernel();
    this.child = new TargetMemory(kernel);
    this.paths = setting.paths();
    this.policy = setting.view().policy();
    this.decisions = decisions;
    this.umasks = setting.umasks();
    this.noFollow = noFollow;
  }

  /** What {@link #make} has come to. */
  sealed interface Outcome {
    /** The call has been answered. */
    record Made() implements Outcome {}

    /** Something is there: at this entry, which the receiver closes. */
    record There(Entry entry) implements Outcome {}

    /** Nothing is made: the values read may belong to another caller. */
    record Open() implements Outcome {}
  }

  /**
   * Makes a file that the policy allows at an ordinary name, if none is there yet, in as few steps
   * as decide it. All else is answered the long way, errors and refusals included.
   */
  Outcome make(SyscallNotification call, int directory, byte[] name, int flags, int mode) {
    // A file that is appended to is there more often than not.
    boolean likely = (flags & (O_CREAT | O_APPEND)) == O_CREAT && name.length > 0;
    if (!likely
        || name[name.length - 1] == '/'
        || DescriptorNames.number(call.tid(), name) >= 0
        || !areFlags(flags)) {
      return new Outcome.Open();
    }
    Entry entry = null;
    long opened = -1;
    boolean handedOn = false;
    try {
      entry = paths.entry(call.tid(), directory, name);
      decisions.tree().lock();
      try {
        if (entry.special() || !isFree(entry)) {
          return new Outcome.Open();
        }
        opened = makeAt(entry, flags, mode & 07777 & ~umasks.of(call));
      } finally {
        decisions.tree().unlock();
      }
      if (opened >= 0) {
        call.resultDescriptor((int) opened, (flags & O_CLOEXEC) != 0 ? O_CLOEXEC : 0);
        return new Outcome.Made();
      }
      handedOn = opened == -Errno.EEXIST.value() && (flags & O_EXCL) == 0;
      return handedOn ? new Outcome.There(entry) : new Outcome.Open();
    } catch (AccessException e) {
      return new Outcome.Open();
    } finally {
      paths.places().close(entry == null || handedOn ? -1 : entry.directory());
      // The answer has been given by now.
      paths.places().close(paths.places().opened((int) opened));
    }
  }

  /** Returns whether the policy, without any exception of it, allows a new file at an entry. */
  private boolean isFree(Entry entry) throws AccessException {
    String path = decisions.pathOf(entry);
    return path.isEmpty()
        || policy.evaluate(path, Operation.WRITE).allowed()
            && decisions.git().made(entry, path, false).allowed()
            && decisions.git().direct(entry, path).allowed();
  }

  /**
   * Makes a file at an entry that is not there yet.
   *
   * @return its descriptor, or a negated error number
   */
  long makeAt(Entry entry, int flags, int mode) {
    int exclusive = flags | O_CREAT | O_EXCL | noFollow | O_CLOEXEC | O_NOCTTY;
    return decisions.withName(
        entry, at -> kernel.call(Syscall.OPENAT, entry.directory(), at, exclusive, mode));
  }

  /** Returns whether this kernel accepts the flags together: it checks them before names. */
  boolean areFlags(int flags) {
    if (accepted.contains(flags)) {
      return true;
    }
    boolean are = kernelAccepts(flags);
    if (are && accepted.size() < MOST_ACCEPTED) {
      accepted.add(flags);
    }
    return are;
  }

  private boolean kernelAccepts(int flags) {
    try (NativeBlock block = new NativeBlock(16)) {
      long result = kernel.call(Syscall.OPENAT, AT_FDCWD, block.allocate(1), flags, 0);
      return result != -Errno.EINVAL.value();
    }
  }
}
