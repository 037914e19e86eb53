package org.ringfence;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sandbox's own temporary directory: unpredictable name, mode 0700, removed at the end. What the
 * command left in it is removed without following links.
 */
final class TemporaryDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TemporaryDirectory.class);

  private static final Path RANDOM = Path.of("/dev/urandom");
  private static final String PREFIX = "ringfence-";
  private static final int NAME_BYTES = 12;

  private final Path path;

  private TemporaryDirectory(Path path) {
    this.path = path;
  }

  static TemporaryDirectory create() throws SandboxException {
    try {
      Path parent = Path.of(System.getProperty("java.io.tmpdir")).toRealPath();
      if (!Files.isReadable(RANDOM)) {
        return new TemporaryDirectory(Files.createTempDirectory(parent, PREFIX));
      }
      Path directory = parent.resolve(PREFIX + randomName());
      FileAttribute<?> ownerOnly =
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
      return new TemporaryDirectory(Files.createDirectory(directory, ownerOnly));
    } catch (IOException e) {
      throw Sandbox.cannot("tmp: no private temporary directory can be made", e);
    }
  }

  /** As good as createTempDirectory's name; setting up SecureRandom costs a third of a launch. */
  private static String randomName() throws IOException {
    try (InputStream random = Files.newInputStream(RANDOM)) {
      return HexFormat.of().formatHex(random.readNBytes(NAME_BYTES));
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      Remover remover = new Remover();
      do {
        remover.unlocked = false;
        Files.walkFileTree(path, remover);
      } while (remover.unlocked);
    } catch (NoSuchFileException e) {
      LOG.debug("{} was gone already", path);
    } catch (IOException e) {
      LOG.debug("{} could not be removed file by file", path, e);
      removeByTool();
    }
  }

  /** What the command has made too deep for a path to name, rm(1) removes all the same. */
  private void removeByTool() {
    try {
      new ProcessBuilder("/bin/rm", "-rf", "--", path.toString())
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      LOG.debug("there is no rm", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      LOG.warn("temporary directory {} could not be removed", path);
    }
  }

  private static final class Remover extends SimpleFileVisitor<Path> {
    private boolean unlocked;

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
      delete(file);
      return FileVisitResult.CONTINUE;
    }

    /** The command may have taken its own rights on a directory away. */
    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
      if (!(failure instanceof AccessDeniedException)
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
        unlock(file.getParent());
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
}
