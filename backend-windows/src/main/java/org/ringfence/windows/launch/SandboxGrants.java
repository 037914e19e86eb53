package org.ringfence.windows.launch;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.ringfence.SandboxException;
import org.ringfence.windows.journal.GrantRecord;
import org.ringfence.windows.plan.Ace;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;

/** The entries of one sandbox. All are set, or none. */
final class SandboxGrants implements AutoCloseable {
  private final Grants grants;
  private final List<GrantRecord> passing = new ArrayList<>();

  private SandboxGrants(Grants grants) {
    this.grants = grants;
  }

  /**
   * Sets entries.
   *
   * @param grants sets them
   * @param entries the entries, in order
   * @param kept where none is set
   * @param lasting which paths keep theirs
   * @throws SandboxException if one cannot be set; those set before are taken back
   */
  static SandboxGrants set(
      Grants grants, List<Entry> entries, KeptPlaces kept, Predicate<String> lasting)
      throws SandboxException {
    Map<String, List<Ace>> byPath = new LinkedHashMap<>();
    for (Entry entry : entries) {
      if (entry.ace().type() == Ace.Type.ALLOW) {
        kept.check(entry.path());
      }
      byPath.computeIfAbsent(entry.path(), path -> new ArrayList<>()).add(entry.ace());
    }
    SandboxGrants set = new SandboxGrants(grants);
    List<GrantRecord> made = new ArrayList<>();
    try {
      for (Map.Entry<String, List<Ace>> one : byPath.entrySet()) {
        boolean takesAlone = one.getValue().stream().allMatch(ace -> ace.type() == Ace.Type.DENY);
        if (takesAlone && !Files.exists(Path.of(one.getKey()), LinkOption.NOFOLLOW_LINKS)) {
          // Nothing to put an entry on; the plan says so.
          continue;
        }
        boolean lasts = lasting.test(one.getKey());
        grants.grant(one.getKey(), one.getValue(), lasts).ifPresent(made::add);
      }
    } catch (SandboxException e) {
      takeBack(grants, made, e);
      throw e;
    }
    made.stream().filter(record -> !record.lasting()).forEach(set.passing::add);
    return set;
  }

  private static void takeBack(Grants grants, List<GrantRecord> made, Exception why) {
    for (GrantRecord record : made) {
      try {
        grants.restore(record);
      } catch (SandboxException e) {
        why.addSuppressed(e);
      }
    }
  }

  /** Takes back what was not to last. */
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
