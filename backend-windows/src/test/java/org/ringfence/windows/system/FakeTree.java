package org.ringfence.windows.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.ringfence.windows.acl.AccessControlList;

/**
 * A tree of real files in a {@link FakeWindows}. A list belongs to a file, not to its name, and
 * setting the list of a directory changes those below as Windows does: it rewrites them at once,
 * and passes over some without an error.
 */
public final class FakeTree {
  private static final int PROTECTED = 0x10;
  private static final int INHERITED = 0x10;
  private static final int INHERITABLE = 0x3;
  private static final int HEADER = 8;

  /** Files that this user may not change: of administrators, or of another account. */
  public final Set<Path> ofOthers = new HashSet<>();

  /** Acts as another process does between a look at a path and its use. */
  public Consumer<Path> opening = path -> {};

  /** Whether entries reach files with several names; others report both. */
  public boolean reachesHardLinks = true;

  private final FakeWindows windows;
  private final Path root;
  private final Map<Object, FakeFile> byIdentity = new HashMap<>();

  FakeTree(FakeWindows windows, Path root) {
    this.windows = windows;
    this.root = root;
  }

  /** Returns the file at a path; empty if the path is not of this tree or nothing is there. */
  Optional<FakeFile> find(String path) {
    Path real = Path.of(path);
    opening.accept(real);
    if (!real.startsWith(root) || !Files.exists(real, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try {
      Object identity = Files.getAttribute(real, "unix:ino", LinkOption.NOFOLLOW_LINKS);
      boolean known = byIdentity.containsKey(identity);
      FakeFile file = byIdentity.computeIfAbsent(identity, made -> windows.file(path));
      // Windows tells the path without links (GetFinalPathNameByHandleW).
      file.path = real.getParent().toRealPath().resolve(real.getFileName()).toString();
      file.id = (Long) identity;
      boolean directory = Files.isDirectory(real, LinkOption.NOFOLLOW_LINKS);
      file.links =
          directory
              ? 1
              : (Integer) Files.getAttribute(real, "unix:nlink", LinkOption.NOFOLLOW_LINKS);
      file.attributes =
          (directory ? FileFacts.DIRECTORY : 0)
              | (Files.isSymbolicLink(real) ? FileFacts.REPARSE_POINT : 0);
      if (!known && !real.equals(root)) {
        Optional<FakeFile> above = find(real.getParent().toString());
        above.ifPresent(parent -> file.descriptor = inheriting(parent, file, List.of()));
      }
      return Optional.of(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns whether a path belongs to the tree, where the real files alone exist. */
  boolean covers(String path) {
    return Path.of(path).startsWith(root);
  }

  /** Finds a file wherever it is in the tree. */
  Optional<FakeFile> find(Predicate<FakeFile> which) {
    try (Stream<Path> all = Files.walk(root)) {
      return all.map(path -> find(path.toString()).orElseThrow()).filter(which).findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Rewrites the lists below a directory whose list was set. */
  void propagate(FakeFile directory) {
    if ((directory.attributes & FileFacts.DIRECTORY) == 0
        || !Path.of(directory.path).startsWith(root)) {
      return;
    }
    try (Stream<Path> children = Files.list(Path.of(directory.path))) {
      for (Path child : (Iterable<Path>) children::iterator) {
        FakeFile file = find(child.toString()).orElseThrow();
        boolean passedOver =
            (file.descriptor[3] & PROTECTED) != 0
                || ofOthers.contains(child)
                || file.links > 1 && !reachesHardLinks;
        if (!passedOver) {
          file.descriptor = inheriting(directory, file, entries(file, false));
          propagate(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a list that inherits nothing. */
  public void protect(Path path) {
    find(path.toString()).orElseThrow().descriptor[3] |= PROTECTED;
  }

  private static byte[] inheriting(FakeFile parent, FakeFile child, List<byte[]> own) {
    boolean directory = (child.attributes & FileFacts.DIRECTORY) != 0;
    List<byte[]> all = new ArrayList<>(own);
    for (byte[] entry : entries(parent, true)) {
      if ((entry[1] & INHERITABLE) != 0) {
        byte[] inherited = entry.clone();
        inherited[1] = (byte) (INHERITED | (directory ? entry[1] & INHERITABLE : 0));
        all.add(inherited);
      }
    }
    int size = HEADER + all.stream().mapToInt(entry -> entry.length).sum();
    ByteBuffer list = ByteBuffer.allocate(20 + size).order(ByteOrder.LITTLE_ENDIAN);
    list.put(new byte[] {1, 0, 4, (byte) 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0});
    list.put((byte) 2).put((byte) 0).putShort((short) size);
    list.putShort((short) all.size()).putShort((short) 0);
    all.forEach(list::put);
    return list.array();
  }

  private static List<byte[]> entries(FakeFile file, boolean inheritedToo) {
    byte[] acl = AccessControlList.ofDescriptor(file.descriptor).orElseThrow().bytes();
    ByteBuffer buffer = ByteBuffer.wrap(acl).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> entries = new ArrayList<>();
    int at = HEADER;
    while (at < acl.length) {
      int length = buffer.getShort(at + 2) & 0xffff;
      byte[] entry = java.util.Arrays.copyOfRange(acl, at, at + length);
      if (inheritedToo || (entry[1] & INHERITED) == 0) {
        entries.add(entry);
      }
      at += length;
    }
    return entries;
  }
}
