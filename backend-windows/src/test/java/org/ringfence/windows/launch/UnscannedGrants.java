package org.ringfence.windows.launch;

import java.io.IOException;
import java.util.List;
import org.ringfence.SandboxException;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.plan.RestrictedTokenPlan;

/** Grants on files of a {@link FakeWindows}, whose trees cannot be walked. */
public final class UnscannedGrants {
  private UnscannedGrants() {}

  /** Those of this process. */
  public static Grants of(FakeWindows windows, Installation journal) {
    int pid = (int) ProcessHandle.current().pid();
    return new Grants(windows, journal, pid, windows.creationTime(pid), directory -> {});
  }

  /** The entries of a sandbox; closing takes them back. */
  public static AutoCloseable sandbox(
      FakeWindows windows, Installation journal, List<RestrictedTokenPlan.Entry> entries)
      throws SandboxException {
    KeptPlaces kept = new KeptPlaces(List.of(), List.of(), List.of());
    return SandboxGrants.set(of(windows, journal), entries, kept, path -> false);
  }

  /** Takes back what sandboxes have left that did not end. */
  public static void recover(FakeWindows windows, Installation journal) throws IOException {
    of(windows, journal).teardown();
  }
}
