package org.ringfence.windows.access;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks that a tree takes entries that it inherits, and no other file does. Windows reports
 * success also when it passes over files: those whose lists do not inherit, those that this user
 * may not change, and some that have come from elsewhere (nubjs/nub#686, openai/codex#45958).
 */
public final class InheritingTrees implements AclEditor.TreeCheck {
  private static final Logger LOG = LoggerFactory.getLogger(InheritingTrees.class);

  private static final int[] CHECKED = {
    AccessMask.READ_DATA, AccessMask.WRITE_DATA, AccessMask.APPEND_DATA, AccessMask.DELETE
  };

  private final WindowsSystem windows;

  /**
   * Prepares checks.
   *
   * @param windows the system
   */
  public InheritingTrees(WindowsSystem windows) {
    this.windows = windows;
  }

  @Override
  public void check(String directory) throws GrantException {
    new TreeScan(windows.files()).check(directory);
  }

  @Override
  public void applied(String directory, List<Ace> aces) throws GrantException {
    Untaken untaken = new Untaken(directory, aces);
    try {
      Files.walkFileTree(Path.of(directory), untaken);
    } catch (IOException e) {
      throw new GrantException(directory, "it cannot be looked through: " + e.getMessage(), e);
    }
    untaken.report();
  }

  @Override
  public void narrow(String directory, Set<Sid> sids) throws GrantException {
    for (Path file : new TreeScan(windows.files()).namesOutside(directory)) {
      leaveReading(directory, file.toString(), sids);
    }
  }

  /**
   * Leaves reading of what a file inherits that has another name outside: a command that changed it
   * would change it there. To read it here shows no more than the rule for the directory says.
   */
  private void leaveReading(String directory, String file, Set<Sid> sids) throws GrantException {
    try (Handle handle = windows.files().open(file, true)) {
      byte[] descriptor = windows.security().descriptor(handle);
      Optional<AccessControlList> list = AccessControlList.ofDescriptor(descriptor);
      if (list.isPresent() && !changes(list.get(), sids)) {
        return;
      }
      if (list.isPresent()) {
        windows
            .security()
            .setDaclExactly(
                handle,
                AclEditor.keepingInheritance(
                    list.get()
                        .narrowedInherited(sids::contains, AccessMask.READING)
                        .descriptor(descriptor)));
      }
      Optional<AccessControlList> now =
          AccessControlList.ofDescriptor(windows.security().descriptor(handle));
      if (now.isPresent() && !changes(now.get(), sids)) {
        LOG.debug("{} has another name outside and stays closed to changes", file);
        return;
      }
      throw new GrantException(directory, outside(file));
    } catch (WindowsCallException e) {
      throw new GrantException(directory, outside(file) + ": " + e.getMessage(), e);
    }
  }

  private static String outside(String file) {
    return file + " has another name outside (a hard link), and would be changed there";
  }

  private static boolean changes(AccessControlList list, Set<Sid> sids) {
    return list.aces().stream().anyMatch(ace -> sids.contains(ace.sid()) && AclEditor.changes(ace));
  }

  /** Finds files that did not take entries. */
  private final class Untaken extends SimpleFileVisitor<Path> {
    private final String directory;
    private final List<Ace> aces;
    private final List<String> open = new ArrayList<>();
    private final List<String> closed = new ArrayList<>();

    private Untaken(String directory, List<Ace> aces) {
      this.directory = directory;
      this.aces = aces.stream().filter(ace -> ace.scope() != Ace.Scope.OBJECT).toList();
    }

    @Override
    public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) {
      boolean junction = attributes.isOther();
      if (!junction && !visited.toString().equals(directory)) {
        look(visited.toString());
      }
      return junction ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (attributes.isRegularFile()) {
        look(file.toString());
      }
      return FileVisitResult.CONTINUE;
    }

    private void look(String file) {
      try (Handle handle = windows.files().open(file, false)) {
        byte[] descriptor = windows.security().descriptor(handle);
        Sid owner = AccessControlList.ownerOf(descriptor).orElse(Sid.LOCAL_SERVICE);
        Optional<List<Ace>> list =
            AccessControlList.ofDescriptor(descriptor).map(AccessControlList::aces);
        SecurityDescriptor now = new SecurityDescriptor(owner, list, Optional.empty());
        for (Ace ace : aces) {
          if (ace.type() == Ace.Type.DENY && anyAllowed(ace, now)) {
            open.add(file);
            return;
          }
        }
        boolean reached =
            list.isEmpty()
                || aces.stream()
                    .filter(ace -> ace.type() == Ace.Type.ALLOW)
                    .allMatch(
                        ace -> list.get().stream().anyMatch(own -> own.sid().equals(ace.sid())));
        if (!reached) {
          closed.add(file);
        }
      } catch (WindowsCallException e) {
        LOG.debug("whether {} took the entries is not known", file, e);
        // What this user cannot look at has a list of its own; it may name all users.
        (aces.stream().anyMatch(ace -> ace.type() == Ace.Type.DENY) ? open : closed).add(file);
      }
    }

    private boolean anyAllowed(Ace denied, SecurityDescriptor now) {
      AccessToken token =
          AccessToken.of(
              denied.sid(),
              denied.sid().synthetic()
                  // A restricting SID stands for itself alone.
                  ? Set.of()
                  : Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS));
      for (int right : CHECKED) {
        if ((denied.mask() & right) != 0
            && AccessCheck.check(token, now, GenericMapping.FILE, right).allowed()) {
          return true;
        }
      }
      return false;
    }

    private void report() throws GrantException {
      if (!open.isEmpty()) {
        throw new GrantException(
            directory,
            open.size()
                + " files below do not take an entry that closes them, the first is "
                + open.get(0)
                + ": its own list comes first; use icacls "
                + open.get(0)
                + " /reset");
      }
      if (!closed.isEmpty()) {
        LOG.warn(
            "{} files below {} take no entry and stay closed to commands, the first is {}",
            closed.size(),
            directory,
            closed.get(0));
      }
    }
  }
}
