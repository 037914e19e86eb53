package org.ringfence.file;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * A file that the user names and this JVM opens for the user, where commands may have replaced it:
 * by a link, a FIFO, a device. Ringfence follows links only where no command may write. Immutable.
 *
 * @param trusted the deepest directory above it that no command can replace; a real path
 * @param rest the way from there, without links when it was checked
 * @param exposed whether commands may write there
 */
public record NamedFile(Path trusted, Path rest, boolean exposed) {
  private static final int MOST_LINKS = 40;

  /**
   * Returns the directories that a policy makes writable, in which commands may plant anything.
   *
   * @param policy the policy; one that grants writing everywhere asks for no protection
   * @return whether a real path of a directory is one of them
   */
  public static Predicate<Path> writableBy(EffectivePolicy policy) {
    return policy.policy().fileDefault() == FileDefault.WRITE
        ? directory -> false
        : directory -> policy.accessAt(directory.toString()) == Access.WRITE;
  }

  /**
   * Checks the way of a file that Ringfence creates or appends to. It refuses a link as the file: a
   * command of an earlier policy may have planted it.
   *
   * @param file the file; need not exist
   * @param exposed whether commands may write in a directory
   * @return the file
   * @throws FileSystemException if a command may have planted a link on its way, or it is a link,
   *     or a command may have planted an irregular file
   * @throws IOException if its way cannot be read
   */
  public static NamedFile of(Path file, Predicate<Path> exposed) throws IOException {
    return of(file, exposed, false);
  }

  /**
   * Checks the way of a file that the caller has chosen. The file may be a link where no command
   * may write.
   *
   * @param file the file; need not exist
   * @param exposed whether commands may write in a directory
   * @return the file; unchanged where no command may write
   * @throws FileSystemException if a command may have planted a link on its way, or a command may
   *     have planted an irregular file
   * @throws IOException if its way cannot be read
   */
  public static NamedFile followed(Path file, Predicate<Path> exposed) throws IOException {
    return of(file, exposed, true);
  }

  private static NamedFile of(Path file, Predicate<Path> exposed, boolean lastMayBeLink)
      throws IOException {
    Path absolute = file.toAbsolutePath().normalize();
    Path at = absolute.getRoot();
    Path trusted = null;
    Deque<Path> pending = new ArrayDeque<>();
    absolute.forEach(pending::add);
    if (pending.isEmpty()) {
      throw new FileSystemException(file.toString(), null, "it is a directory; name a file");
    }
    int links = 0;
    while (!pending.isEmpty()) {
      if (trusted == null && exposed.test(at)) {
        trusted = at;
      }
      Path next = at.resolve(pending.remove()).normalize();
      if (!Files.isSymbolicLink(next)) {
        at = next;
        continue;
      }
      if (trusted != null || pending.isEmpty() && !lastMayBeLink) {
        throw new FileSystemException(
            file.toString(),
            null,
            next
                + " is a symbolic link"
                + (trusted == null ? "" : " where a command may put one")
                + "; name the file that it leads to");
      }
      if (++links > MOST_LINKS) {
        throw new FileSystemLoopException(file.toString());
      }
      Path target = Files.readSymbolicLink(next);
      if (pending.isEmpty() && !Files.exists(at.resolve(target)) && Files.exists(next)) {
        // As in /proc/self/fd, where the text of a link is not a path.
        at = next;
        break;
      }
      at = target.isAbsolute() ? target.getRoot() : at;
      List<Path> names = new ArrayList<>();
      target.forEach(names::add);
      Collections.reverse(names);
      names.forEach(pending::addFirst);
    }
    if (Files.exists(at, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(at, LinkOption.NOFOLLOW_LINKS)
        && (trusted != null || !lastMayBeLink && Files.isDirectory(at))) {
      throw new FileSystemException(file.toString(), null, "it is not a regular file");
    }
    Path base = trusted == null ? at.getParent() : trusted;
    return new NamedFile(base, base.relativize(at), trusted != null);
  }

  /**
   * Returns its real path.
   *
   * @return a path without links, when it was checked
   */
  public Path path() {
    return trusted.resolve(rest);
  }

  /**
   * Returns its name in its directory.
   *
   * @return one component
   */
  public Path name() {
    return rest.getFileName();
  }

  /**
   * Opens its directory, descriptor by descriptor below the trusted one, so that it does not follow
   * a link planted meanwhile.
   *
   * @return the directory; the caller closes it
   * @throws IOException if a component is not a directory any more, or this system has no such
   *     calls
   */
  public SecureDirectoryStream<Path> directory() throws IOException {
    SecureDirectoryStream<Path> directory = secure(Files.newDirectoryStream(trusted), trusted);
    try {
      for (int i = 0; i < rest.getNameCount() - 1; i++) {
        SecureDirectoryStream<Path> below =
            directory.newDirectoryStream(rest.getName(i), LinkOption.NOFOLLOW_LINKS);
        directory.close();
        directory = below;
      }
      return directory;
    } catch (IOException e) {
      directory.close();
      throw e;
    }
  }

  private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream, Path path)
      throws IOException {
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return secure;
    }
    stream.close();
    throw new NotDirectoryException(path + ": this system opens no files by descriptors");
  }
}
