package org.ringfence.junit;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** Removes what commands wrote, after their end; follows no link. */
final class WrittenTree extends SimpleFileVisitor<Path> {
  @Override
  public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
    open(directory);
    return FileVisitResult.CONTINUE;
  }

  /** A command may have left a directory that even its owner cannot list or change. */
  private static boolean open(Path directory) {
    File file = directory.toFile();
    return file.setReadable(true) & file.setWritable(true) & file.setExecutable(true);
  }

  @Override
  public FileVisitResult visitFileFailed(Path path, IOException failure) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
        && !Files.isReadable(path)
        && open(path)) {
      Files.walkFileTree(path, this);
      return FileVisitResult.CONTINUE;
    }
    throw failure;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
    Files.delete(file);
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult postVisitDirectory(Path directory, IOException failure)
      throws IOException {
    if (failure != null) {
      throw failure;
    }
    Files.delete(directory);
    return FileVisitResult.CONTINUE;
  }
}
