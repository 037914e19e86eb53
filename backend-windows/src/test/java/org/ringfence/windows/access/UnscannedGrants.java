package org.ringfence.windows.access;

import java.io.IOException;
import java.util.List;
import org.ringfence.SandboxException;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.plan.RestrictedTokenPlan;
import org.ringfence.windows.system.FakeWindows;

/**
 * Grants on files of a {@link FakeWindows}, without the scan for hard links: the fake has no trees
 * to walk.
 */
public final class UnscannedGrants {
  private UnscannedGrants() {}

  /** Returns the grants of this process. */
  public static AclEditor of(FakeWindows windows, Installation journal) {
    int pid = (int) ProcessHandle.current().pid();
    return new AclEditor(windows, journal, pid, windows.creationTime(pid), directory -> {});
  }

  /** Sets the entries of a sandbox; closing removes them. */
  public static AutoCloseable sandbox(
      FakeWindows windows, Installation journal, List<RestrictedTokenPlan.Entry> entries)
      throws SandboxException {
    ReservedDirectories kept = new ReservedDirectories(List.of(), List.of(), List.of());
    return SandboxGrants.set(of(windows, journal), entries, kept, path -> false);
  }

  /** Cleans up after sandboxes that did not close. */
  public static void recover(FakeWindows windows, Installation journal) throws IOException {
    of(windows, journal).teardown();
  }
}
