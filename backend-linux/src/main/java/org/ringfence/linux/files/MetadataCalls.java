package org.ringfence.linux.files;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.AT_SYMLINK_NOFOLLOW;
import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.S_IFBLK;
import static org.ringfence.linux.bind.Constants.S_IFCHR;
import static org.ringfence.linux.bind.Constants.S_IFDIR;
import static org.ringfence.linux.bind.Constants.S_IFLNK;
import static org.ringfence.linux.bind.Constants.S_IFMT;
import static org.ringfence.linux.bind.Constants.S_ISGID;
import static org.ringfence.linux.bind.Constants.S_ISUID;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.git.GitGuard;
import org.ringfence.linux.path.GitDirectories;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Named;
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
import org.ringfence.policy.effective.EffectiveRule;

/**
 * Performs chmod, chown, utime and the like for sandboxed threads, on a descriptor whose path it
 * has checked. It reads the arguments once; the caller can change nothing in between.
 */
public final class MetadataCalls {
  private static final int LARGEST_XATTR = 65536;
  private static final int TIMES_BYTES = 32;
  private static final String OWN_TERMINALS = "/dev/pts/";

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  private final FileView view;
  private final EffectivePolicy policy;
  private final Consumer<Violation> denied;
  private final GitDirectories git;
  private final GitGuard guard;
  private final Set<String> shared;
  private final int uid;

  public MetadataCalls(FileSetting setting, GitDirectories git, GitGuard guard, int uid) {
    this.kernel = setting.kernel();
    this.child = new TargetMemory(kernel);
    this.paths = setting.paths();
    this.view = setting.view();
    this.policy = view.policy();
    this.shared = sharedPlaces(policy);
    this.denied = setting.denied();
    this.git = git;
    this.guard = guard;
    this.uid = uid;
  }

  /**
   * Returns devices and shared directories: a command may change their entries, not the places
   * themselves.
   */
  private static Set<String> sharedPlaces(EffectivePolicy policy) {
    Set<String> places = new HashSet<>();
    for (EffectiveRule rule : policy.rules()) {
      if (rule.scratch()) {
        places.add(rule.path());
      }
    }
    policy.places().privateTmp().ifPresent(places::remove);
    return Set.copyOf(places);
  }

  /** An action on a checked object; gets its descriptor. */
  private interface Change {
    long apply(int fd) throws AccessException;
  }

  public void answer(Syscall syscall, SyscallNotification call) {
    try {
      call.result(dispatch(syscall, call));
    } catch (AccessException e) {
      DenialEvents.tell(denied, child, call, syscall, e);
      call.result(e.result());
    }
  }

  private long dispatch(Syscall syscall, SyscallNotification call) throws AccessException {
    return switch (syscall) {
      case CHMOD -> named(syscall, call, AT_FDCWD, 0, true, mode(call.intArgument(1)));
      case FCHMOD -> opened(syscall, call, call.intArgument(0), mode(call.intArgument(1)));
      case FCHMODAT ->
          named(syscall, call, call.intArgument(0), 1, true, mode(call.intArgument(2)));
      case FCHMODAT2 -> flagged(syscall, call, call.intArgument(3), mode(call.intArgument(2)));
      case CHOWN -> named(syscall, call, AT_FDCWD, 0, true, owner(call, 1));
      case LCHOWN -> named(syscall, call, AT_FDCWD, 0, false, owner(call, 1));
      case FCHOWN -> opened(syscall, call, call.intArgument(0), owner(call, 1));
      case FCHOWNAT -> flagged(syscall, call, call.intArgument(4), owner(call, 2));
      case UTIME -> named(syscall, call, AT_FDCWD, 0, true, times(seconds(call, 1)));
      case UTIMES -> named(syscall, call, AT_FDCWD, 0, true, times(micros(call, 1)));
      case FUTIMESAT ->
          call.argument(1) == 0
              ? opened(syscall, call, call.intArgument(0), times(micros(call, 2)))
              : named(syscall, call, call.intArgument(0), 1, true, times(micros(call, 2)));
      case UTIMENSAT ->
          call.argument(1) == 0
              ? opened(syscall, call, call.intArgument(0), times(nanos(call, 2)))
              : flagged(syscall, call, call.intArgument(3), times(nanos(call, 2)));
      case SETXATTR, REMOVEXATTR ->
          named(syscall, call, AT_FDCWD, 0, true, attribute(syscall, call));
      case LSETXATTR, LREMOVEXATTR ->
          named(syscall, call, AT_FDCWD, 0, false, attribute(syscall, call));
      case FSETXATTR, FREMOVEXATTR ->
          opened(syscall, call, call.intArgument(0), attribute(syscall, call));
      default -> -Errno.ENOSYS.value();
    };
  }

  /** Answers the form with a directory, a name and AT_ flags. */
  private long flagged(Syscall syscall, SyscallNotification call, int flags, Change change)
      throws AccessException {
    int directory = call.intArgument(0);
    byte[] name = child.string(call.tid(), call.argument(1));
    if (name.length == 0 && (flags & AT_EMPTY_PATH) != 0) {
      if (directory == AT_FDCWD) {
        return checked(syscall, call, paths.workingDirectory(call.tid()), unnamed(call), change);
      }
      int copy = child.descriptor(call.tid(), directory);
      return checked(syscall, call, copy, unnamed(call), change);
    }
    return named(
        syscall,
        call,
        new Named(call.tid(), directory, name),
        (flags & AT_SYMLINK_NOFOLLOW) == 0,
        change);
  }

  private long named(
      Syscall syscall,
      SyscallNotification call,
      int directory,
      int nameArgument,
      boolean follow,
      Change change)
      throws AccessException {
    byte[] name = child.string(call.tid(), call.argument(nameArgument));
    return named(syscall, call, new Named(call.tid(), directory, name), follow, change);
  }

  private long named(
      Syscall syscall, SyscallNotification call, Named named, boolean follow, Change change)
      throws AccessException {
    int object = paths.open(named.tid(), named.directory(), named.name(), follow);
    return checked(syscall, call, object, named, change);
  }

  private static Named unnamed(SyscallNotification call) {
    return new Named(call.tid(), AT_FDCWD, new byte[0]);
  }

  private long opened(Syscall syscall, SyscallNotification call, int fd, Change change)
      throws AccessException {
    int copy = child.descriptor(call.tid(), fd);
    long flags = kernel.call(Syscall.FCNTL, copy, F_GETFL);
    if (flags >= 0 && (flags & O_PATH) != 0) {
      // No call of this form changes an O_PATH descriptor.
      child.close(copy);
      return -Errno.EBADF.value();
    }
    return checked(syscall, call, copy, unnamed(call), change);
  }

  private long checked(
      Syscall syscall, SyscallNotification call, int fd, Named named, Change change)
      throws AccessException {
    try {
      if (!call.alive()) {
        return -Errno.EINTR.value();
      }
      String seen = paths.pathOf(fd, named);
      String path = shared.contains(seen) ? seen : view.policyPath(seen);
      Decision decision = decision(call, fd, seen, path);
      if (!decision.allowed() && !triesMode(syscall, call, fd, path)) {
        String target = path.isEmpty() ? seen : path;
        denied.accept(
            DenialEvents.certain(child, syscall.kernelName(), target, call.tid(), decision));
        return -Errno.EACCES.value();
      }
      return change.apply(fd);
    } finally {
      paths.places().close(fd);
    }
  }

  /** Returns whether a call is git's trial of modes on its configuration. */
  private boolean triesMode(Syscall syscall, SyscallNotification call, int fd, String path)
      throws AccessException {
    int mode =
        switch (syscall) {
          case CHMOD, FCHMOD -> call.intArgument(1);
          case FCHMODAT, FCHMODAT2 -> call.intArgument(2);
          default -> -1;
        };
    return mode >= 0 && guard.triesMode(path, paths.status(fd).mode(), mode);
  }

  /**
   * Decides on a mode: that of a hook decides whether it runs, also in a git directory by another
   * name.
   */
  private Decision change(SyscallNotification call, String seen, String path) {
    Decision decision = policy.evaluate(path, Operation.WRITE);
    return decision.allowed() ? git.changed(call.tid(), seen, path) : decision;
  }

  private Decision decision(SyscallNotification call, int fd, String seen, String path)
      throws AccessException {
    if (paths.outside(call.tid(), fd)) {
      return Decision.deny(new Reason.HandedIn(), "a descriptor handed in is no name");
    }
    if (path.isEmpty()) {
      return ownObject(fd, seen);
    }
    if (seen.startsWith(OWN_TERMINALS) && paths.terminals().include(paths.status(fd))) {
      return Decision.allow(new Reason.NothingAgainst("a terminal of the sandbox's own"));
    }
    return shared.contains(path)
        ? Decision.deny(new Reason.ForeignMetadata(), "the place itself is everybody's")
        : change(call, seen, path);
  }

  /**
   * Decides on an object without a rule: it is the sandbox's own, except the caller's streams and
   * the host's devices and terminal in its /dev.
   */
  private Decision ownObject(int fd, String seen) throws AccessException {
    PathResolver.Status status = paths.status(fd);
    boolean device = status.is(S_IFCHR) || status.is(S_IFBLK);
    boolean hosts = device && !seen.startsWith(OWN_TERMINALS);
    return hosts || paths.handed().contains(status.identity())
        ? Decision.deny(new Reason.ForeignMetadata(), "it is not the sandbox's own")
        : Decision.allow(new Reason.NothingAgainst("the sandbox's own"));
  }

  private Change mode(int mode) {
    return fd -> {
      int type = paths.status(fd).mode() & S_IFMT;
      if (type == S_IFLNK) {
        return -Errno.EOPNOTSUPP.value();
      }
      if ((mode & S_ISUID) != 0 || (mode & S_ISGID) != 0 && type != S_IFDIR) {
        // A later process that starts the file, outside, would have the rights of this user.
        return -Errno.EPERM.value();
      }
      try (NativeBlock block = new NativeBlock(64)) {
        return kernel.call(
            Syscall.FCHMODAT, AT_FDCWD, block.string(PathResolver.own(fd)), mode & 07777);
      }
    };
  }

  /** Returns whether the object is a link itself: its mode cannot change. */
  private boolean isLink(int fd) throws AccessException {
    return paths.status(fd).is(S_IFLNK);
  }

  private Change owner(SyscallNotification call, int first) {
    long user = call.argument(first);
    long group = call.argument(first + 1);
    return fd -> {
      try (NativeBlock block = new NativeBlock(16)) {
        long empty = block.allocate(1);
        return kernel.call(Syscall.FCHOWNAT, fd, empty, user, group, AT_EMPTY_PATH, 0);
      }
    };
  }

  private Change times(byte[] timespecs) {
    return fd -> {
      try (NativeBlock block = new NativeBlock(128)) {
        long at = timespecs.length == 0 ? 0 : block.bytes(timespecs);
        if (isLink(fd)) {
          return kernel.call(Syscall.UTIMENSAT, fd, block.allocate(1), at, AT_EMPTY_PATH);
        }
        return kernel.call(Syscall.UTIMENSAT, AT_FDCWD, block.string(PathResolver.own(fd)), at, 0);
      }
    };
  }

  private byte[] nanos(SyscallNotification call, int argument) throws AccessException {
    return call.argument(argument) == 0
        ? new byte[0]
        : child.read(call.tid(), call.argument(argument), TIMES_BYTES);
  }

  /** Converts {@code struct timeval[2]} to {@code struct timespec[2]}. */
  private byte[] micros(SyscallNotification call, int argument) throws AccessException {
    byte[] times = nanos(call, argument);
    if (times.length > 0) {
      ByteBuffer buffer = ByteBuffer.wrap(times).order(ByteOrder.nativeOrder());
      for (int at = 8; at < TIMES_BYTES; at += 16) {
        long micros = buffer.getLong(at);
        if (micros < 0 || micros >= 1_000_000) {
          throw new AccessException(-Errno.EINVAL.value());
        }
        buffer.putLong(at, micros * 1_000);
      }
    }
    return times;
  }

  /** Converts {@code struct utimbuf} to {@code struct timespec[2]}. */
  private byte[] seconds(SyscallNotification call, int argument) throws AccessException {
    if (call.argument(argument) == 0) {
      return new byte[0];
    }
    ByteBuffer given =
        ByteBuffer.wrap(child.read(call.tid(), call.argument(argument), 16))
            .order(ByteOrder.nativeOrder());
    return ByteBuffer.allocate(TIMES_BYTES)
        .order(ByteOrder.nativeOrder())
        .putLong(0, given.getLong(0))
        .putLong(16, given.getLong(8))
        .array();
  }

  private Change attribute(Syscall syscall, SyscallNotification call) throws AccessException {
    byte[] name = child.string(call.tid(), call.argument(1));
    String text = new String(name, StandardCharsets.ISO_8859_1);
    if (uid == 0 && (text.startsWith("security.") || text.startsWith("trusted."))) {
      // The caller lacks the capability that this JVM may still have.
      throw new AccessException(-Errno.EPERM.value());
    }
    boolean remove = syscall.name().contains("REMOVE");
    long length = remove ? 0 : call.argument(3);
    if (length < 0 || length > LARGEST_XATTR) {
      throw new AccessException(-Errno.E2BIG.value());
    }
    byte[] value = remove ? new byte[0] : child.read(call.tid(), call.argument(2), (int) length);
    return fd -> {
      try (NativeBlock block = new NativeBlock(name.length + value.length + 256L)) {
        long path = block.string(PathResolver.own(fd));
        long nameAt = block.allocate(name.length + 1L);
        block.setBytes(nameAt, name);
        if (remove) {
          return kernel.call(Syscall.REMOVEXATTR, path, nameAt);
        }
        long valueAt = value.length == 0 ? 0 : block.bytes(value);
        return kernel.call(
            Syscall.SETXATTR, path, nameAt, valueAt, value.length, call.argument(4), 0);
      }
    };
  }
}
