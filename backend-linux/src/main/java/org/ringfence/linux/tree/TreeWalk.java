package org.ringfence.linux.tree;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.file.TreeVisitor;
import org.ringfence.file.TreeVisitor.Entry;

/**
 * Walks a tree with one or two descriptors, whatever its depth: it returns through {@code ..}, and
 * checks that this leads to the directory that it came from.
 */
final class TreeWalk {
  private static final int OWNERS = 0700;
  private static final int LONGEST_PATH = 1 << 16;

  private final TreeVisitor visitor;
  private final boolean across;
  private final Deque<Frame> frames = new ArrayDeque<>();

  TreeWalk(TreeVisitor visitor, boolean across) {
    this.visitor = visitor;
    this.across = across;
  }

  /**
   * A directory on the way down.
   *
   * @param name its name, empty for the root
   * @param path its path from the root
   * @param seen its status as an entry, or the root's
   * @param changed whether its rights were changed to enter it
   * @param below its subdirectories not yet entered
   */
  private record Frame(
      String name, String path, Status seen, boolean changed, Deque<Entry> below) {}

  void from(LinuxDirectory root) throws IOException {
    LinuxDirectory current = root;
    try {
      frames.push(new Frame("", "", root.status(), false, new ArrayDeque<>()));
      list(current);
      while (true) {
        Frame frame = frames.element();
        Entry next = frame.below().poll();
        if (next != null) {
          current = down(current, root, next);
        } else if (frames.size() == 1) {
          return;
        } else {
          frames.pop();
          current = up(current, frame);
        }
      }
    } finally {
      if (current != root) {
        current.close();
      }
    }
  }

  private LinuxDirectory down(LinuxDirectory current, LinuxDirectory root, Entry next)
      throws IOException {
    Entry entry = new Entry(current, next.path(), next.name(), next.status());
    boolean locked = (entry.status().mode() & OWNERS) != OWNERS;
    LinuxDirectory child;
    try {
      child =
          locked && visitor.unlocks()
              ? current.unlock(entry.name())
              : across ? current.openAcross(entry.name()) : current.open(entry.name());
    } catch (IOException e) {
      visitor.closed(entry, e);
      return current;
    }
    boolean entered = false;
    try {
      if (!child.status().isSame(entry.status())) {
        throw changed(entry.name());
      }
      visitor.enter(entry);
      frames.push(
          new Frame(
              entry.name(),
              entry.path(),
              entry.status(),
              locked && visitor.unlocks(),
              new ArrayDeque<>()));
      list(child);
      entered = true;
    } finally {
      if (!entered) {
        child.close();
      }
    }
    if (current != root) {
      current.close();
    }
    return child;
  }

  private LinuxDirectory up(LinuxDirectory current, Frame left) throws IOException {
    LinuxDirectory parent = current.parent();
    boolean done = false;
    try {
      if (!parent.status().isSame(frames.element().seen())) {
        throw changed(left.name());
      }
      if (left.changed()) {
        current.setPermissions(left.seen().mode());
      }
      visitor.leave(new Entry(parent, left.path(), left.name(), left.seen()));
      done = true;
    } finally {
      if (!done) {
        parent.close();
      }
    }
    current.close();
    return parent;
  }

  private static IOException changed(String name) {
    return new FileSystemException(name, null, "the tree is being changed");
  }

  private void list(LinuxDirectory directory) throws IOException {
    Frame frame = frames.element();
    for (String name : directory.names()) {
      Optional<Status> status = directory.status(name);
      if (status.isPresent()) {
        Entry entry = new Entry(directory, path(frame, name), name, status.get());
        if (visitor.visit(entry) && status.get().isDirectory()) {
          frame.below().add(entry);
        }
      }
    }
  }

  private String path(Frame frame, String name) throws IOException {
    if (!visitor.wantsPaths()) {
      return "";
    }
    if (frame.path().length() > LONGEST_PATH) {
      throw new FileSystemException(name, null, "it lies too deep");
    }
    return frame.path().isEmpty() ? name : frame.path() + "/" + name;
  }
}
