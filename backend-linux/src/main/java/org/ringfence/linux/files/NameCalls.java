package org.ringfence.linux.files;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.AT_REMOVEDIR;
import static org.ringfence.linux.bind.Constants.AT_SYMLINK_FOLLOW;
import static org.ringfence.linux.bind.Constants.O_CREAT;
import static org.ringfence.linux.bind.Constants.O_TRUNC;
import static org.ringfence.linux.bind.Constants.O_WRONLY;
import static org.ringfence.linux.bind.Constants.SIGXFSZ;
import static org.ringfence.linux.bind.Constants.S_IFDIR;
import static org.ringfence.linux.bind.Constants.S_IFIFO;
import static org.ringfence.linux.bind.Constants.S_IFLNK;
import static org.ringfence.linux.bind.Constants.S_IFMT;
import static org.ringfence.linux.bind.Constants.S_IFREG;
import static org.ringfence.linux.bind.Constants.S_IFSOCK;

import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.git.GitGuard;
import org.ringfence.linux.path.GitPlaces.Place;
import org.ringfence.linux.path.NameDecisions;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.path.PathResolver.Named;
import org.ringfence.linux.path.TreeLock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.DenialEvents;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.task.CallerUmasks;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Creates, replaces, removes and opens the objects that sandboxed threads name. Neither Landlock
 * nor a mount can deny a new name in a writable directory. So the supervisor reads each name once,
 * resolves it to a descriptor once, decides on it, and uses that descriptor. The thread gets the
 * result, and can change nothing in between.
 *
 * <p>Runs on the supervisor's thread, whose own umask is 0.
 */
public final class NameCalls {
  private static final int RENAME_EXCHANGE = 2;
  private static final Decision PERMITTED =
      Decision.allow(new Reason.NothingAgainst("git's own change"));

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  private final EffectivePolicy policy;
  private final FileView view;
  private final Supervision supervision;
  private final OwnSockets sockets;
  private final Consumer<Violation> denied;
  private final NameDecisions decisions;
  private final GitGuard guard;
  private final OpenCalls opens;
  private final CallerUmasks umasks;

  public NameCalls(
      FileSetting setting, Supervision supervision, OwnSockets sockets, NameDecisions decisions) {
    this.kernel = setting.kernel();
    this.child = new TargetMemory(kernel);
    this.paths = setting.paths();
    this.policy = setting.view().policy();
    this.view = setting.view();
    this.supervision = supervision;
    this.sockets = sockets;
    this.denied = setting.denied();
    this.umasks = setting.umasks();
    this.decisions = decisions;
    this.guard = new GitGuard(kernel, paths, view, decisions);
    this.opens = new OpenCalls(setting, supervision, decisions, guard);
  }

  /** Returns the guard that permits git's own changes of protected names. */
  public GitGuard guard() {
    return guard;
  }

  /** Returns the lock that calls hold to change names or modes. */
  public TreeLock tree() {
    return decisions.tree();
  }

  /**
   * Answers the request for a terminal through its other end, the one ioctl that this class
   * answers.
   */
  public void answerPeer(SyscallNotification call) {
    paths.terminals().answerPeer(paths, call);
  }

  public void answer(Syscall syscall, SyscallNotification call) {
    try {
      dispatch(syscall, call);
    } catch (AccessException e) {
      DenialEvents.tell(denied, child, call, syscall, e);
      call.result(e.result());
    } catch (RejectedExecutionException e) {
      call.fail(Errno.EAGAIN);
    }
  }

  private void dispatch(Syscall syscall, SyscallNotification call) throws AccessException {
    boolean isOpen = syscall == Syscall.OPEN || syscall == Syscall.OPENAT;
    if (!supervision.names() && !isOpen) {
      traceNames(syscall, call);
      call.proceed();
      return;
    }
    switch (syscall) {
      case OPEN -> opens.open(call, AT_FDCWD, 0, call.intArgument(1), call.intArgument(2));
      case OPENAT ->
          opens.open(call, call.intArgument(0), 1, call.intArgument(2), call.intArgument(3));
      case CREAT ->
          opens.open(call, AT_FDCWD, 0, O_WRONLY | O_CREAT | O_TRUNC, call.intArgument(1));
      case TRUNCATE -> call.result(truncate(call));
      case CLOSE -> guard.closes(call);
      case MKDIR -> call.result(makeDirectory(call, AT_FDCWD, 0));
      case MKDIRAT -> call.result(makeDirectory(call, call.intArgument(0), 1));
      case MKNOD -> call.result(makeNode(call, AT_FDCWD, 0));
      case MKNODAT -> call.result(makeNode(call, call.intArgument(0), 1));
      case SYMLINK -> call.result(symlink(call, AT_FDCWD, 1));
      case SYMLINKAT -> call.result(symlink(call, call.intArgument(1), 2));
      case LINK -> call.result(link(call, new Names(AT_FDCWD, 0, AT_FDCWD, 1), 0));
      case LINKAT ->
          call.result(
              link(
                  call,
                  new Names(call.intArgument(0), 1, call.intArgument(2), 3),
                  call.intArgument(4)));
      case RENAME -> call.result(rename(call, new Names(AT_FDCWD, 0, AT_FDCWD, 1), 0));
      case RENAMEAT, RENAMEAT2 ->
          call.result(
              rename(
                  call,
                  new Names(call.intArgument(0), 1, call.intArgument(2), 3),
                  syscall == Syscall.RENAMEAT ? 0 : call.intArgument(4)));
      case UNLINK -> call.result(remove(call, AT_FDCWD, 0, 0));
      case UNLINKAT -> call.result(remove(call, call.intArgument(0), 1, call.intArgument(2)));
      case RMDIR -> call.result(remove(call, AT_FDCWD, 0, AT_REMOVEDIR));
      default -> call.fail(Errno.ENOSYS);
    }
  }

  /** The arguments that hold two names and their directories' descriptors. */
  private record Names(int fromDirectory, int from, int toDirectory, int to) {}

  /** Records a change of names that the kernel will deny. */
  private void traceNames(Syscall syscall, SyscallNotification call) {
    int[] places =
        switch (syscall) {
          case CREAT, TRUNCATE, MKDIR, MKNOD, UNLINK, RMDIR -> new int[] {-1, 0};
          case MKDIRAT, MKNODAT, UNLINKAT -> new int[] {0, 1};
          case SYMLINK -> new int[] {-1, 1};
          case SYMLINKAT -> new int[] {1, 2};
          case LINK, RENAME -> new int[] {-1, 0, -1, 1};
          case LINKAT, RENAMEAT, RENAMEAT2 -> new int[] {0, 1, 2, 3};
          default -> new int[0];
        };
    for (int i = 0; i < places.length; i += 2) {
      int directory = places[i] < 0 ? AT_FDCWD : call.intArgument(places[i]);
      try {
        Entry entry = paths.entry(call.tid(), directory, decisions.name(call, places[i + 1]));
        try {
          String path = decisions.pathOf(entry);
          Decision decision = policy.evaluate(path, Operation.WRITE);
          boolean asksOnly =
              (syscall == Syscall.MKDIR || syscall == Syscall.MKDIRAT) && decisions.isThere(entry);
          if (!path.isEmpty() && !decision.allowed() && !asksOnly) {
            denied.accept(
                DenialEvents.likely(child, syscall.kernelName(), path, call.tid(), decision));
          }
        } finally {
          paths.places().close(entry.directory());
        }
      } catch (AccessException e) {
        // No object there that the kernel could deny.
        continue;
      }
    }
  }

  private long truncate(SyscallNotification call) throws AccessException {
    byte[] name = child.string(call.tid(), call.argument(0));
    Named named = new Named(call.tid(), AT_FDCWD, name);
    int object = paths.open(named.tid(), named.directory(), named.name(), true);
    try (NativeBlock block = new NativeBlock(96)) {
      call.live();
      String seen = paths.pathOf(object, named);
      String path = view.policyPath(seen);
      decisions.demand("truncate", call, path, policy.evaluate(path, Operation.WRITE));
      decisions.demandInGit("truncate", call, seen, path);
      if (paths.status(object).is(S_IFREG)
          && call.argument(1) > paths.size(object)
          && exceedsLimit(call)) {
        return -Errno.EFBIG.value();
      }
      return kernel.call(
          Syscall.TRUNCATE, block.string(PathResolver.own(object)), call.argument(1));
    } finally {
      paths.places().close(object);
    }
  }

  /** Checks as fs/attr.c, inode_newsize_ok, with the limit and the signal of the calling thread. */
  private boolean exceedsLimit(SyscallNotification call) throws AccessException {
    boolean exceeds = Long.compareUnsigned(call.argument(1), child.fileSizeLimit(call.tid())) > 0;
    if (exceeds && call.alive()) {
      kernel.call(Syscall.TGKILL, child.processOf(call.tid()), call.tid(), SIGXFSZ);
    }
    return exceeds;
  }

  /**
   * Opens the directory of a name. Both are the caller's only if the caller still waits afterwards.
   */
  private Entry entry(SyscallNotification call, int directory, int nameArgument)
      throws AccessException {
    byte[] name = child.string(call.tid(), call.argument(nameArgument));
    return paths.entry(call.tid(), directory, name);
  }

  private long makeDirectory(SyscallNotification call, int directory, int nameArgument)
      throws AccessException {
    Entry entry = entry(call, directory, nameArgument);
    try {
      // Proves that the name and its directory are the caller's, too.
      int umask = umasks.of(call);
      if (!entry.special()) {
        String path = decisions.pathOf(entry);
        Optional<Place> place = guard.permits(GitGuard.Change.MKDIR, entry, path);
        Decision named = place.isPresent() ? PERMITTED : policy.evaluate(path, Operation.WRITE);
        Decision inside = madeIn(entry, path, place);
        // A caller may learn that an object exists; mkdir -p relies on it.
        if (!(named.allowed() && inside.allowed()) && !decisions.isThere(entry)) {
          decisions.demand("mkdir", call, path, guard.explained(path, named));
          decisions.demand("mkdir", call, path, inside);
        }
      }
      int mode = call.intArgument(nameArgument + 1) & 07777 & ~umask;
      return decisions.withName(
          entry, at -> kernel.call(Syscall.MKDIRAT, entry.directory(), at, mode));
    } finally {
      paths.places().close(entry.directory());
    }
  }

  /** Decides on a new name by the directories above it, but for one that the guard has checked. */
  private Decision madeIn(Entry entry, String path, Optional<Place> checked) {
    return checked.isPresent()
        ? decisions.git().made(entry, path, false, checked.get().depth())
        : decisions.git().made(entry, path, false);
  }

  private long makeNode(SyscallNotification call, int directory, int nameArgument)
      throws AccessException {
    int mode = call.intArgument(nameArgument + 1);
    int type = mode & S_IFMT;
    if (type != 0 && type != S_IFREG && type != S_IFIFO && type != S_IFSOCK) {
      return -Errno.EPERM.value();
    }
    Entry entry = entry(call, directory, nameArgument);
    try {
      int umask = umasks.of(call);
      if (!entry.special()) {
        String path = decisions.pathOf(entry);
        decisions.demand("mknod", call, path, policy.evaluate(path, Operation.WRITE));
        decisions.demand("mknod", call, path, decisions.git().made(entry, path, false));
        decisions.demand("mknod", call, path, decisions.git().direct(entry, path));
      }
      int umasked = type | mode & 07777 & ~umask;
      return decisions.withName(
          entry, at -> kernel.call(Syscall.MKNODAT, entry.directory(), at, umasked, 0));
    } finally {
      paths.places().close(entry.directory());
    }
  }

  private long symlink(SyscallNotification call, int directory, int nameArgument)
      throws AccessException {
    byte[] target = child.string(call.tid(), call.argument(0));
    Entry entry = entry(call, directory, nameArgument);
    try {
      call.live();
      if (!entry.special()) {
        String path = decisions.pathOf(entry);
        Optional<Integer> probe = guard.probes(entry, path, target);
        Decision decision = policy.evaluateReplacement(path);
        boolean named = decision.reason() instanceof Reason.ProtectedName;
        if (probe.isEmpty() || !named) {
          decisions.demand("symlink", call, path, decision);
        }
        if (probe.isEmpty()) {
          decisions.demand("symlink", call, path, decisions.git().linked(entry, path));
        }
        decisions.demand(
            "symlink",
            call,
            path,
            decisions.git().made(entry, path, true, probe.orElse(Integer.MAX_VALUE)));
      }
      try (NativeBlock block = new NativeBlock(target.length + 64L)) {
        long targetAt = block.allocate(target.length + 1L);
        block.setBytes(targetAt, target);
        return decisions.withName(
            entry, at -> kernel.call(Syscall.SYMLINKAT, targetAt, entry.directory(), at));
      }
    } finally {
      paths.places().close(entry.directory());
    }
  }

  private long link(SyscallNotification call, Names names, int flags) throws AccessException {
    byte[] from = child.string(call.tid(), call.argument(names.from()));
    int object =
        from.length == 0 && (flags & AT_EMPTY_PATH) != 0
            ? paths.descriptor(call.tid(), names.fromDirectory())
            : paths.open(call.tid(), names.fromDirectory(), from, (flags & AT_SYMLINK_FOLLOW) != 0);
    Entry entry = null;
    try {
      entry = entry(call, names.toDirectory(), names.to());
      call.live();
      String seen = paths.pathOf(object, new Named(call.tid(), names.fromDirectory(), from));
      String source = view.policyPath(seen);
      // A command could write a file through its new name that the old name protects.
      decisions.demand("link", call, source, policy.evaluate(source, Operation.WRITE));
      decisions.demandInGit("link", call, seen, source);
      if (!entry.special()) {
        String target = decisions.pathOf(entry);
        boolean symbolic = paths.status(object).is(S_IFLNK);
        decisions.demand("link", call, target, moved(target, !symbolic));
        decisions.demand("link", call, target, decisions.git().made(entry, target, symbolic));
        decisions.demand("link", call, target, decisions.git().direct(entry, target));
        if (symbolic) {
          decisions.demand("link", call, target, decisions.git().linked(entry, target));
        }
      }
      Entry to = entry;
      try (NativeBlock block = new NativeBlock(96)) {
        long own = block.string(PathResolver.own(object));
        long result =
            decisions.withName(
                entry,
                at ->
                    kernel.call(
                        Syscall.LINKAT, AT_FDCWD, own, to.directory(), at, AT_SYMLINK_FOLLOW, 0));
        if (result >= 0) {
          sockets.linked(seen, to.pathIn(paths));
        }
        return result;
      }
    } finally {
      paths.places().close(object);
      if (entry != null) {
        paths.places().close(entry.directory());
      }
    }
  }

  private long rename(SyscallNotification call, Names names, int flags) throws AccessException {
    byte[][] both =
        child.strings(call.tid(), call.argument(names.from()), call.argument(names.to()));
    byte[] source = both[0];
    byte[] target = both[1];
    Entry from = paths.entry(call.tid(), names.fromDirectory(), source);
    Entry to = null;
    try {
      boolean together = names.fromDirectory() == names.toDirectory() && areBeside(source, target);
      to =
          together
              ? from.beside(Arrays.copyOfRange(target, lastPart(target), target.length))
              : paths.entry(call.tid(), names.toDirectory(), target);
      call.live();
      if (!from.special() && !to.special() && flags == 0 && guard.replaces(call, from, to)) {
        return 0;
      }
      String parent = paths.pathOf(from.directory());
      String seenFrom = from.pathBelow(parent);
      String seenTo = together ? to.pathBelow(parent) : to.pathIn(paths);
      if (!from.special() && !to.special()) {
        demandRename(call, new Move(from, seenFrom, to, seenTo), flags);
        if (guard.indexes().replaces(call, from, to, flags)) {
          renamed(seenFrom, seenTo, flags);
          return 0;
        }
      }
      long result = rename(from, to, flags);
      if (result >= 0) {
        renamed(seenFrom, seenTo, flags);
      }
      return result;
    } finally {
      paths.places().close(from.directory());
      if (to != null && to.directory() != from.directory()) {
        paths.places().close(to.directory());
      }
    }
  }

  private long rename(Entry from, Entry to, int flags) {
    try (NativeBlock block = new NativeBlock(to.given().length + 64L)) {
      long toAt = block.allocate(to.given().length + 1L);
      block.setBytes(toAt, to.given());
      return decisions.withName(
          from,
          at ->
              kernel.call(Syscall.RENAMEAT2, from.directory(), at, to.directory(), toAt, flags, 0));
    }
  }

  /** Returns whether two names are spelled as entries of one directory. */
  private static boolean areBeside(byte[] one, byte[] other) {
    int start = lastPart(one);
    return start == lastPart(other)
        && start < one.length
        && start < other.length
        && Arrays.equals(one, 0, start, other, 0, start);
  }

  /** Returns where the part of a name behind its last slash begins. */
  private static int lastPart(byte[] name) {
    int start = name.length;
    while (start > 0 && name[start - 1] != '/') {
      start--;
    }
    return start;
  }

  /** An entry and the place that it is to move to, with their paths as the caller sees them. */
  private record Move(Entry from, String seenFrom, Entry to, String seenTo) {}

  private void renamed(String from, String to, int flags) {
    if ((flags & RENAME_EXCHANGE) != 0) {
      sockets.removed(from);
      sockets.removed(to);
    } else {
      sockets.moved(from, to);
    }
  }

  private void demandRename(SyscallNotification call, Move move, int flags) throws AccessException {
    Entry from = move.from();
    Entry to = move.to();
    int kind = decisions.kindOf(from);
    boolean exchange = (flags & RENAME_EXCHANGE) != 0;
    boolean plain = kind != S_IFDIR && kind != S_IFLNK && !exchange;
    String source = view.policyPath(move.seenFrom());
    String target = view.policyPath(move.seenTo());
    decisions.demand("rename", call, source, moved(source, plain));
    decisions.demand("rename", call, target, moved(target, plain));
    decisions.demand("rename", call, target, decisions.git().made(to, target, !plain));
    decisions.demand("rename", call, target, decisions.git().remote(to, target));
    decisions.demand(
        "rename",
        call,
        source,
        exchange ? decisions.git().made(from, source, true) : decisions.git().taken(from, source));
    if (kind == S_IFLNK || exchange) {
      decisions.demand("rename", call, target, decisions.git().linked(to, target));
    }
    if (kind == S_IFDIR || exchange) {
      demandMove(call, source, target);
      decisions.git().demandSameKeeping(source, target);
      decisions.git().demandSameInside(from, source, to, target);
    }
    if (exchange) {
      decisions.demand("rename", call, source, decisions.git().linked(from, source));
      demandMove(call, target, source);
      decisions.git().demandSameKeeping(target, source);
    }
  }

  private void demandMove(SyscallNotification call, String from, String to) throws AccessException {
    if (!from.isEmpty() && !to.isEmpty()) {
      decisions.demand("rename", call, from, policy.evaluateMove(from, to));
    }
  }

  private Decision moved(String path, boolean plain) {
    return plain ? policy.evaluate(path, Operation.WRITE) : policy.evaluateReplacement(path);
  }

  private long remove(SyscallNotification call, int directory, int nameArgument, int flags)
      throws AccessException {
    Entry entry = entry(call, directory, nameArgument);
    try {
      call.live();
      String seen = entry.pathIn(paths);
      if (!entry.special()) {
        String path = view.policyPath(seen);
        boolean tree = (flags & AT_REMOVEDIR) != 0;
        Optional<Place> place =
            guard.permits(tree ? GitGuard.Change.RMDIR : GitGuard.Change.UNLINK, entry, path);
        Decision named = place.isPresent() ? PERMITTED : removed(path, tree);
        int depth = place.map(Place::depth).orElse(Integer.MAX_VALUE);
        Decision inside = decisions.git().taken(entry, path, depth);
        if (!(named.allowed() && inside.allowed()) && decisions.isThere(entry)) {
          String operation = tree ? "rmdir" : "unlink";
          decisions.demand(operation, call, path, named);
          decisions.demand(operation, call, path, inside);
        }
      }
      long result =
          decisions.withName(
              entry, at -> kernel.call(Syscall.UNLINKAT, entry.directory(), at, flags));
      if (result >= 0) {
        sockets.removed(seen);
      }
      return result;
    } finally {
      paths.places().close(entry.directory());
    }
  }

  private Decision removed(String path, boolean tree) {
    return tree ? policy.evaluateRemoval(path) : policy.evaluate(path, Operation.WRITE);
  }
}
