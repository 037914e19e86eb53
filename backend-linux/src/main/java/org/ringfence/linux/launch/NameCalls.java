package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.AT_EMPTY_PATH;
import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.AT_REMOVEDIR;
import static org.ringfence.linux.bind.Constants.AT_SYMLINK_FOLLOW;
import static org.ringfence.linux.bind.Constants.F_SETFL;
import static org.ringfence.linux.bind.Constants.O_ACCMODE;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_CREAT;
import static org.ringfence.linux.bind.Constants.O_EXCL;
import static org.ringfence.linux.bind.Constants.O_NOCTTY;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.O_RDONLY;
import static org.ringfence.linux.bind.Constants.O_TRUNC;
import static org.ringfence.linux.bind.Constants.O_WRONLY;
import static org.ringfence.linux.bind.Constants.S_IFCHR;
import static org.ringfence.linux.bind.Constants.S_IFDIR;
import static org.ringfence.linux.bind.Constants.S_IFIFO;
import static org.ringfence.linux.bind.Constants.S_IFLNK;
import static org.ringfence.linux.bind.Constants.S_IFMT;
import static org.ringfence.linux.bind.Constants.S_IFREG;
import static org.ringfence.linux.bind.Constants.S_IFSOCK;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.ringfence.event.Violation;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.launch.Child.AccessException;
import org.ringfence.linux.launch.PathObject.Entry;
import org.ringfence.linux.launch.PathObject.Status;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.policy.Decision;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.Operation;

/**
 * Makes, replaces, removes and opens for writing what sandboxed threads name. Neither Landlock nor
 * a mount can keep a name from being made in a directory that is written; here each name is read
 * once, resolved to a descriptor once, decided on, and used through that descriptor. The thread
 * gets the result, and there is nothing left for it to change in between.
 *
 * <p>Runs on the supervisor's thread, which has a umask of its own, 0.
 */
final class NameCalls {
  private static final IntPredicate OPENS_FOR_WRITING =
      flags -> (flags & (O_ACCMODE | O_CREAT | O_TRUNC | 0x400000)) != 0;
  private static final int MOST_LINKS = 40;
  private static final int MOST_TRIES = 16;
  private static final int O_TMPFILE_BIT = 0x400000;
  private static final int O_PATH = 0x200000;
  // linux/major.h: TTYAUX_MAJOR, minor 0 is /dev/tty; UNIX98_PTY_SLAVE_MAJOR.
  private static final long CONTROLLING_TERMINAL = 5L << 20;
  private static final int PSEUDO_TERMINAL_MAJOR = 136;
  private static final int RENAME_EXCHANGE = 2;
  private static final long FIFO_POLL_MILLIS = 5;

  private final Kernel kernel;
  private final Child child;
  private final PathObject paths;
  private final EffectivePolicy policy;
  private final FileView view;
  private final Supervision supervision;
  private final OwnSockets sockets;
  private final boolean root;
  private final Consumer<Violation> denied;
  private final Executor blocking;
  private final int noFollow;

  NameCalls(
      Kernel kernel,
      PathObject paths,
      FileView view,
      Supervision supervision,
      OwnSockets sockets,
      boolean root,
      Consumer<Violation> denied,
      Executor blocking) {
    this.kernel = kernel;
    this.child = new Child(kernel);
    this.paths = paths;
    this.policy = view.policy();
    this.view = view;
    this.supervision = supervision;
    this.sockets = sockets;
    this.root = root;
    this.denied = denied;
    this.blocking = blocking;
    // asm/fcntl.h
    this.noFollow = kernel.arch() == Arch.X86_64 ? 0x20000 : 0x8000;
  }

  void answer(Syscall syscall, TrappedCall call) {
    try {
      if (!root) {
        dispatch(syscall, call);
        return;
      }
      int[] user = child.fileUser(call.tid());
      if (user[0] == 0 && user[1] == 0) {
        dispatch(syscall, call);
        return;
      }
      asUser(user, () -> dispatch(syscall, call));
    } catch (AccessException e) {
      call.result(e.result());
    } catch (RejectedExecutionException e) {
      call.fail(Errno.EAGAIN);
    }
  }

  private interface Step {
    void run() throws AccessException;
  }

  /** A thread of root's that has become another user gets no more than that user may. */
  private void asUser(int[] user, Step step) throws AccessException {
    kernel.call(Syscall.SETFSGID, user[1]);
    kernel.call(Syscall.SETFSUID, user[0]);
    try {
      step.run();
    } finally {
      kernel.call(Syscall.SETFSUID, 0);
      kernel.call(Syscall.SETFSGID, 0);
    }
  }

  private void dispatch(Syscall syscall, TrappedCall call) throws AccessException {
    boolean opens = syscall == Syscall.OPEN || syscall == Syscall.OPENAT;
    if (!supervision.names() && !opens) {
      traceNames(syscall, call);
      call.proceed();
      return;
    }
    switch (syscall) {
      case OPEN -> open(call, AT_FDCWD, 0, call.intArgument(1), call.intArgument(2));
      case OPENAT -> open(call, call.intArgument(0), 1, call.intArgument(2), call.intArgument(3));
      case CREAT -> open(call, AT_FDCWD, 0, O_WRONLY | O_CREAT | O_TRUNC, call.intArgument(1));
      case TRUNCATE -> call.result(truncate(call));
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

  /** Which arguments hold two names and their directories' descriptors. */
  private record Names(int fromDirectory, int from, int toDirectory, int to) {}

  private byte[] name(TrappedCall call, int argument) throws AccessException {
    byte[] name = child.string(call.tid(), call.argument(argument));
    if (!call.alive()) {
      throw new AccessException(-Errno.EINTR.value());
    }
    return name;
  }

  private void open(TrappedCall call, int directory, int nameArgument, int flags, int mode)
      throws AccessException {
    byte[] name = name(call, nameArgument);
    boolean decided = OPENS_FOR_WRITING.test(flags) ? supervision.names() : supervision.reads();
    if (!decided || (flags & O_PATH) != 0 && !supervision.reads()) {
      trace(call, directory, name, flags);
      call.proceed();
      return;
    }
    if ((flags & O_CREAT) != 0 && name.length > 0 && name[name.length - 1] == '/') {
      child.close(paths.entry(call.tid(), directory, name).directory());
      call.fail(Errno.EISDIR);
      return;
    }
    int base = -1;
    try {
      int links = 0;
      for (int tries = 0; tries < MOST_TRIES + links; tries++) {
        boolean follow =
            (flags & noFollow) == 0 && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
        int object = object(call.tid(), base, directory, name, follow);
        if (object >= 0) {
          if (openObject(call, object, flags)) {
            return;
          }
          continue;
        }
        if (object != -Errno.ENOENT.value() || (flags & O_CREAT) == 0) {
          call.result(object);
          return;
        }
        Entry entry =
            base < 0
                ? paths.entry(call.tid(), directory, name)
                : paths.entryBelow(call.tid(), base, name);
        byte[] target = follow ? linkTarget(entry) : new byte[0];
        if (target.length > 0) {
          // A link that leads to nothing yet: what is made is what it leads to.
          child.close(base);
          base = entry.directory();
          name = target;
          links++;
          if (links > MOST_LINKS) {
            call.fail(Errno.ELOOP);
            return;
          }
          continue;
        }
        try {
          if (create(call, entry, flags, mode)) {
            return;
          }
        } finally {
          child.close(entry.directory());
        }
      }
      call.fail(Errno.EAGAIN);
    } finally {
      child.close(base);
    }
  }

  /** Records an open that the kernel will deny, without deciding anything. */
  private void trace(TrappedCall call, int directory, byte[] name, int flags) {
    boolean writes = OPENS_FOR_WRITING.test(flags);
    Operation asked = writes ? Operation.WRITE : Operation.READ;
    String path;
    int object = object(call.tid(), -1, directory, name, (flags & noFollow) == 0);
    try {
      if (object >= 0) {
        path = view.policyPath(paths.pathOf(object));
      } else if ((flags & O_CREAT) != 0) {
        Entry entry = paths.entry(call.tid(), directory, name);
        try {
          path = pathOf(entry);
        } finally {
          child.close(entry.directory());
        }
      } else if (name.length > 0 && name[0] == '/') {
        // Not to be seen inside; whether it is outside, the policy's own view of it says.
        path = new String(name, StandardCharsets.UTF_8);
        if (!Files.exists(Path.of(path))) {
          return;
        }
      } else {
        return;
      }
    } catch (AccessException e) {
      return;
    } finally {
      child.close(object);
    }
    if (path.isEmpty()) {
      return;
    }
    Decision decision = policy.check(path, asked);
    if (!decision.allowed()) {
      denied.accept(Denials.likely(child, "open", path, asked, call.tid(), decision));
    }
  }

  /** Records a change of names that the kernel will deny. */
  private void traceNames(Syscall syscall, TrappedCall call) {
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
        Entry entry = paths.entry(call.tid(), directory, name(call, places[i + 1]));
        try {
          String path = pathOf(entry);
          Decision decision = policy.evaluate(path, Operation.WRITE);
          boolean asksOnly =
              (syscall == Syscall.MKDIR || syscall == Syscall.MKDIRAT) && isThere(entry);
          if (!path.isEmpty() && !decision.allowed() && !asksOnly) {
            denied.accept(
                Denials.likely(
                    child, syscall.kernelName(), path, Operation.WRITE, call.tid(), decision));
          }
        } finally {
          child.close(entry.directory());
        }
      } catch (AccessException e) {
        // Nothing there that could be denied.
        continue;
      }
    }
  }

  /** A descriptor of what is named, or a negated error number. */
  private int object(int tid, int base, int directory, byte[] name, boolean follow) {
    try {
      return base < 0
          ? paths.open(tid, directory, name, follow)
          : paths.openBelow(tid, base, name, follow);
    } catch (AccessException e) {
      return (int) e.result();
    }
  }

  private byte[] linkTarget(Entry entry) {
    try (NativeBlock block = new NativeBlock(entry.name().length + 4096L + 64)) {
      long at = block.allocate(entry.name().length + 1L);
      block.setBytes(at, entry.name());
      long buffer = block.allocate(4096);
      long length = kernel.call(Syscall.READLINKAT, entry.directory(), at, buffer, 4096);
      return length <= 0 ? new byte[0] : block.getBytes(buffer, (int) length);
    }
  }

  /**
   * Opens an object anew with the flags asked for. Takes the descriptor over.
   *
   * @return false if it has to be looked up once more
   */
  private boolean openObject(TrappedCall call, int object, int flags) throws AccessException {
    boolean handedOn = false;
    try {
      if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        call.fail(Errno.EEXIST);
        return true;
      }
      Status status = paths.status(object);
      boolean unnamed = (flags & O_TMPFILE_BIT) != 0;
      boolean writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
      if (status.is(S_IFLNK) && (flags & O_PATH) == 0) {
        call.fail(Errno.ELOOP);
        return true;
      }
      if (status.is(S_IFDIR) && !unnamed && (writes || (flags & O_CREAT) != 0)) {
        call.fail(Errno.EISDIR);
        return true;
      }
      String seen = paths.pathOf(object);
      if (paths.isForeignProcess(call.tid(), seen)) {
        call.fail(Errno.EACCES);
        return true;
      }
      String path = view.policyPath(seen);
      if (!permitted("open", call, path, writes ? Operation.WRITE : Operation.READ)) {
        return true;
      }
      int anew = flags & ~(O_CREAT | O_EXCL | noFollow) | O_CLOEXEC | O_NOCTTY;
      if (status.is(S_IFCHR) && status.device() == CONTROLLING_TERMINAL) {
        openTerminal(call, anew, flags);
        return true;
      }
      if (status.is(S_IFIFO) && (flags & O_NONBLOCK) == 0) {
        blocking.execute(() -> openFifo(call, object, anew, flags));
        handedOn = true;
        return true;
      }
      give(call, reopen(object, anew, unnamed ? umaskedMode(call) : 0), flags);
      return true;
    } finally {
      if (!handedOn) {
        child.close(object);
      }
    }
  }

  private int umaskedMode(TrappedCall call) throws AccessException {
    int index = call.number() == Syscall.OPENAT.number(kernel.arch()) ? 3 : 2;
    return call.intArgument(index) & 07777 & ~child.umask(call.tid());
  }

  private long reopen(int object, int flags, int mode) {
    try (NativeBlock block = new NativeBlock(96)) {
      return kernel.call(
          Syscall.OPENAT, AT_FDCWD, block.string(PathObject.own(object)), flags, mode);
    }
  }

  /** Opening it here would give this JVM's terminal away. */
  private void openTerminal(TrappedCall call, int flags, int asked) throws AccessException {
    int terminal = child.terminal(call.tid());
    // linux/kdev_t.h, as user space has it: major in bits 8 to 19.
    if ((terminal >> 8 & 0xfff) != PSEUDO_TERMINAL_MAJOR) {
      call.fail(Errno.ENXIO);
      return;
    }
    // By one of its standard streams, since a number means another terminal in another devpts.
    long device = (long) PSEUDO_TERMINAL_MAJOR << 20 | terminal & 0xff | terminal >> 12 & 0xfff00;
    for (int fd = 0; fd <= 2; fd++) {
      int stream = child.descriptor(call.tid(), fd);
      try {
        Status status = paths.status(stream);
        if (status.is(S_IFCHR) && status.device() == device) {
          long opened = reopen(stream, flags, 0);
          give(call, opened, asked);
          return;
        }
      } finally {
        child.close(stream);
      }
    }
    call.fail(Errno.ENXIO);
  }

  /** A FIFO opens when the other side does; the caller may be gone before. */
  private void openFifo(TrappedCall call, int object, int flags, int asked) {
    try {
      boolean writer = (flags & O_ACCMODE) == O_WRONLY;
      if (!writer) {
        give(call, reopen(object, flags, 0), asked);
        return;
      }
      while (call.alive()) {
        long opened = reopen(object, flags | O_NONBLOCK, 0);
        if (opened != -Errno.ENXIO.value()) {
          if (opened >= 0) {
            kernel.call(Syscall.FCNTL, opened, F_SETFL, flags & ~O_NONBLOCK);
          }
          give(call, opened, asked);
          return;
        }
        Thread.sleep(FIFO_POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      call.fail(Errno.EINTR);
    } finally {
      child.close(object);
    }
  }

  private void give(TrappedCall call, long opened, int flags) {
    if (opened < 0) {
      call.result(opened);
      return;
    }
    call.resultDescriptor((int) opened, (flags & O_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    child.close((int) opened);
  }

  /** Makes a file that was not there; false if one is there by now. */
  private boolean create(TrappedCall call, Entry entry, int flags, int mode)
      throws AccessException {
    if (entry.special()) {
      call.fail(Errno.EISDIR);
      return true;
    }
    if (!permitted("create", call, pathOf(entry), Operation.WRITE)) {
      return true;
    }
    int umasked = mode & 07777 & ~child.umask(call.tid());
    long opened =
        withName(
            entry,
            at ->
                kernel.call(
                    Syscall.OPENAT,
                    entry.directory(),
                    at,
                    flags | O_CREAT | O_EXCL | noFollow | O_CLOEXEC | O_NOCTTY,
                    umasked));
    if (opened == -Errno.EEXIST.value() && (flags & O_EXCL) == 0) {
      return false;
    }
    give(call, opened, flags);
    return true;
  }

  private long withName(Entry entry, Function<Long, Long> action) {
    try (NativeBlock block = new NativeBlock(entry.given().length + 64L)) {
      long at = block.allocate(entry.given().length + 1L);
      block.setBytes(at, entry.given());
      return action.apply(at);
    }
  }

  /** The path that the policy decides on; empty when it is the sandbox's own. */
  private String pathOf(Entry entry) throws AccessException {
    return view.policyPath(entry.pathIn(paths));
  }

  private boolean permitted(String operation, TrappedCall call, String path, Operation asked) {
    if (path.isEmpty() || report(operation, call, path, asked, policy.evaluate(path, asked))) {
      return true;
    }
    call.fail(Errno.EACCES);
    return false;
  }

  private void demand(String operation, TrappedCall call, String path, Decision decision)
      throws AccessException {
    if (!path.isEmpty() && !report(operation, call, path, Operation.WRITE, decision)) {
      throw new AccessException(-Errno.EACCES.value());
    }
  }

  private boolean report(
      String operation, TrappedCall call, String path, Operation asked, Decision decision) {
    if (!decision.allowed()) {
      denied.accept(Denials.certain(child, operation, path, asked, call.tid(), decision));
    }
    return decision.allowed();
  }

  private long truncate(TrappedCall call) throws AccessException {
    int object = paths.open(call.tid(), AT_FDCWD, name(call, 0), true);
    try (NativeBlock block = new NativeBlock(96)) {
      String path = view.policyPath(paths.pathOf(object));
      demand("truncate", call, path, policy.evaluate(path, Operation.WRITE));
      return kernel.call(Syscall.TRUNCATE, block.string(PathObject.own(object)), call.argument(1));
    } finally {
      child.close(object);
    }
  }

  private long makeDirectory(TrappedCall call, int directory, int nameArgument)
      throws AccessException {
    Entry entry = paths.entry(call.tid(), directory, name(call, nameArgument));
    try {
      // Of what is there already, a caller may learn that it is; mkdir -p asks so.
      if (!entry.special() && !isThere(entry)) {
        String path = pathOf(entry);
        demand("mkdir", call, path, policy.evaluate(path, Operation.WRITE));
      }
      int mode = call.intArgument(nameArgument + 1) & 07777 & ~child.umask(call.tid());
      return withName(entry, at -> kernel.call(Syscall.MKDIRAT, entry.directory(), at, mode));
    } finally {
      child.close(entry.directory());
    }
  }

  private boolean isThere(Entry entry) {
    return kindOf(entry) != 0;
  }

  /** The type of what an entry names, 0 when there is nothing. */
  private int kindOf(Entry entry) {
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

  private long makeNode(TrappedCall call, int directory, int nameArgument) throws AccessException {
    int mode = call.intArgument(nameArgument + 1);
    int type = mode & S_IFMT;
    if (type != 0 && type != S_IFREG && type != S_IFIFO && type != S_IFSOCK) {
      return -Errno.EPERM.value();
    }
    Entry entry = paths.entry(call.tid(), directory, name(call, nameArgument));
    try {
      if (!entry.special()) {
        String path = pathOf(entry);
        demand("mknod", call, path, policy.evaluate(path, Operation.WRITE));
      }
      int umasked = type | mode & 07777 & ~child.umask(call.tid());
      return withName(entry, at -> kernel.call(Syscall.MKNODAT, entry.directory(), at, umasked, 0));
    } finally {
      child.close(entry.directory());
    }
  }

  private long symlink(TrappedCall call, int directory, int nameArgument) throws AccessException {
    byte[] target = child.string(call.tid(), call.argument(0));
    Entry entry = paths.entry(call.tid(), directory, name(call, nameArgument));
    try {
      if (!entry.special()) {
        String path = pathOf(entry);
        demand("symlink", call, path, policy.evaluateReplacement(path));
      }
      try (NativeBlock block = new NativeBlock(target.length + 64L)) {
        long targetAt = block.allocate(target.length + 1L);
        block.setBytes(targetAt, target);
        return withName(
            entry, at -> kernel.call(Syscall.SYMLINKAT, targetAt, entry.directory(), at));
      }
    } finally {
      child.close(entry.directory());
    }
  }

  private long link(TrappedCall call, Names names, int flags) throws AccessException {
    byte[] from = child.string(call.tid(), call.argument(names.from()));
    int object =
        from.length == 0 && (flags & AT_EMPTY_PATH) != 0
            ? child.descriptor(call.tid(), names.fromDirectory())
            : paths.open(call.tid(), names.fromDirectory(), from, (flags & AT_SYMLINK_FOLLOW) != 0);
    Entry entry = null;
    try {
      entry = paths.entry(call.tid(), names.toDirectory(), name(call, names.to()));
      String source = view.policyPath(paths.pathOf(object));
      // By its new name a file could be written that the old name protects.
      demand("link", call, source, policy.evaluate(source, Operation.WRITE));
      if (!entry.special()) {
        String target = pathOf(entry);
        demand("link", call, target, moved(target, !paths.status(object).is(S_IFLNK)));
      }
      Entry to = entry;
      try (NativeBlock block = new NativeBlock(96)) {
        long own = block.string(PathObject.own(object));
        long result =
            withName(
                entry,
                at ->
                    kernel.call(
                        Syscall.LINKAT, AT_FDCWD, own, to.directory(), at, AT_SYMLINK_FOLLOW, 0));
        if (result >= 0) {
          sockets.linked(paths.pathOf(object), to.pathIn(paths));
        }
        return result;
      }
    } finally {
      child.close(object);
      if (entry != null) {
        child.close(entry.directory());
      }
    }
  }

  private long rename(TrappedCall call, Names names, int flags) throws AccessException {
    Entry from =
        paths.entry(
            call.tid(),
            names.fromDirectory(),
            child.string(call.tid(), call.argument(names.from())));
    Entry to = null;
    try {
      to = paths.entry(call.tid(), names.toDirectory(), name(call, names.to()));
      if (!from.special() && !to.special()) {
        demandRename(call, from, to, flags);
      }
      Entry target = to;
      try (NativeBlock block = new NativeBlock(to.given().length + 64L)) {
        long toAt = block.allocate(to.given().length + 1L);
        block.setBytes(toAt, to.given());
        long result =
            withName(
                from,
                at ->
                    kernel.call(
                        Syscall.RENAMEAT2,
                        from.directory(),
                        at,
                        target.directory(),
                        toAt,
                        flags,
                        0));
        if (result >= 0) {
          renamed(from.pathIn(paths), target.pathIn(paths), flags);
        }
        return result;
      }
    } finally {
      child.close(from.directory());
      if (to != null) {
        child.close(to.directory());
      }
    }
  }

  private void renamed(String from, String to, int flags) {
    if ((flags & RENAME_EXCHANGE) != 0) {
      sockets.removed(from);
      sockets.removed(to);
    } else {
      sockets.moved(from, to);
    }
  }

  private void demandRename(TrappedCall call, Entry from, Entry to, int flags)
      throws AccessException {
    int kind = kindOf(from);
    boolean exchange = (flags & RENAME_EXCHANGE) != 0;
    boolean plain = kind != S_IFDIR && kind != S_IFLNK && !exchange;
    String source = pathOf(from);
    String target = pathOf(to);
    demand("rename", call, source, moved(source, plain));
    demand("rename", call, target, moved(target, plain));
  }

  private Decision moved(String path, boolean plain) {
    return plain ? policy.evaluate(path, Operation.WRITE) : policy.evaluateReplacement(path);
  }

  private long remove(TrappedCall call, int directory, int nameArgument, int flags)
      throws AccessException {
    Entry entry = paths.entry(call.tid(), directory, name(call, nameArgument));
    try {
      if (!entry.special() && isThere(entry)) {
        String path = pathOf(entry);
        boolean tree = (flags & AT_REMOVEDIR) != 0;
        demand(
            tree ? "rmdir" : "unlink",
            call,
            path,
            tree ? policy.evaluateRemoval(path) : policy.evaluate(path, Operation.WRITE));
      }
      long result =
          withName(entry, at -> kernel.call(Syscall.UNLINKAT, entry.directory(), at, flags));
      if (result >= 0) {
        sockets.removed(entry.pathIn(paths));
      }
      return result;
    } finally {
      child.close(entry.directory());
    }
  }
}
