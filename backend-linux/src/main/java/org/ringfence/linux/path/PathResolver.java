package org.ringfence.linux.path;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;
import static org.ringfence.linux.bind.Constants.O_CLOEXEC;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.RESOLVE_BENEATH;
import static org.ringfence.linux.bind.Constants.RESOLVE_IN_ROOT;
import static org.ringfence.linux.bind.Constants.RESOLVE_NO_MAGICLINKS;
import static org.ringfence.linux.bind.Constants.RESOLVE_NO_SYMLINKS;
import static org.ringfence.linux.task.TargetMemory.checked;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.PlaceDescriptors;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.linux.task.TargetMemory.RefusedException;
import org.ringfence.policy.Reason;

/**
 * Resolves a sandboxed thread's name once, to a descriptor of this JVM. Every later step uses the
 * descriptor, so that changes to the name do not matter.
 */
public final class PathResolver {
  // Each takes some microseconds.
  private static final int MOST_TRIES = 10_000;

  private static final Pattern PROC_ROOT = Pattern.compile("/proc/[0-9]+/root(?:/+|$)");
  private static final Pattern OWN_LINK = Pattern.compile("/proc/[0-9]+/(exe|cwd|root)");
  private static final Charset LATIN = StandardCharsets.ISO_8859_1;
  // linux/limits.h
  private static final int PATH_MAX = 4096;
  // The kernel's limit (MAXSYMLINKS of linux/namei.h).
  private static final int MOST_LINKS = 40;
  private static final String DELETED = " (deleted)";

  private final Kernel kernel;
  private final TargetMemory child;
  private final PlaceDescriptors places;
  private final int directoryFlag;
  private final int noFollowFlag;
  private final boolean ownRoot;
  private final boolean ownProcesses;
  private final SeenMounts mounts;
  private final HandedDescriptors handed;
  private final ProcessLinks links;
  private final String jvm = "/proc/" + ProcessHandle.current().pid() + "/";
  private final OwnTerminals terminals;

  /** Resolves for threads that have this JVM's root. */
  public PathResolver(Kernel kernel) {
    this(kernel, false, false);
  }

  /**
   * Resolves for sandboxed threads.
   *
   * @param kernel the system calls
   * @param ownRoot whether the threads are in a private mount namespace
   * @param ownProcesses whether their procfs shows their own process namespace
   */
  public PathResolver(Kernel kernel, boolean ownRoot, boolean ownProcesses) {
    this.ownProcesses = ownProcesses;
    this.kernel = kernel;
    this.ownRoot = ownRoot;
    this.child = new TargetMemory(kernel);
    this.places = new PlaceDescriptors(kernel);
    this.mounts = new SeenMounts(kernel);
    this.handed = new HandedDescriptors(kernel);
    this.links = new ProcessLinks(kernel, this);
    this.terminals = new OwnTerminals(kernel);
    // asm/fcntl.h: these two differ between the architectures.
    boolean x86 = kernel.arch() == Arch.X86_64;
    this.directoryFlag = x86 ? 0x10000 : 0x4000;
    this.noFollowFlag = x86 ? 0x20000 : 0x8000;
  }

  /**
   * Opens the object that a thread names, with O_PATH.
   *
   * @param tid the thread
   * @param directory its directory descriptor, or AT_FDCWD
   * @param name the name, as bytes
   * @param follow whether a link at the end is followed
   * @return a descriptor; the caller closes it
   */
  public int open(int tid, int directory, byte[] name, boolean follow) throws AccessException {
    try {
      return openOnce(tid, directory, name, follow);
    } catch (UnfoldedException e) {
      return open(tid, e, follow);
    }
  }

  /** Opens a name that leads through /proc/self, by the number of the thread that it means. */
  private int open(int tid, UnfoldedException first, boolean follow) throws AccessException {
    byte[] path = first.path();
    for (int links = 0; links < MOST_LINKS; links++) {
      try {
        return openOnce(tid, AT_FDCWD, path, follow);
      } catch (UnfoldedException e) {
        path = e.path();
      }
    }
    throw new AccessException(-Errno.ELOOP.value());
  }

  private int openOnce(int tid, int directory, byte[] name, boolean follow) throws AccessException {
    if (name.length == 0) {
      throw new AccessException(-Errno.ENOENT.value());
    }
    byte[] path = name;
    if (name[0] == '/' && !DescriptorNames.areNear(name)) {
      return openAbsolute(tid, tid, name, follow);
    }
    if (name[0] == '/') {
      String text = new String(name, LATIN);
      Matcher self = DescriptorNames.PROC_SELF.matcher(text);
      int numbered = tid;
      if (self.lookingAt()) {
        String rest = text.substring(self.end());
        text = "/proc/" + tid + rest;
        // A thread has the same rights by its own number as by its process's.
        numbered = self.group(1).equals("self") ? child.processOf(tid) : tid;
        path = ("/proc/" + numbered + rest).getBytes(LATIN);
      }
      Matcher root = PROC_ROOT.matcher(text);
      if (root.lookingAt()) {
        // A sandbox cannot change its root, so every process in it has this JVM's. JDK 25 attaches
        // that way.
        return openOnce(tid, directory, ("/" + text.substring(root.end())).getBytes(LATIN), follow);
      }
      String own = "/proc/" + tid + "/cwd/";
      if (text.startsWith(own)) {
        String rest = text.substring(own.length());
        return openOnce(tid, AT_FDCWD, ("./" + rest).getBytes(LATIN), follow);
      }
      Matcher descriptor = DescriptorNames.DESCRIPTOR.matcher(text);
      boolean ours = text.startsWith("/dev/fd/") || text.startsWith("/proc/" + tid + "/");
      if (follow && ours && descriptor.matches()) {
        return descriptor(tid, Integer.parseInt(descriptor.group(1)));
      }
      Matcher link = OWN_LINK.matcher(text);
      if (follow && link.matches() && text.startsWith("/proc/" + tid + "/")) {
        return seen(tid, directory(tid, link.group(1)));
      }
      Matcher standard = DescriptorNames.STANDARD.matcher(text);
      if (follow && standard.matches()) {
        return descriptor(tid, DescriptorNames.STREAMS.indexOf(standard.group(1)));
      }
      return openAbsolute(tid, numbered, path, follow);
    }
    int base = start(tid, directory);
    try {
      return openBelowOnce(tid, base, path, follow);
    } finally {
      places.close(base);
    }
  }

  /** Opens the directory at which a thread's relative names begin; gives no access to its files. */
  private int start(int tid, int directory) throws AccessException {
    if (directory == AT_FDCWD) {
      return workingDirectory(tid);
    }
    try {
      return seen(tid, directory(tid, "fd/" + directory));
    } catch (AccessException e) {
      throw e.result() == -Errno.ENOENT.value() ? new AccessException(-Errno.EBADF.value()) : e;
    }
  }

  /**
   * Opens a name as the kernel does: with no link to follow, and no way up to a root of its own,
   * the thread does not matter. Returns -1 for any other name.
   */
  private int near(int base, byte[] name, boolean follow) throws AccessException {
    if (ownRoot && !PlainName.leadsDown(name) || PlainName.isSpecial(name)) {
      return -1;
    }
    try {
      return openAt(base, name, follow, RESOLVE_NO_SYMLINKS);
    } catch (AccessException e) {
      if (e.result() != -Errno.ELOOP.value()) {
        throw e;
      }
      return -1;
    }
  }

  /** Opens a name below a directory that this JVM holds, as a thread would. */
  public int openBelow(int tid, int base, byte[] name, boolean follow) throws AccessException {
    try {
      return openBelowOnce(tid, base, name, follow);
    } catch (UnfoldedException e) {
      return open(tid, e, follow);
    }
  }

  private int openBelowOnce(int tid, int base, byte[] name, boolean follow) throws AccessException {
    if (name[0] == '/') {
      return openOnce(tid, AT_FDCWD, name, follow);
    }
    int near = near(base, name, follow);
    if (near >= 0) {
      return near;
    }
    if (!ownRoot) {
      int object = openAt(base, name, follow, 0);
      return isOfThisJvm(object) ? asNumbered(object, below(base, name), follow) : object;
    }
    // A link on the way may be absolute: then it starts at the thread's root.
    String link = new String(linkBytes(base), LATIN);
    if (!link.startsWith("/")) {
      throw new AccessException(-Errno.ENOTDIR.value());
    }
    byte[] whole = below(base, name);
    if (whole.length >= PATH_MAX) {
      // No path leads there; a lookup beneath the directory needs no root.
      return openAt(base, name, follow, RESOLVE_BENEATH);
    }
    try {
      return openAbsolute(tid, tid, whole, follow);
    } catch (UnfoldedException e) {
      throw e;
    } catch (AccessException e) {
      if (e.result() != -Errno.ENOENT.value() || !link.endsWith(DELETED)) {
        throw e;
      }
      return openBelowRemoved(base, name, follow, e);
    }
  }

  /** Opens a name in a removed directory, to which no path leads; the kernel resolves it itself. */
  private int openBelowRemoved(int base, byte[] name, boolean follow, AccessException first)
      throws AccessException {
    try {
      return openAt(base, name, follow, RESOLVE_BENEATH);
    } catch (AccessException e) {
      throw e.result() == -Errno.EXDEV.value() ? first : e;
    }
  }

  private byte[] below(int base, byte[] name) throws AccessException {
    return (new String(linkBytes(base), LATIN) + "/" + new String(name, LATIN)).getBytes(LATIN);
  }

  private int openAbsolute(int tid, int numbered, byte[] path, boolean follow)
      throws AccessException {
    if (!ownRoot) {
      int near = near(AT_FDCWD, path, follow);
      if (near >= 0) {
        return near;
      }
      int object = openAt(AT_FDCWD, path, follow, 0);
      return isOfThisJvm(object) ? asNumbered(object, path, follow) : object;
    }
    byte[] seen = path;
    String text = new String(path, LATIN);
    if (ownProcesses && text.startsWith("/proc/" + numbered + "/")) {
      // The thread's own procfs knows the thread by its number there.
      String rest = text.substring(("/proc/" + numbered).length());
      seen = ("/proc/" + child.innerNumber(numbered) + rest).getBytes(LATIN);
    }
    int root = directory(tid, "root");
    try {
      return openAt(root, seen, follow, RESOLVE_IN_ROOT);
    } catch (AccessException e) {
      ProcessLinks.Opener opener = (each, last) -> openAt(root, each, last, RESOLVE_IN_ROOT);
      if (!ownProcesses || e.result() != -Errno.ENOENT.value() || !links.mayLead(opener, seen)) {
        throw e;
      }
      byte[] unfolded = links.unfolded(opener, seen, follow);
      if (unfolded.length == 0) {
        throw e;
      }
      throw new UnfoldedException(unfolded);
    } finally {
      places.close(root);
    }
  }

  private boolean isOfThisJvm(int object) throws AccessException {
    String path;
    try {
      path = link(object);
    } catch (AccessException e) {
      if (e.result() != -Errno.ENAMETOOLONG.value()) {
        throw e;
      }
      // No file of a process lies that deep.
      return false;
    }
    return (path + "/").startsWith(jvm);
  }

  /** Opens a path that led to this JVM's process by its number, as ps looks at every process. */
  private int asNumbered(int object, byte[] path, boolean follow) throws AccessException {
    ProcessLinks.Opener opener = (each, last) -> openAt(AT_FDCWD, each, last, 0);
    byte[] unfolded = path[0] == '/' ? links.unfolded(opener, path, follow) : new byte[0];
    if (unfolded.length == 0) {
      return object;
    }
    places.close(object);
    throw new UnfoldedException(unfolded);
  }

  /** Thrown when a name leads through /proc/self, which means another process for the thread. */
  private static final class UnfoldedException extends AccessException {
    private static final long serialVersionUID = 1L;
    private final transient byte[] path;

    UnfoldedException(byte[] path) {
      super(-Errno.ENOENT.value());
      this.path = path;
    }

    byte[] path() {
      return path;
    }
  }

  /** Opens an entry of a directory that this JVM holds, whatever it is. */
  public int openBelowPlain(int base, byte[] name) throws AccessException {
    return openAt(base, name, false, 0);
  }

  /**
   * A name, split into its directory and its last part.
   *
   * @param directory a descriptor of the directory; the holder closes it
   * @param name the last component, without slashes
   * @param given the last component with the slashes that followed it, for which the kernel has
   *     separate errors; no call that looks for an entry follows a link there
   */
  public record Entry(int directory, byte[] name, byte[] given) {
    /** Returns the entry's path, with the links of the directory resolved. */
    public String pathIn(PathResolver paths) throws AccessException {
      return pathBelow(paths.pathOf(directory));
    }

    /** Returns the entry's path below its directory's. */
    public String pathBelow(String parent) {
      String last = new String(name, StandardCharsets.UTF_8);
      return parent.endsWith("/") ? parent + last : parent + "/" + last;
    }

    /** Returns another entry of the same directory, which stays this one's to close. */
    public Entry beside(byte[] other) {
      return new Entry(directory, other, other);
    }

    /** Returns whether the last part names no entry: empty, {@code .} or {@code ..}. */
    public boolean special() {
      return PlainName.isSpecial(name);
    }
  }

  /** Opens the directory of a name; does not look at the last part. */
  public Entry entry(int tid, int directory, byte[] path) throws AccessException {
    if (path.length == 0) {
      throw new AccessException(-Errno.ENOENT.value());
    }
    int end = path.length;
    while (end > 0 && path[end - 1] == '/') {
      end--;
    }
    int start = PlainName.start(path, end);
    byte[] name = Arrays.copyOfRange(path, start, end);
    byte[] given = end == 0 ? new byte[] {'/'} : Arrays.copyOfRange(path, start, path.length);
    byte[] parent = Arrays.copyOf(path, start);
    boolean here = start == 0 || PlainName.isHere(parent);
    return new Entry(
        here ? start(tid, directory) : open(tid, directory, parent, true), name, given);
  }

  /** Opens the directory of a name below a directory that this JVM holds. */
  public Entry entryBelow(int tid, int base, byte[] path) throws AccessException {
    if (path.length > 0 && path[0] == '/') {
      return entry(tid, AT_FDCWD, path);
    }
    int slash = PlainName.start(path, path.length);
    byte[] parent = slash == 0 ? new byte[] {'.'} : Arrays.copyOf(path, slash);
    byte[] name = Arrays.copyOfRange(path, slash, path.length);
    return new Entry(openBelow(tid, base, parent, true), name, name);
  }

  /**
   * The object that a descriptor refers to.
   *
   * @param mode {@code st_mode}
   * @param device the device number of a device file
   * @param identity the identity of the object
   */
  public record Status(int mode, long device, HandedDescriptors.Identity identity) {
    public boolean is(int type) {
      return (mode & Constants.S_IFMT) == type;
    }
  }

  /** Returns the status of a descriptor's object. */
  public Status status(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(512)) {
      // STATX_TYPE | STATX_MODE | STATX_INO is 0x103; struct statx has stx_mode at 28, stx_ino at
      // 32, stx_rdev at 128 and 132, stx_dev at 136 and 140.
      long statx = statx(block, fd, 0x103);
      long device = (long) block.getInt(statx + 128) << 20 | block.getInt(statx + 132);
      long system = (long) block.getInt(statx + 136) << 32 | block.getInt(statx + 140);
      return new Status(
          block.getShort(statx + 28) & 0xffff,
          device,
          new HandedDescriptors.Identity(system, block.getLong(statx + 32)));
    }
  }

  private long statx(NativeBlock block, int fd, int fields) throws AccessException {
    long at = block.allocate(256);
    checked(
        kernel.call(Syscall.STATX, fd, block.allocate(1), Constants.AT_EMPTY_PATH, fields, at, 0));
    return at;
  }

  /** Returns the size of a file in bytes. */
  public long size(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(512)) {
      // STATX_SIZE is 0x200; stx_size lies at 40 in struct statx (linux/stat.h).
      return block.getLong(statx(block, fd, 0x200) + 40);
    }
  }

  /** Opens the thread's working directory. */
  public int workingDirectory(int tid) throws AccessException {
    return seen(tid, directory(tid, "cwd"));
  }

  /**
   * Copies a thread's descriptor, to resolve a name by or through it.
   *
   * @throws AccessException also if it leads to a file that the thread sees nowhere: a descriptor
   *     that was handed in is no name
   */
  public int descriptor(int tid, int fd) throws AccessException {
    return seen(tid, child.descriptor(tid, fd));
  }

  /** Takes a descriptor over, and closes it if the thread does not see its file. */
  private int seen(int tid, int fd) throws AccessException {
    boolean kept = false;
    try {
      if (outside(tid, fd)) {
        throw new RefusedException(new Reason.HandedIn(), pathOf(fd));
      }
      kept = true;
      return fd;
    } finally {
      if (!kept) {
        places.close(fd);
      }
    }
  }

  /**
   * Returns whether a descriptor refers to a file that a thread does not see, whatever its path
   * says.
   */
  public boolean outside(int tid, int fd) throws AccessException {
    return ownRoot && !mounts.include(tid, fd) && !pathOf(fd).isEmpty();
  }

  /** Returns the objects that commands have through descriptors alone. */
  public HandedDescriptors handed() {
    return handed;
  }

  /** Returns what closes the descriptors of places that this class has opened for a decision. */
  public PlaceDescriptors places() {
    return places;
  }

  /** Returns the terminals that commands have opened themselves. */
  public OwnTerminals terminals() {
    return terminals;
  }

  private int directory(int tid, String link) throws AccessException {
    try (NativeBlock block = new NativeBlock(96)) {
      long path = block.string("/proc/" + tid + "/" + link);
      int flags = O_PATH | O_CLOEXEC | (link.equals("exe") ? 0 : directoryFlag);
      return places.opened(checked(kernel.call(Syscall.OPENAT, AT_FDCWD, path, flags, 0)));
    }
  }

  /**
   * Opens a path. A bounded look-up of {@code ..} fails with EAGAIN while any process of the
   * machine renames or mounts, and is repeated (openat2(2)); a command that renames all the time
   * cannot hold the supervisor.
   */
  private int openAt(int base, byte[] path, boolean follow, long resolve) throws AccessException {
    try (NativeBlock block = new NativeBlock(path.length + 96L)) {
      long name = block.allocate(path.length + 1L);
      block.setBytes(name, path);
      // struct open_how: flags, mode, resolve. Links like /proc/1/fd/3 lead into other processes.
      long how = block.allocate(24);
      block.setLong(how, (long) O_PATH | O_CLOEXEC | (follow ? 0 : noFollowFlag));
      block.setLong(how + 16, RESOLVE_NO_MAGICLINKS | resolve);
      long fd = kernel.call(Syscall.OPENAT2, base, name, how, 24);
      for (int i = 1; fd == -Errno.EAGAIN.value() && i < MOST_TRIES; i++) {
        fd = kernel.call(Syscall.OPENAT2, base, name, how, 24);
      }
      return places.opened(checked(fd));
    }
  }

  /**
   * Returns the path of a descriptor's object; a deleted file keeps its old path. Empty for objects
   * in no file system with paths: pipes, sockets, memory files.
   */
  public String pathOf(int fd) throws AccessException {
    String link = link(fd);
    if (!link.startsWith("/") || link.startsWith("/memfd:")) {
      return "";
    }
    return link.endsWith(DELETED) ? link.substring(0, link.length() - DELETED.length()) : link;
  }

  /**
   * The name of an object as a thread gave it.
   *
   * @param tid the thread
   * @param directory its directory descriptor, or AT_FDCWD
   * @param name the name, as bytes; empty if there is none
   */
  public record Named(int tid, int directory, byte[] name) {}

  /**
   * Returns the path of an object that a thread has named. The kernel cannot report the path of a
   * file that lies too deep, and a file has no parent to ask, as a directory has; but its name
   * gives its directory, if it is still there.
   */
  public String pathOf(int object, Named named) throws AccessException {
    try {
      return pathOf(object);
    } catch (AccessException e) {
      if (e.result() != -Errno.ENAMETOOLONG.value() || named.name().length == 0) {
        throw e;
      }
      Entry entry = entry(named.tid(), named.directory(), named.name());
      try {
        if (entry.special() || !isAt(entry, object)) {
          throw e;
        }
        return entry.pathIn(this);
      } finally {
        places.close(entry.directory());
      }
    }
  }

  /** Returns whether an entry itself, not the target of a link, is the object of a descriptor. */
  private boolean isAt(Entry entry, int object) throws AccessException {
    int found = openBelowPlain(entry.directory(), entry.name());
    try {
      return status(found).identity().equals(status(object).identity());
    } finally {
      places.close(found);
    }
  }

  /** Returns the target of a descriptor in {@code /proc/self/fd}, as UTF-8. */
  public String link(int fd) throws AccessException {
    return new String(linkBytes(fd), StandardCharsets.UTF_8);
  }

  private byte[] linkBytes(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(8192)) {
      long name = block.string(own(fd));
      long buffer = block.allocate(4096);
      long result = kernel.call(Syscall.READLINKAT, AT_FDCWD, name, buffer, 4096);
      if (result == -Errno.ENAMETOOLONG.value()) {
        return new DeepPath(kernel, directoryFlag).of(fd);
      }
      return block.getBytes(buffer, checked(result));
    }
  }

  /** Returns this JVM's name of its descriptor, which the kernel follows to the object itself. */
  public static String own(int fd) {
    return "/proc/self/fd/" + fd;
  }
}
