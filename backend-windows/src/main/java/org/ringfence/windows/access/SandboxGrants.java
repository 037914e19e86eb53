package org.ringfence.windows.access;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.ringfence.SandboxException;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.plan.ParentDirectories;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The entries of one sandbox. All are set, or none is. */
public final class SandboxGrants implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxGrants.class);

  private final AclEditor grants;
  private final List<GrantRecord> passing = new ArrayList<>();

  private SandboxGrants(AclEditor grants) {
    this.grants = grants;
  }

  /**
   * Sets entries.
   *
   * @param grants sets them
   * @param entries the entries, in order
   * @param kept the places that get none
   * @param lasting selects the paths whose entries stay
   * @throws SandboxException if one cannot be set; those set before are removed
   */
  public static SandboxGrants set(
      AclEditor grants, List<Entry> entries, ReservedDirectories kept, Predicate<String> lasting)
      throws SandboxException {
    Map<String, List<Ace>> byPath = new LinkedHashMap<>();
    for (Entry entry : entries) {
      if (entry.ace().type() == Ace.Type.ALLOW) {
        kept.check(entry.path(), entry.ace());
      }
      byPath.computeIfAbsent(entry.path(), path -> new ArrayList<>()).add(entry.ace());
    }
    SandboxGrants set = new SandboxGrants(grants);
    List<GrantRecord> made = new ArrayList<>();
    try {
      for (Map.Entry<String, List<Ace>> one : byPath.entrySet()) {
        if (!Files.exists(Path.of(one.getKey()), LinkOption.NOFOLLOW_LINKS)
            && leftOut(one.getKey(), entries)) {
          continue;
        }
        if (one.getValue().stream().allMatch(ParentDirectories::looks)) {
          look(grants, one.getKey(), one.getValue()).ifPresent(made::add);
          continue;
        }
        grants.grant(one.getKey(), one.getValue(), lasting.test(one.getKey())).ifPresent(made::add);
      }
    } catch (SandboxException e) {
      takeBack(grants, made, e);
      throw e;
    }
    made.stream().filter(record -> !record.lasting()).forEach(set.passing::add);
    return set;
  }

  /** A directory above, which may be another user's: without the entry, some programs fail. */
  private static Optional<GrantRecord> look(AclEditor grants, String path, List<Ace> aces) {
    try {
      return grants.grant(path, aces, false);
    } catch (GrantException e) {
      LOG.debug("commands cannot look at {}", path, e);
      return Optional.empty();
    }
  }

  /**
   * Returns whether a missing path needs no entry. Below a granted path it needs one: a file made
   * there would inherit the grant.
   */
  private static boolean leftOut(String path, List<Entry> entries) throws GrantException {
    List<Entry> own = entries.stream().filter(entry -> entry.path().equals(path)).toList();
    if (own.stream().anyMatch(entry -> entry.ace().type() == Ace.Type.ALLOW)) {
      return false;
    }
    boolean granted =
        entries.stream()
            .anyMatch(
                entry ->
                    entry.ace().type() == Ace.Type.ALLOW
                        && path.toUpperCase(Locale.ROOT)
                            .startsWith(entry.path().toUpperCase(Locale.ROOT) + "\\"));
    if (granted && own.stream().anyMatch(entry -> !entry.optional())) {
      throw new GrantException(
          path,
          "nothing is there, and a new file there would have the rights of the directory above;"
              + " make it first, or leave the rule out");
    }
    return true;
  }

  private static void takeBack(AclEditor grants, List<GrantRecord> made, Exception why) {
    for (GrantRecord record : made) {
      try {
        grants.restore(record);
      } catch (SandboxException e) {
        why.addSuppressed(e);
      }
    }
  }

  /** Removes the entries that are not to last. */
  @Override
  public void close() throws SandboxException {
    SandboxException failed = null;
    for (GrantRecord record : List.copyOf(passing)) {
      try {
        grants.restore(record);
        passing.remove(record);
      } catch (SandboxException e) {
        failed = failed == null ? e : failed;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }
}
