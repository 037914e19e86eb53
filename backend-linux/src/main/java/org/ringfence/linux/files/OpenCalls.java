package org.ringfence.linux.files;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_ACCMODE;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_CREAT;
import static org.ringfence.linux.bind.Constants.O_EXCL;
import static org.ringfence.linux.bind.Constants.O_NOCTTY;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.O_RDONLY;
import static org.ringfence.linux.bind.Constants.O_TRUNC;
import static org.ringfence.linux.bind.Constants.S_IFBLK;
import static org.ringfence.linux.bind.Constants.S_IFCHR;
import static org.ringfence.linux.bind.Constants.S_IFDIR;
import static org.ringfence.linux.bind.Constants.S_IFIFO;
import static org.ringfence.linux.bind.Constants.S_IFLNK;
import static org.ringfence.linux.bind.Constants.S_IFREG;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.ringfence.event.Violation;
import org.ringfence.git.GitLfsHook;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.files.NewFiles.Outcome;
import org.ringfence.linux.git.GitGuard;
import org.ringfence.linux.path.DescriptorNames;
import org.ringfence.linux.path.ForeignProcesses;
import org.ringfence.linux.path.GitPlaces.Place;
import org.ringfence.linux.path.NameDecisions;
import org.ringfence.linux.path.OwnTerminals;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.path.PathResolver.Named;
import org.ringfence.linux.path.PathResolver.Status;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.ReadableParts;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.DenialEvents;
import org.ringfence.linux.task.CallerUmasks;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.WaitingCalls;
import org.ringfence.policy.Decision;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Opens and makes files for sandboxed threads: resolves each name once to a descriptor, decides on
 * its path, and opens the object again through that descriptor.
 */
final class OpenCalls {
  // __O_TMPFILE of asm-generic/fcntl.h
  private static final int O_TMPFILE_BIT = 0x400000;
  private static final IntPredicate OPENS_FOR_WRITING =
      flags -> (flags & (O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE_BIT)) != 0;
  private static final List<byte[]> STAGED =
      Stream.concat(
              Stream.of(".git", "gitdir", "commondir", "config", "config.worktree"),
              GitLfsHook.NAMES.stream())
          .map(name -> name.getBytes(StandardCharsets.US_ASCII))
          .toList();
  private static final int MOST_LINKS = 40;
  private static final int MOST_TRIES = 16;
  private static final int O_PATH = 0x200000;
  // linux/major.h: TTYAUX_MAJOR, minor 0 is /dev/tty; UNIX98_PTY_SLAVE_MAJOR.
  private static final long CONTROLLING_TERMINAL = 5L << 20;
  private static final int PSEUDO_TERMINAL_MAJOR = 136;

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;
  private final FileView view;
  private final EffectivePolicy policy;
  private final Supervision supervision;
  private final NameDecisions decisions;
  private final GitGuard guard;
  private final Consumer<Violation> denied;
  private final HiddenNames hidden;
  private final WaitingCalls waiting;
  private final CallerUmasks umasks;
  private final ForeignProcesses foreign;
  private final NewFiles files;
  private final int noFollow;
  private final int directoryFlag;

  OpenCalls(FileSetting setting, Supervision supervision, NameDecisions decisions, GitGuard guard) {
    this.kernel = setting.kernel();
    this.child = new TargetMemory(kernel);
    this.paths = setting.paths();
    this.view = setting.view();
    this.policy = view.policy();
    this.supervision = supervision;
    this.decisions = decisions;
    this.guard = guard;
    this.denied = setting.denied();
    this.hidden = new HiddenNames(child, paths, policy, supervision.opens(), denied);
    this.waiting = setting.waiting();
    this.umasks = setting.umasks();
    // asm/fcntl.h
    this.noFollow = kernel.arch() == Arch.X86_64 ? 0x20000 : 0x8000;
    this.files = new NewFiles(setting, decisions, noFollow);
    this.foreign = new ForeignProcesses(child, view.ownProcesses());
    this.directoryFlag = kernel.arch() == Arch.X86_64 ? 0x10000 : 0x4000;
  }

  void open(SyscallNotification call, int directory, int nameArgument, int flags, int mode)
      throws AccessException {
    boolean decided = OPENS_FOR_WRITING.test(flags) ? supervision.names() : supervision.reads();
    boolean placeOnly = (flags & O_PATH) != 0;
    byte[] name = child.string(call.tid(), call.argument(nameArgument));
    Outcome outcome = new Outcome.Open();
    if (decided
        && !placeOnly
        && (flags & (O_CREAT | O_TMPFILE_BIT)) == O_CREAT
        && !writesPointer(name, flags)) {
      outcome = files.make(call, directory, name, flags, mode);
      if (outcome instanceof Outcome.Made) {
        return;
      }
    }
    if (outcome instanceof Outcome.There there) {
      Entry entry = there.entry();
      openAt(call, new Named(call.tid(), directory, name), entry, flags, mode);
      return;
    }
    if (!isHarmless(name, flags) || !decided || placeOnly) {
      call.live();
    }
    if (!decided || placeOnly) {
      // An O_PATH descriptor gives no content, and an open through it is decided on then. Nor could
      // it be handed over: the kernel injects no such descriptor.
      if (!decided || !supervision.reads()) {
        trace(call, directory, name, flags);
      }
      call.proceed();
      return;
    }
    if ((flags & (O_CREAT | O_TMPFILE_BIT)) != 0 && !files.areFlags(flags)) {
      call.fail(Errno.EINVAL);
      return;
    }
    if ((flags & O_CREAT) != 0 && name.length > 0 && name[name.length - 1] == '/') {
      paths.places().close(paths.entry(call.tid(), directory, name).directory());
      call.fail(Errno.EISDIR);
      return;
    }
    if ((flags & noFollow) == 0) {
      int handed = handedIn(call, name, flags);
      if (handed >= 0) {
        openObject(call, handed, new Named(call.tid(), directory, new byte[0]), flags, true);
        return;
      }
    }
    if (writesPointer(name, flags) && stage(call, directory, name, flags, mode)) {
      return;
    }
    openAt(call, new Named(call.tid(), directory, name), null, flags, mode);
  }

  /**
   * Returns whether opening a regular file changes nothing and sends no event. Then it does not
   * matter whether the name was the caller's: if not, no caller waits for the descriptor.
   */
  private static boolean isHarmless(byte[] name, int flags) {
    return (flags & (O_CREAT | O_TRUNC | O_TMPFILE_BIT)) == 0 && !DescriptorNames.areNear(name);
  }

  /**
   * Opens the object at a name, or makes it.
   *
   * @param named the name that the thread gave
   * @param known its entry, taken over and closed; null if it is not known yet
   */
  private void openAt(SyscallNotification call, Named named, Entry known, int flags, int mode)
      throws AccessException {
    int directory = named.directory();
    int base = known == null ? -1 : known.directory();
    byte[] name = known == null ? named.name() : known.name();
    try {
      int links = 0;
      for (int tries = 0; tries < MOST_TRIES + links; tries++) {
        boolean follow =
            (flags & noFollow) == 0 && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
        int object = object(call.tid(), base, directory, name, follow);
        if (object >= 0) {
          // Below a link's directory, the thread did not give the name.
          byte[] given = links == 0 ? named.name() : new byte[0];
          Named last = new Named(call.tid(), directory, given);
          if (openObject(call, object, last, flags, false)) {
            return;
          }
          continue;
        }
        if (object != -Errno.ENOENT.value() || (flags & O_CREAT) == 0) {
          if (links == 0) {
            hidden.tell(call, directory, named.name(), asked(flags), object);
          }
          call.result(object);
          return;
        }
        Entry entry =
            base < 0 ? entry(call, directory, name) : paths.entryBelow(call.tid(), base, name);
        byte[] target = follow ? linkTarget(entry) : new byte[0];
        if (target.length > 0) {
          // A dangling link: the call makes its target.
          paths.places().close(base);
          base = entry.directory();
          name = target;
          links++;
          if (links > MOST_LINKS) {
            call.fail(Errno.ELOOP);
            return;
          }
          continue;
        }
        decisions.tree().lock();
        try {
          if (create(call, entry, flags, mode)) {
            return;
          }
        } finally {
          decisions.tree().unlock();
          paths.places().close(entry.directory());
        }
      }
      call.fail(Errno.EAGAIN);
    } finally {
      paths.places().close(base);
    }
  }

  /** Returns whether an open may make a pointer or a configuration of git's, by its name. */
  private static boolean writesPointer(byte[] name, int flags) {
    boolean makes = (flags & (O_CREAT | O_TRUNC)) != 0 && (flags & O_ACCMODE) != O_RDONLY;
    return makes && STAGED.stream().anyMatch(pointer -> endsWith(name, pointer));
  }

  private static boolean endsWith(byte[] name, byte[] end) {
    int start = name.length - end.length;
    return start >= 0 && Arrays.equals(name, start, name.length, end, 0, end.length);
  }

  /** Answers the open of one that a command writes whole; returns false for any other. */
  private boolean stage(SyscallNotification call, int directory, byte[] name, int flags, int mode)
      throws AccessException {
    Entry entry = entry(call, directory, name);
    boolean taken = false;
    decisions.tree().lock();
    try {
      boolean truncates = (flags & O_TRUNC) != 0 && (flags & O_EXCL) == 0;
      boolean possible = (flags & O_CREAT) != 0 || decisions.isThere(entry);
      if (!possible || guard.pointer(entry, decisions.pathOf(entry), truncates).isEmpty()) {
        return false;
      }
      taken = true;
      guard.pointers().open(call, entry, flags, mode & 0777 & ~umasks.of(call));
      return true;
    } finally {
      decisions.tree().unlock();
      if (!taken) {
        paths.places().close(entry.directory());
      }
    }
  }

  /** Returns the entry at which a file is made. */
  private Entry entry(SyscallNotification call, int directory, byte[] name) throws AccessException {
    try {
      return paths.entry(call.tid(), directory, name);
    } catch (AccessException e) {
      hidden.tell(call, directory, name, Operation.WRITE, (int) e.result());
      throw e;
    }
  }

  private static Operation asked(int flags) {
    return OPENS_FOR_WRITING.test(flags) ? Operation.WRITE : Operation.READ;
  }

  /**
   * Copies the descriptor that a name stands for, if it was handed in and its object has no other
   * name inside: then its open mode decides, not a path.
   *
   * @return the copy, or -1 for any other name
   */
  private int handedIn(SyscallNotification call, byte[] name, int flags) throws AccessException {
    int number = DescriptorNames.number(call.tid(), name);
    if (number < 0) {
      return -1;
    }
    int copy = child.descriptor(call.tid(), number);
    boolean kept = false;
    try {
      String path = paths.pathOf(copy);
      boolean decides =
          path.isEmpty()
              ? paths.handed().contains(paths.status(copy).identity())
              : paths.outside(call.tid(), copy);
      if (!decides) {
        return -1;
      }
      boolean unnamed = (flags & O_TMPFILE_BIT) != 0;
      if (unnamed || !paths.handed().gives(copy, flags)) {
        Operation asked = OPENS_FOR_WRITING.test(flags) ? Operation.WRITE : Operation.READ;
        denied.accept(
            DenialEvents.certain(
                child,
                "open",
                path.isEmpty() ? "descriptor " + number : path,
                call.tid(),
                Decision.deny(
                    new Reason.HandedIn(), "the descriptor was handed in for something else")));
        throw new AccessException(-Errno.EACCES.value());
      }
      kept = true;
      return copy;
    } finally {
      if (!kept) {
        child.close(copy);
      }
    }
  }

  /** Records an open that the kernel will deny; decides nothing. */
  private void trace(SyscallNotification call, int directory, byte[] name, int flags) {
    Operation asked = asked(flags);
    String path;
    boolean closed = false;
    int object = object(call.tid(), -1, directory, name, (flags & noFollow) == 0);
    try {
      if (object >= 0) {
        path = view.policyPath(paths.pathOf(object));
        Status status = paths.status(object);
        boolean placeOnly = (flags & O_PATH) != 0;
        closed =
            asked == Operation.READ
                && !placeOnly
                && isClosedDevice(status, path)
                && !paths.terminals().include(status)
                && !isStream(call.tid(), status);
      } else if ((flags & O_CREAT) != 0) {
        Entry entry = entry(call, directory, name);
        try {
          path = decisions.pathOf(entry);
        } finally {
          paths.places().close(entry.directory());
        }
      } else {
        hidden.tell(call, directory, name, asked, object);
        return;
      }
    } catch (AccessException e) {
      return;
    } finally {
      paths.places().close(object);
    }
    if (path.isEmpty()) {
      return;
    }
    Decision decision = closed ? closedDevice() : policy.check(path, asked);
    if (!decision.allowed()) {
      denied.accept(DenialEvents.likely(child, "open", path, call.tid(), decision));
    }
  }

  /** Returns whether it is a device that no rule names, where devices are the host's. */
  private boolean isClosedDevice(Status status, String path) {
    return (status.is(S_IFCHR) || status.is(S_IFBLK))
        && !supervision.inNamespaces()
        && !path.isEmpty()
        && policy.policy().fileDefault() != FileDefault.WRITE
        && !ReadableParts.named(policy, path);
  }

  private Decision closedDevice() {
    return Decision.deny(
        new Reason.Default(policy.policy().fileDefault(), Operation.READ),
        "devices but the usual ones are read only where a rule names them");
  }

  /** Returns whether an object is a thread's standard stream, through which it is opened again. */
  private boolean isStream(int tid, Status status) {
    for (int fd = 0; fd <= 2; fd++) {
      int stream = -1;
      try {
        stream = child.descriptor(tid, fd);
        if (paths.status(stream).identity().equals(status.identity())) {
          return true;
        }
      } catch (AccessException e) {
        // The thread has no such stream.
      } finally {
        child.close(stream);
      }
    }
    return false;
  }

  /** Returns a descriptor of the named object, or a negated error number. */
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
   * Opens an object again with the requested flags. Takes the descriptor over.
   *
   * @param named the name that the thread used
   * @param decided whether this open has been allowed already
   * @return false if the caller has to look it up again
   */
  private boolean openObject(
      SyscallNotification call, int object, Named named, int flags, boolean decided)
      throws AccessException {
    boolean handedOn = false;
    try {
      if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        call.fail(Errno.EEXIST);
        return true;
      }
      Status status = paths.status(object);
      if (!status.is(S_IFREG)) {
        call.live();
      }
      boolean unnamed = (flags & O_TMPFILE_BIT) != 0;
      boolean writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
      if (status.is(S_IFLNK)) {
        call.fail((flags & directoryFlag) != 0 ? Errno.ENOTDIR : Errno.ELOOP);
        return true;
      }
      if (status.is(S_IFDIR) && !unnamed && (writes || (flags & O_CREAT) != 0)) {
        call.fail(Errno.EISDIR);
        return true;
      }
      String seen = paths.pathOf(object, named);
      if (foreign.include(call.tid(), seen)) {
        call.fail(Errno.EACCES);
        return true;
      }
      String path = view.policyPath(seen);
      Operation asked = writes ? Operation.WRITE : Operation.READ;
      boolean terminal = status.is(S_IFCHR) && !path.isEmpty();
      if (terminal && OwnTerminals.makes(status)) {
        give(call, paths.terminals().open(paths, object, reopening(flags)), flags);
        return true;
      }
      boolean own = decided || terminal && paths.terminals().include(status);
      if (!own && !decisions.permitted("open", call, path, asked)) {
        return true;
      }
      if (!own && !writes && isClosedDevice(status, path)) {
        denied.accept(DenialEvents.certain(child, "open", path, call.tid(), closedDevice()));
        call.fail(Errno.EACCES);
        return true;
      }
      if (writes
          && !decisions.permitted(
              "open", call, path, decisions.git().written(call.tid(), seen, path))) {
        return true;
      }
      int reopenFlags = reopening(flags);
      if (status.is(S_IFCHR) && status.device() == CONTROLLING_TERMINAL) {
        openTerminal(call, reopenFlags, flags);
        return true;
      }
      if (status.is(S_IFIFO) && (flags & O_NONBLOCK) == 0) {
        waiting.add(
            call, FifoOpen.DESCRIPTORS, new FifoOpen(kernel, call, object, reopenFlags, flags));
        handedOn = true;
        return true;
      }
      give(call, reopen(object, reopenFlags, unnamed ? umaskedMode(call) : 0), flags);
      return true;
    } finally {
      if (!handedOn) {
        paths.places().close(object);
      }
    }
  }

  private int reopening(int flags) {
    return flags & ~(O_CREAT | O_EXCL | noFollow) | O_CLOEXEC | O_NOCTTY;
  }

  private int umaskedMode(SyscallNotification call) throws AccessException {
    int index = call.number() == Syscall.OPENAT.number(kernel.arch()) ? 3 : 2;
    return call.intArgument(index) & 07777 & ~umasks.of(call);
  }

  private long reopen(int object, int flags, int mode) {
    try (NativeBlock block = new NativeBlock(96)) {
      return kernel.call(
          Syscall.OPENAT, AT_FDCWD, block.string(PathResolver.own(object)), flags, mode);
    }
  }

  /** Opens the caller's terminal: a plain open here would give this JVM's away. */
  private void openTerminal(SyscallNotification call, int flags, int asked) throws AccessException {
    int terminal = child.terminal(call.tid());
    // linux/kdev_t.h, as user space has it: major in bits 8 to 19.
    if ((terminal >> 8 & 0xfff) != PSEUDO_TERMINAL_MAJOR) {
      call.fail(Errno.ENXIO);
      return;
    }
    // Found through a standard stream, since a number means another terminal in another devpts.
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
    give(call, paths.terminals().openDevice(device, flags), asked);
  }

  private void give(SyscallNotification call, long opened, int flags) {
    if (opened < 0) {
      call.result(opened);
      return;
    }
    call.resultDescriptor((int) opened, (flags & O_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    paths.places().close(paths.places().opened((int) opened));
  }

  /** Makes a missing file; returns false if one exists by now. */
  private boolean create(SyscallNotification call, Entry entry, int flags, int mode)
      throws AccessException {
    if (entry.special()) {
      call.fail(Errno.EISDIR);
      return true;
    }
    String path = decisions.pathOf(entry);
    Optional<Place> place = guard.permits(GitGuard.Change.CREATE, entry, path);
    int depth = place.map(Place::depth).orElse(Integer.MAX_VALUE);
    if (place.isEmpty() && !decisions.permitted("create", call, path, Operation.WRITE)
        || !decisions.permitted(
            "create", call, path, decisions.git().made(entry, path, false, depth))
        || !decisions.permitted("create", call, path, decisions.git().direct(entry, path))) {
      return true;
    }
    long opened = files.makeAt(entry, flags, mode & 07777 & ~umasks.of(call));
    if (opened == -Errno.EEXIST.value() && (flags & O_EXCL) == 0) {
      return false;
    }
    give(call, opened, flags);
    return true;
  }
}
