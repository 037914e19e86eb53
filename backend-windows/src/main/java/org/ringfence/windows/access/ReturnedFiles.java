package org.ringfence.windows.access;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives what commands of another account made to this user when the sandbox closes. Git refuses a
 * repository of another owner, and an owner changes the list of a file whatever it says.
 */
public final class ReturnedFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReturnedFiles.class);

  /** Times of FAT, and of some network drives, are multiples of this. */
  private static final Duration COARSEST = Duration.ofSeconds(2);

  private final WindowsSystem windows;
  private final List<String> roots;
  private final Set<Sid> accounts;
  private final Instant since;

  /**
   * Remembers the present time.
   *
   * @param windows the system
   * @param roots the directories in which commands may make files
   * @param accounts the accounts that they run as
   */
  public ReturnedFiles(WindowsSystem windows, List<String> roots, Set<Sid> accounts) {
    this(windows, roots, accounts, Instant.now());
  }

  ReturnedFiles(WindowsSystem windows, List<String> roots, Set<Sid> accounts, Instant now) {
    this.windows = windows;
    this.roots = List.copyOf(roots);
    this.accounts = Set.copyOf(accounts);
    this.since = now.minus(COARSEST);
  }

  /** Changes the owner of files that were made or changed since; others are not even opened. */
  @Override
  public void close() {
    Sid user;
    try (Handle own = windows.tokens().ofThisProcess()) {
      user = windows.tokens().facts(own).user();
    } catch (WindowsCallException e) {
      LOG.warn("files of the sandbox's account stay its own", e);
      return;
    }
    for (String root : roots) {
      Returning returning = new Returning(user, Path.of(root));
      try {
        Files.walkFileTree(Path.of(root), returning);
      } catch (IOException e) {
        LOG.warn("files of the sandbox's account below {} stay its own", root, e);
      }
      if (returning.kept > 0) {
        LOG.warn(
            "{} files below {} stay the sandbox's account's, the first is {}",
            returning.kept,
            root,
            returning.first);
      }
    }
  }

  private final class Returning extends SimpleFileVisitor<Path> {
    private final Sid user;
    private final Path root;
    private int kept;
    private Path first;

    private Returning(Sid user, Path root) {
      this.user = user;
      this.root = root;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      give(directory, attributes);
      return attributes.isOther() ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      give(file, attributes);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) {
      LOG.debug("{} cannot be looked at", file, failure);
      return FileVisitResult.CONTINUE;
    }

    private boolean since(FileTime time) {
      return !time.toInstant().isBefore(since);
    }

    private void give(Path file, BasicFileAttributes attributes) {
      if (!since(attributes.creationTime()) && !since(attributes.lastModifiedTime())) {
        return;
      }
      // The handle that is checked is the one that changes the owner: what the path leads to can
      // be another file a moment later.
      try (Handle handle = windows.files().openOwned(file.toString())) {
        if (!accounts(handle)) {
          return;
        }
        String path = windows.files().facts(handle).finalPath();
        if (!Path.of(path).startsWith(root)) {
          LOG.debug("{} leads to {} meanwhile", file, path);
          kept(file);
          return;
        }
        windows.security().setOwner(handle, user);
      } catch (WindowsCallException e) {
        LOG.debug("the owner of {} stays", file, e);
        if (mayBeAccounts(file)) {
          kept(file);
        }
      }
    }

    private boolean accounts(Handle file) throws WindowsCallException {
      return AccessControlList.ownerOf(windows.security().descriptor(file))
          .filter(accounts::contains)
          .isPresent();
    }

    /** Returns whether a file that cannot be changed is one to tell of: most are other users'. */
    private boolean mayBeAccounts(Path file) {
      try (Handle seen = windows.files().open(file.toString(), false)) {
        return accounts(seen);
      } catch (WindowsCallException e) {
        return true;
      }
    }

    private void kept(Path file) {
      first = first == null ? file : first;
      kept++;
    }
  }
}
