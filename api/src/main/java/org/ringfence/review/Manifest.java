package org.ringfence.review;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * How every path of a tree was at some time. The time of the last change of an inode (ctime) is
 * part of it, which a program cannot set back.
 *
 * @param entries path, relative to the root, to its state
 */
record Manifest(Map<String, State> entries) {
  private static final int VERSION = 1;

  /**
   * The state of a path.
   *
   * @param mode type and permissions, as {@code st_mode}
   * @param size the size in bytes
   * @param modified the time of the last change of content, in nanoseconds
   * @param changed the time of the last change of anything, in nanoseconds
   */
  record State(int mode, long size, long modified, long changed) {
    private static final int DIRECTORY = 0040000;
    private static final int TYPE = 0170000;

    boolean isDirectory() {
      return (mode & TYPE) == DIRECTORY;
    }

    /** A directory's times and size say only that something in it has changed. */
    boolean differs(State other) {
      return isDirectory() && other.isDirectory() ? mode != other.mode : !equals(other);
    }
  }

  static Manifest of(Path root) throws IOException {
    Map<String, State> entries = new TreeMap<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            if (!directory.equals(root)) {
              entries.put(root.relativize(directory).toString(), state(directory));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            entries.put(root.relativize(file).toString(), state(file));
            return FileVisitResult.CONTINUE;
          }
        });
    return new Manifest(entries);
  }

  static State state(Path path) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(
            path, "unix:mode,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
    return new State(
        (Integer) attributes.get("mode"),
        (Long) attributes.get("size"),
        ((FileTime) attributes.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS),
        ((FileTime) attributes.get("ctime")).to(TimeUnit.NANOSECONDS));
  }

  void write(Path file) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(part)))) {
      out.writeInt(VERSION);
      out.writeInt(entries.size());
      for (Map.Entry<String, State> entry : entries.entrySet()) {
        out.writeUTF(entry.getKey());
        out.writeInt(entry.getValue().mode());
        out.writeLong(entry.getValue().size());
        out.writeLong(entry.getValue().modified());
        out.writeLong(entry.getValue().changed());
      }
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  static Manifest read(Path file) throws IOException {
    Map<String, State> entries = new TreeMap<>();
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      int version = in.readInt();
      if (version != VERSION) {
        throw new IOException(file + " is of version " + version);
      }
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        entries.put(
            in.readUTF(), new State(in.readInt(), in.readLong(), in.readLong(), in.readLong()));
      }
    }
    return new Manifest(entries);
  }
}
