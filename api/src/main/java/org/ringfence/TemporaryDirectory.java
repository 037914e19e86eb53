package org.ringfence;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.ringfence.spi.TreeRemoval;
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
    Path usual = Path.of(System.getProperty("java.io.tmpdir"));
    try {
      try {
        return createIn(usual);
      } catch (AccessDeniedException e) {
        // A JVM ignores TMPDIR on Linux; inside another sandbox that may be the only place.
        String named = System.getenv("TMPDIR");
        if (named == null || !named.startsWith("/")) {
          throw e;
        }
        return createIn(Path.of(named));
      }
    } catch (IOException e) {
      throw Sandbox.cannot("tmp: no private temporary directory can be made", e);
    }
  }

  private static TemporaryDirectory createIn(Path place) throws IOException {
    Path parent = place.toRealPath();
    if (!TreeRemoval.POSIX || !Files.isReadable(RANDOM)) {
      return new TemporaryDirectory(Files.createTempDirectory(parent, PREFIX));
    }
    Path directory = parent.resolve(PREFIX + randomName());
    FileAttribute<?> ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    return new TemporaryDirectory(Files.createDirectory(directory, ownerOnly));
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
      TreeRemoval.remove(path);
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
}
