package org.ringfence.review;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.file.TreeVisitor;
import org.ringfence.review.Manifest.State;

/** Copies the readable part of a workspace, links included as links. */
final class TreeCopy implements TreeVisitor, AutoCloseable {
  private static final int PERMISSIONS = 07777;
  private static final int COMMITTED = 01777;
  private static final int TYPE = 0170000;
  private static final int PIPE = 0010000;

  private final HeldDirectory root;
  private final int user;
  private final Predicate<String> denied;
  private final boolean committed;
  private final Map<String, State> before = new TreeMap<>();
  private final List<String> leftOut = new ArrayList<>();
  private final Deque<Status> above = new ArrayDeque<>();
  private HeldDirectory at;

  /**
   * Creates a visitor for the workspace's tree.
   *
   * @param root the directory for the copy
   * @param user the user of this JVM
   * @param denied the relative paths, in UTF-8, that are not copied
   */
  TreeCopy(HeldDirectory root, int user, Predicate<String> denied) {
    this(root, user, denied, false);
  }

  private TreeCopy(HeldDirectory root, int user, Predicate<String> denied, boolean committed) {
    this.committed = committed;
    this.root = root;
    this.user = user;
    this.at = root;
    this.denied = denied;
  }

  /**
   * Creates the object that a commit puts into the workspace, from a copy, in which directories may
   * be locked. It omits setuid and setgid bits that the command has set, and attributes.
   */
  static void stage(Place from, Change change, HeldDirectory stage, String name)
      throws IOException {
    Status status = from.directory().status(from.name()).orElseThrow();
    if (status.isFile()) {
      from.directory().copyFile(from.name(), stage, name, change.committedPermissions());
      return;
    } else if (status.isLink()) {
      stage.makeLink(name, from.directory().readLink(from.name()));
    } else if (status.isDirectory()) {
      stage.makeDirectory(name, 0700);
      try (HeldDirectory source = from.directory().unlock(from.name());
          HeldDirectory target = stage.open(name)) {
        try (TreeCopy copy = new TreeCopy(target, 0, path -> false, true)) {
          source.walk(copy);
          if (!copy.leftOut().isEmpty()) {
            throw new IOException(
                "review: "
                    + Commit.printable(change.name() + "/" + copy.leftOut().get(0))
                    + " is neither file, directory nor link, or cannot be read");
          }
        } finally {
          source.setPermissions(status.mode());
        }
      }
      stage.setPermissions(name, change.committedPermissions());
    }
    stage.giveTo(name, status.user(), status.group());
    stage.setModified(name, status.modified());
  }

  private int permissions(Status status) {
    return status.mode() & (committed ? COMMITTED : PERMISSIONS);
  }

  @Override
  public boolean unlocks() {
    return committed;
  }

  Manifest before() {
    return new Manifest(before);
  }

  /** Returns the paths that are not in the copy: denied, unreadable, or sockets and devices. */
  List<String> leftOut() {
    return leftOut;
  }

  @Override
  public boolean visit(Entry entry) throws IOException {
    byte[] bytes = entry.path().getBytes(StandardCharsets.ISO_8859_1);
    if (denied.test(new String(bytes, StandardCharsets.UTF_8))) {
      leftOut.add(entry.path());
      return false;
    }
    try {
      if (!make(entry)) {
        leftOut.add(entry.path());
        return false;
      }
    } catch (AccessDeniedException e) {
      leftOut.add(entry.path());
      return false;
    } catch (NoSuchFileException e) {
      // Another process has just removed it.
      return false;
    }
    before.put(entry.path(), State.of(entry.status()));
    return entry.status().isDirectory();
  }

  private boolean make(Entry entry) throws IOException {
    Status status = entry.status();
    String name = entry.name();
    if (status.isDirectory()) {
      at.makeDirectory(name, 0700);
      return true;
    } else if (status.isFile()) {
      if (user != 0 && user == status.user() && (status.mode() & 0400) == 0) {
        // Unlike a copy, the workspace is not unlocked: the command could not read it either.
        return false;
      }
      entry.parent().copyFile(name, at, name, permissions(status));
      if (!committed) {
        entry.parent().copyAttributes(name, at, name);
      }
    } else if (status.isLink()) {
      at.makeLink(name, entry.parent().readLink(name));
      at.giveTo(name, status.user(), status.group());
    } else if ((status.mode() & TYPE) == PIPE && !committed) {
      at.makePipe(name, permissions(status));
    } else {
      return false;
    }
    if (!status.isFile()) {
      at.setModified(name, status.modified());
    }
    return true;
  }

  @Override
  public void enter(Entry entry) throws IOException {
    above.push(at.status());
    HeldDirectory next = at.open(entry.name());
    step(next);
  }

  @Override
  public void leave(Entry entry) throws IOException {
    HeldDirectory parent = at.parent();
    step(parent);
    if (!parent.status().isSame(above.pop())) {
      throw new FileSystemException(entry.name(), null, "the copy is being changed");
    }
    Status status = entry.status();
    at.giveTo(entry.name(), status.user(), status.group());
    at.setPermissions(entry.name(), permissions(status));
    at.setModified(entry.name(), status.modified());
  }

  private void step(HeldDirectory next) {
    close();
    at = next;
  }

  @Override
  public void closed(Entry entry, IOException failure) throws IOException {
    if (!(failure instanceof AccessDeniedException)) {
      throw failure;
    }
    at.remove(entry.name(), true);
    before.remove(entry.path());
    leftOut.add(entry.path());
  }

  @Override
  public void close() {
    if (at != root) {
      at.close();
    }
  }
}
