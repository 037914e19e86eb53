package org.ringfence.windows.access;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.ringfence.SandboxException;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries for a group that stayed after a sandbox closed, so that the next one with the same files
 * does not set them again: setting them rewrites the list of each file below.
 */
public final class IdleGrants {
  private static final Logger LOG = LoggerFactory.getLogger(IdleGrants.class);

  private final WindowsSystem windows;
  private final Installation installation;
  private final AclEditor grants;
  private final Sid group;

  /**
   * Prepares the removal of entries.
   *
   * @param windows the system
   * @param installation the record of grants
   * @param grants removes entries
   * @param group the group that they name
   */
  public IdleGrants(WindowsSystem windows, Installation installation, AclEditor grants, Sid group) {
    this.windows = windows;
    this.installation = installation;
    this.grants = grants;
    this.group = group;
  }

  /**
   * Sets the entries of a sandbox, after those that stayed and that it does not have are gone. No
   * other process opens a sandbox of the group meanwhile.
   *
   * @param entries the entries
   * @param kept the places that get none
   * @param lasting selects the paths whose entries may stay
   * @return the entries of the sandbox
   * @throws SandboxException if an entry cannot be set or removed
   */
  public SandboxGrants set(List<Entry> entries, ReservedDirectories kept, Predicate<String> lasting)
      throws SandboxException {
    removeOthers(entries);
    Set<String> opening =
        entries.stream()
            .filter(entry -> entry.ace().type() == Ace.Type.ALLOW)
            .filter(entry -> entry.ace().scope() == Ace.Scope.TREE)
            .map(Entry::path)
            .collect(Collectors.toSet());
    // An entry that only takes access from a part of a tree is set and removed without the rest.
    return SandboxGrants.inUse(
        grants, entries, kept, path -> opening.contains(path) && lasting.test(path));
  }

  private void removeOthers(List<Entry> entries) throws SandboxException {
    Map<String, Set<Ace>> wanted = new HashMap<>();
    for (Entry entry : entries) {
      if (entry.ace().sid().equals(group)) {
        wanted.computeIfAbsent(key(entry.path()), path -> new HashSet<>()).add(entry.ace());
      }
    }
    try {
      List<GrantRecord> all = installation.all();
      for (GrantRecord record : all) {
        if (record.lasting()
            && record.sids().contains(group)
            && all.stream().noneMatch(other -> !other.lasting() && other.sameFile(record))
            && !same(record, wanted.get(key(record.path())))) {
          LOG.debug("entries on {} are not those of this sandbox", record.path());
          grants.restore(record);
        }
      }
    } catch (IOException e) {
      throw new SandboxException("the journal cannot be read: " + e.getMessage(), e);
    }
  }

  private boolean same(GrantRecord record, Set<Ace> wanted) {
    if (wanted == null) {
      return false;
    }
    try (Handle file = windows.files().open(record.path(), false)) {
      byte[] descriptor = windows.security().descriptor(file);
      return AccessControlList.ofDescriptor(descriptor)
          .map(
              list ->
                  list.explicit().stream()
                      .filter(ace -> ace.sid().equals(group))
                      .collect(Collectors.toSet()))
          .filter(wanted::equals)
          .isPresent();
    } catch (WindowsCallException e) {
      LOG.debug("{} cannot be looked at", record.path(), e);
      return false;
    }
  }

  private static String key(String path) {
    return path.toUpperCase(java.util.Locale.ROOT);
  }
}
