package org.ringfence.review;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.file.TreeVisitor;

/**
 * The state of every path of a tree at some time. It includes the time of the last change of an
 * inode (ctime), which a program cannot set back.
 *
 * @param entries path, relative to the root and one char per byte, to its state; a directory comes
 *     before its contents
 */
record Manifest(Map<String, State> entries) {
  private static final int VERSION = 2;

  /**
   * The state of a path.
   *
   * @param mode type and permissions, as {@code st_mode}
   * @param size the size in bytes
   * @param modified the time of the last change of content, in nanoseconds
   * @param changed the time of the last change of anything, in nanoseconds
   * @param inode the object's number; devices have other numbers after a restart
   */
  record State(int mode, long size, long modified, long changed, long inode) {
    private static final int DIRECTORY = 0040000;
    private static final int TYPE = 0170000;

    static State of(Status status) {
      return new State(
          status.mode(), status.size(), status.modified(), status.changed(), status.inode());
    }

    boolean isDirectory() {
      return (mode & TYPE) == DIRECTORY;
    }

    /**
     * Returns whether the path has changed. A directory's times and size show only changes of its
     * contents, so they do not count.
     */
    boolean differs(State other) {
      return isDirectory() && other.isDirectory()
          ? mode != other.mode
          : mode != other.mode
              || size != other.size
              || modified != other.modified
              || changed != other.changed;
    }

    /** Returns whether object and content are the same as then; renaming changes ctime. */
    boolean isStill(State then) {
      return inode == then.inode
          && mode == then.mode
          && (isDirectory() || size == then.size && modified == then.modified);
    }
  }

  /** Reads the state of a copy, in which a command may have removed rights. */
  static Manifest of(HeldDirectory root) throws IOException {
    Map<String, State> entries = new TreeMap<>();
    root.walk(
        new TreeVisitor() {
          @Override
          public boolean visit(Entry entry) {
            entries.put(entry.path(), State.of(entry.status()));
            return true;
          }

          @Override
          public boolean unlocks() {
            return true;
          }
        });
    return new Manifest(entries);
  }

  byte[] bytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(VERSION);
    out.writeInt(entries.size());
    for (Map.Entry<String, State> entry : entries.entrySet()) {
      byte[] name = entry.getKey().getBytes(StandardCharsets.ISO_8859_1);
      out.writeInt(name.length);
      out.write(name);
      State state = entry.getValue();
      out.writeInt(state.mode());
      out.writeLong(state.size());
      out.writeLong(state.modified());
      out.writeLong(state.changed());
      out.writeLong(state.inode());
    }
    return bytes.toByteArray();
  }

  static Manifest read(byte[] bytes) throws IOException {
    Map<String, State> entries = new TreeMap<>();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int version = in.readInt();
    if (version != VERSION) {
      throw new IOException("review: it was made by another version, " + version);
    }
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      String name = new String(in.readNBytes(in.readInt()), StandardCharsets.ISO_8859_1);
      entries.put(
          name,
          new State(in.readInt(), in.readLong(), in.readLong(), in.readLong(), in.readLong()));
    }
    return new Manifest(entries);
  }
}
