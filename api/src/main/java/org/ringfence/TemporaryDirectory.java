package org.ringfence;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sandbox's own temporary directory: unpredictable name, mode 0700, removed at the end. What the
 * command left in it is removed without following links.
 */
final class TemporaryDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TemporaryDirectory.class);

  private final Path path;

  private TemporaryDirectory(Path path) {
    this.path = path;
  }

  static TemporaryDirectory create() throws SandboxException {
    try {
      return new TemporaryDirectory(Files.createTempDirectory("ringfence-").toRealPath());
    } catch (IOException e) {
      throw Sandbox.cannot("tmp: no private temporary directory can be made", e);
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      Files.walkFileTree(path, new Remover());
    } catch (NoSuchFileException e) {
      LOG.debug("{} was gone already", path);
    } catch (IOException e) {
      LOG.warn("temporary directory {} could not be removed: {}", path, e.toString());
    }
  }

  private static final class Remover extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) {
      // The command may have taken its own rights away; without effect on Windows.
      dir.toFile().setWritable(true, true);
      dir.toFile().setExecutable(true, true);
      dir.toFile().setReadable(true, true);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path dir, IOException failure) throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.delete(dir);
      return FileVisitResult.CONTINUE;
    }
  }
}
