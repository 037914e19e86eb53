package org.ringfence.linux.tree;

import static org.ringfence.linux.bind.Constants.O_CREAT;
import static org.ringfence.linux.bind.Constants.O_EXCL;
import static org.ringfence.linux.bind.Constants.O_NONBLOCK;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.O_RDONLY;
import static org.ringfence.linux.bind.Constants.O_WRONLY;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.TreeVisitor;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/** A directory held by a descriptor. */
final class LinuxDirectory implements HeldDirectory {
  private static final int LONGEST_LINK = 4096;
  private static final int OWNERS = 0700;

  private final TreeCalls calls;
  private final int fd;

  LinuxDirectory(TreeCalls calls, int fd) {
    this.calls = calls;
    this.fd = fd;
  }

  /** Returns the descriptor, which stays this object's. */
  int descriptor() {
    return fd;
  }

  private static String named(String name) throws IOException {
    if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0) {
      throw TreeCalls.failure(name, Errno.EINVAL.value());
    }
    return name;
  }

  private static int of(HeldDirectory directory) {
    return ((LinuxDirectory) directory).fd;
  }

  @Override
  public Status status() throws IOException {
    return calls.status(fd);
  }

  @Override
  public Optional<Status> status(String name) throws IOException {
    try {
      return Optional.of(calls.status(fd, named(name), Constants.AT_SYMLINK_NOFOLLOW));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public List<String> names() throws IOException {
    return calls.names(fd);
  }

  @Override
  public LinuxDirectory open(String name) throws IOException {
    return new LinuxDirectory(calls, calls.openHere(fd, named(name), O_RDONLY | calls.directory()));
  }

  /** Opens a directory of any file system. */
  LinuxDirectory openAcross(String name) throws IOException {
    return new LinuxDirectory(
        calls, calls.openAt(fd, named(name), O_RDONLY | calls.directory() | calls.noFollow(), 0));
  }

  @Override
  public LinuxDirectory unlock(String name) throws IOException {
    int held = calls.openHere(fd, named(name), O_PATH | calls.directory());
    try {
      int mode = calls.status(held).mode();
      if ((mode & OWNERS) != OWNERS) {
        calls.permissions(held, name, mode | OWNERS);
      }
      return new LinuxDirectory(calls, calls.openAt(held, ".", O_RDONLY | calls.directory(), 0));
    } finally {
      calls.close(held);
    }
  }

  @Override
  public LinuxDirectory parent() throws IOException {
    return new LinuxDirectory(calls, calls.openAt(fd, "..", O_RDONLY | calls.directory(), 0));
  }

  @Override
  public void walk(TreeVisitor visitor) throws IOException {
    new TreeWalk(visitor, true).from(this);
  }

  @Override
  public void makeDirectory(String name, int permissions) throws IOException {
    try (NativeBlock block = TreeCalls.blockFor(name, 0)) {
      TreeCalls.check(
          name,
          calls
              .kernel()
              .call(Syscall.MKDIRAT, fd, TreeCalls.name(block, named(name)), permissions));
    }
  }

  @Override
  public void makeLink(String name, String target) throws IOException {
    try (NativeBlock block = TreeCalls.blockFor(name + target, 64)) {
      long to = TreeCalls.name(block, target);
      TreeCalls.check(
          name, calls.kernel().call(Syscall.SYMLINKAT, to, fd, TreeCalls.name(block, named(name))));
    }
  }

  @Override
  public String readLink(String name) throws IOException {
    try (NativeBlock block = TreeCalls.blockFor(name, LONGEST_LINK + 64)) {
      long path = TreeCalls.name(block, named(name));
      long buffer = block.allocate(LONGEST_LINK);
      int length =
          (int)
              TreeCalls.check(
                  name, calls.kernel().call(Syscall.READLINKAT, fd, path, buffer, LONGEST_LINK));
      return new String(block.getBytes(buffer, length), StandardCharsets.ISO_8859_1);
    }
  }

  @Override
  public void makePipe(String name, int permissions) throws IOException {
    try (NativeBlock block = TreeCalls.blockFor(name, 0)) {
      long path = TreeCalls.name(block, named(name));
      int mode = Constants.S_IFIFO | permissions;
      TreeCalls.check(name, calls.kernel().call(Syscall.MKNODAT, fd, path, mode, 0));
    }
  }

  @Override
  public void setPermissions(String name, int permissions) throws IOException {
    int held = calls.openHere(fd, named(name), O_PATH);
    try {
      calls.permissions(held, name, permissions);
    } finally {
      calls.close(held);
    }
  }

  @Override
  public void setPermissions(int permissions) throws IOException {
    calls.permissions(fd, ".", permissions);
  }

  @Override
  public void setModified(String name, long modified) throws IOException {
    calls.modified(fd, named(name), modified);
  }

  @Override
  public void giveTo(String name, int user, int group) {
    try (NativeBlock block = TreeCalls.blockFor(name, 0)) {
      long path = TreeCalls.name(block, name);
      int flags = Constants.AT_SYMLINK_NOFOLLOW;
      calls.kernel().call(Syscall.FCHOWNAT, fd, path, user, group, flags, 0);
    }
  }

  /** Opens a regular file for reading; neither a pipe nor a lease blocks it. */
  private int file(String name) throws IOException {
    int flags = O_RDONLY | O_NONBLOCK | calls.noFollow();
    int opened;
    try {
      opened = calls.openAt(fd, named(name), flags, 0);
    } catch (AccessDeniedException e) {
      opened = unreadable(name, flags);
    }
    if (!calls.status(opened).isFile()) {
      calls.close(opened);
      throw new FileSystemException(name, null, "it is no regular file");
    }
    return opened;
  }

  /** Opens a file that its owner may not read: grants the right until the file is open. */
  private int unreadable(String name, int flags) throws IOException {
    int held = calls.openAt(fd, name, O_PATH | calls.noFollow(), 0);
    try {
      Status status = calls.status(held);
      boolean own = status.user() == (int) calls.kernel().call(Syscall.GETEUID);
      if (!status.isFile() || !own || (status.mode() & 0400) != 0) {
        throw TreeCalls.failure(name, Errno.EACCES.value());
      }
      calls.permissions(held, name, status.mode() | 0400);
      try {
        return calls.openAt(fd, name, flags, 0);
      } finally {
        calls.permissions(held, name, status.mode());
      }
    } finally {
      calls.close(held);
    }
  }

  @Override
  public void copyFile(String name, HeldDirectory to, String newName, int permissions)
      throws IOException {
    int from = file(name);
    try {
      Status status = calls.status(from);
      int flags = O_WRONLY | O_CREAT | O_EXCL | calls.noFollow();
      int target = calls.openAt(of(to), named(newName), flags, 0600);
      boolean done = false;
      try {
        new FileCopy(calls.kernel(), from, target, status.size()).run();
        calls.kernel().call(Syscall.FCHOWN, target, status.user(), status.group());
        calls.permissions(target, newName, permissions);
        calls.modified(target, "", status.modified());
        done = true;
      } finally {
        calls.close(target);
        if (!done) {
          to.remove(newName, false);
        }
      }
    } finally {
      calls.close(from);
    }
  }

  @Override
  public void copyAttributes(String name, HeldDirectory to, String newName) throws IOException {
    int flags = O_RDONLY | O_NONBLOCK | calls.noFollow();
    int from;
    int target;
    try {
      from = calls.openAt(fd, named(name), flags, 0);
    } catch (AccessDeniedException e) {
      return;
    }
    try {
      target = calls.openAt(of(to), named(newName), flags, 0);
    } catch (AccessDeniedException e) {
      calls.close(from);
      return;
    }
    FileCopy.attributes(calls.kernel(), from, target);
    calls.close(target);
    calls.close(from);
  }

  @Override
  public byte[] read(String name, int most) throws IOException {
    int from = file(name);
    try (NativeBlock block = new NativeBlock(most + 32L)) {
      long buffer = block.allocate(most);
      int sum = 0;
      while (sum < most) {
        long count = calls.kernel().call(Syscall.READ, from, buffer + sum, most - sum);
        if (TreeCalls.check(name, count) == 0) {
          break;
        }
        sum += (int) count;
      }
      return Arrays.copyOf(block.getBytes(buffer, sum), sum);
    } finally {
      calls.close(from);
    }
  }

  @Override
  public void write(String name, byte[] content) throws IOException {
    int target = calls.openAt(fd, named(name), O_WRONLY | O_CREAT | O_EXCL, 0600);
    try (NativeBlock block = new NativeBlock(content.length + 32L)) {
      long bytes = block.bytes(content);
      long sum = 0;
      while (sum < content.length) {
        long count = calls.kernel().call(Syscall.WRITE, target, bytes + sum, content.length - sum);
        sum += TreeCalls.check(name, count);
      }
    } finally {
      calls.close(target);
    }
  }

  @Override
  public void move(String name, HeldDirectory to, String newName, Target target)
      throws IOException {
    try (NativeBlock block = TreeCalls.blockFor(name + newName, 64)) {
      long from = TreeCalls.name(block, named(name));
      long there = TreeCalls.name(block, named(newName));
      int flags =
          switch (target) {
            case NEW -> Constants.RENAME_NOREPLACE;
            case EXCHANGED -> Constants.RENAME_EXCHANGE;
            case REPLACED -> 0;
          };
      long result = calls.kernel().call(Syscall.RENAMEAT2, fd, from, of(to), there, flags, 0);
      if (result == -Errno.EINVAL.value() && target == Target.NEW) {
        // A file system without flags: an existing entry stays all the same.
        if (to.status(newName).isPresent()) {
          throw TreeCalls.failure(newName, Errno.EEXIST.value());
        }
        result = calls.kernel().call(Syscall.RENAMEAT2, fd, from, of(to), there, 0, 0);
      }
      TreeCalls.check(name, result);
    }
  }

  @Override
  public void remove(String name, boolean directory) throws IOException {
    try (NativeBlock block = TreeCalls.blockFor(name, 0)) {
      int flags = directory ? Constants.AT_REMOVEDIR : 0;
      long path = TreeCalls.name(block, named(name));
      long result = calls.kernel().call(Syscall.UNLINKAT, fd, path, flags);
      if (result != -Errno.ENOENT.value()) {
        TreeCalls.check(name, result);
      }
    }
  }

  @Override
  public void removeTree(String name) throws IOException {
    Optional<Status> there = status(name);
    if (there.isEmpty()) {
      return;
    }
    if (!there.get().isDirectory()) {
      remove(name, false);
      return;
    }
    Removal removal = new Removal();
    try (LinuxDirectory root = unlock(name)) {
      new TreeWalk(removal, false).from(root);
    }
    removal.rethrow();
    remove(name, true);
  }

  @Override
  public boolean lock() {
    return calls.kernel().call(Syscall.FLOCK, fd, Constants.LOCK_EX | Constants.LOCK_NB) == 0;
  }

  @Override
  public void close() {
    calls.close(fd);
  }

  /** Removes each visited entry, and continues where one stays. */
  private static final class Removal implements TreeVisitor {
    private IOException failure;

    private void failed(IOException e) {
      if (failure == null) {
        failure = e;
      }
    }

    private void rethrow() throws IOException {
      if (failure != null) {
        throw failure;
      }
    }

    @Override
    public boolean visit(Entry entry) {
      if (entry.status().isDirectory()) {
        return true;
      }
      try {
        entry.parent().remove(entry.name(), false);
      } catch (IOException e) {
        failed(e);
      }
      return false;
    }

    @Override
    public void leave(Entry entry) {
      try {
        entry.parent().remove(entry.name(), true);
      } catch (IOException e) {
        failed(e);
      }
    }

    @Override
    public void closed(Entry entry, IOException reason) {
      failed(reason);
    }

    @Override
    public boolean unlocks() {
      return true;
    }

    @Override
    public boolean wantsPaths() {
      return false;
    }
  }
}
