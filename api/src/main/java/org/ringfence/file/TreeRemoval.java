package org.ringfence.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Removes the files that a command has left, whatever rights it has removed, without following
 * links.
 */
public final class TreeRemoval extends SimpleFileVisitor<Path> {
  /** Whether files have POSIX permissions; on Windows they have access control lists. */
  public static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private boolean unlocked;

  private TreeRemoval() {}

  /**
   * Removes a directory with its contents.
   *
   * @param root the directory
   * @throws IOException if something cannot be removed, or the directory does not exist
   */
  public static void remove(Path root) throws IOException {
    TreeRemoval removal = new TreeRemoval();
    do {
      removal.unlocked = false;
      Files.walkFileTree(root, removal);
    } while (removal.unlocked);
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
    delete(file);
    return FileVisitResult.CONTINUE;
  }

  /** Removes a junction itself, not its target. */
  @Override
  public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) throws IOException {
    if (attrs.isOther()) {
      delete(dir);
      return FileVisitResult.SKIP_SUBTREE;
    }
    return FileVisitResult.CONTINUE;
  }

  /** Restores the rights on a directory, which the command may have removed. */
  @Override
  public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
    if (!POSIX
        || !(failure instanceof AccessDeniedException)
        || !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)
        || Files.isReadable(file) && Files.isExecutable(file)) {
      throw failure;
    }
    unlock(file);
    return FileVisitResult.CONTINUE;
  }

  private void delete(Path file) throws IOException {
    try {
      Files.delete(file);
    } catch (AccessDeniedException e) {
      if (POSIX) {
        unlock(file.getParent());
      } else {
        // Windows refuses to delete a read-only file.
        Files.setAttribute(file, "dos:readonly", false, LinkOption.NOFOLLOW_LINKS);
      }
      Files.delete(file);
    }
  }

  private void unlock(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    unlocked = true;
  }

  @Override
  public FileVisitResult postVisitDirectory(Path dir, IOException failure) throws IOException {
    if (failure != null) {
      throw failure;
    }
    if (!unlocked) {
      delete(dir);
    }
    return FileVisitResult.CONTINUE;
  }
}
