package org.ringfence.windows.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;
import org.ringfence.windows.system.FakeWindows;

/** Opens and closes sandboxes of one group on a fake Windows, which counts walks of a tree. */
class IdleGrantsTest {
  private static final Sid GROUP = new Sid("S-1-5-21-1-1-1-2000");
  private static final Sid ROOT = Sid.synthetic(new byte[] {1}, "root");
  private static final String WORK = "C:\\work";
  private static final String OTHER = "C:\\other";
  private static final String TMP = "C:\\tmp\\1";

  @TempDir private Path state;
  private final FakeWindows windows = new FakeWindows();
  private Installation journal;
  private AclEditor editor;

  @BeforeEach
  void makeFiles() {
    windows.file(WORK);
    windows.file(OTHER);
    windows.file(TMP);
    journal = new Installation(state.resolve("ringfence"));
    editor = UnscannedGrants.of(windows, journal);
  }

  private static Entry entry(String path, Ace.Type type, Sid sid, int mask) {
    return new Entry(path, new Ace(type, sid, mask, Ace.Scope.TREE), "files.rules[0]", false);
  }

  private static List<Entry> writing(String path) {
    return List.of(
        entry(path, Ace.Type.ALLOW, ROOT, AccessMask.MODIFY),
        entry(path, Ace.Type.ALLOW, GROUP, AccessMask.MODIFY),
        // The root cannot be moved away: a part of what the group has here.
        new Entry(
            path,
            new Ace(Ace.Type.DENY, GROUP, AccessMask.DELETE, Ace.Scope.OBJECT),
            "paths below are kept",
            true));
  }

  private static List<Entry> reading(String path) {
    return List.of(
        entry(path, Ace.Type.DENY, GROUP, AccessMask.CHANGES),
        entry(path, Ace.Type.ALLOW, GROUP, AccessMask.READ_DATA));
  }

  private SandboxGrants open(List<Entry> entries) throws Exception {
    ReservedDirectories kept = new ReservedDirectories(List.of(), List.of(), List.of());
    return new IdleGrants(windows, journal, editor, GROUP)
        .set(entries, kept, path -> !path.equals(TMP));
  }

  private boolean names(String path) {
    return windows.list(path).aces().stream().anyMatch(ace -> ace.sid().equals(GROUP));
  }

  @Test
  void nextSandboxWithTheSameFilesWalksNoTree() throws Exception {
    open(writing(WORK)).close();
    assertThat(names(WORK)).isTrue();
    assertThat(windows.propagated).containsExactly(WORK);
    open(writing(WORK)).close();
    assertThat(names(WORK)).isTrue();
    assertThat(windows.propagated).containsExactly(WORK);
    assertThat(journal.all()).extracting(GrantRecord::lasting).containsExactly(true);
  }

  /** An entry for the group lets each command of the group read. */
  @Test
  void nextSandboxWithOtherFilesReadsNoneOfTheFormer() throws Exception {
    byte[] before = windows.files.get("C:\\WORK").descriptor.clone();
    open(writing(WORK)).close();
    try (SandboxGrants other = open(writing(OTHER))) {
      assertThat(names(WORK)).isFalse();
      assertThat(windows.files.get("C:\\WORK").descriptor).isEqualTo(before);
      assertThat(names(OTHER)).isTrue();
    }
  }

  @Test
  void otherAccessToTheSameFilesReplacesTheFormer() throws Exception {
    open(writing(WORK)).close();
    try (SandboxGrants other = open(reading(WORK))) {
      assertThat(windows.list(WORK).aces())
          .filteredOn(ace -> ace.sid().equals(GROUP))
          .extracting(Ace::mask)
          .containsExactlyInAnyOrder(AccessMask.CHANGES, AccessMask.READ_DATA);
    }
  }

  @Test
  void entriesOfAnOpenSandboxAndOfScratchDirectoriesAreNotIdle() throws Exception {
    SandboxGrants first = open(writing(WORK));
    // Accepted as weaker: each reads the files of the other.
    SandboxGrants second = open(writing(OTHER));
    assertThat(names(WORK)).isTrue();
    first.close();
    second.close();
    open(writing(TMP)).close();
    assertThat(names(TMP)).isFalse();
    assertThat(names(WORK)).isFalse();
  }

  @Test
  void teardownRemovesIdleEntries() throws Exception {
    byte[] before = windows.files.get("C:\\WORK").descriptor.clone();
    open(writing(WORK)).close();
    editor.recover();
    assertThat(names(WORK)).isTrue();
    editor.teardown();
    assertThat(windows.files.get("C:\\WORK").descriptor).isEqualTo(before);
    assertThat(journal.all()).isEmpty();
  }
}
