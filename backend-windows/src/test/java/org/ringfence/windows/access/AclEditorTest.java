package org.ringfence.windows.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.access.AclEditor.Outcome;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.journal.entry.GrantRecord.Phase;
import org.ringfence.windows.sandbox.CrashRecovery;
import org.ringfence.windows.system.FakeFile;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.FileFacts;
import org.ringfence.windows.system.VolumeFacts;

class AclEditorTest {
  private static final String ROOT = "C:\\work";
  private static final Sid ONE = new Sid("S-1-5-21-7-7-1-1");
  private static final Sid TWO = new Sid("S-1-5-21-7-7-2-2");
  private static final int PID = 31;
  private static final long CREATED = 310;

  @TempDir private Path state;
  private final FakeWindows windows = new FakeWindows();
  private Installation installation;
  private AclEditor grants;

  @BeforeEach
  void prepare() {
    installation = new Installation(state.resolve("ringfence"));
    grants = new AclEditor(windows, installation, PID, CREATED, directory -> {});
    windows.processes.put(PID, CREATED);
    windows.file(ROOT);
  }

  private static Ace modify(Sid sid) {
    return new Ace(Ace.Type.ALLOW, sid, AccessMask.MODIFY, Ace.Scope.TREE);
  }

  private static Ace deny(Sid sid) {
    return new Ace(Ace.Type.DENY, sid, AccessMask.CHANGES, Ace.Scope.TREE);
  }

  private byte[] descriptor() {
    return windows.files.get(ROOT.toUpperCase(java.util.Locale.ROOT)).descriptor;
  }

  @Test
  void restoreReturnsTheDescriptorToItsExactBytes() throws Exception {
    byte[] before = descriptor().clone();
    GrantRecord record = grants.grant(ROOT, List.of(modify(ONE), deny(ONE)), true).orElseThrow();
    assertThat(windows.list(ROOT).aces()).startsWith(deny(ONE)).contains(modify(ONE));
    assertThat(installation.all()).containsExactly(record);
    assertThat(grants.state(record)).isEqualTo(AclEditor.State.PRESENT);
    assertThat(grants.restore(record)).isEqualTo(Outcome.RESTORED);
    assertThat(descriptor()).isEqualTo(before);
    assertThat(installation.all()).isEmpty();
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void presentEntryIsNotSetAgain() throws Exception {
    grants.grant(ROOT, List.of(modify(ONE)), true);
    windows.calls.clear();
    assertThat(grants.grant(ROOT, List.of(modify(ONE)), true)).isEmpty();
    assertThat(windows.calls).doesNotContain("SetSecurityInfo");
    assertThat(installation.all()).hasSize(1);
  }

  @Test
  void sandboxesOnOneRootRestoreInEitherOrder() throws Exception {
    byte[] before = descriptor().clone();
    GrantRecord one = grants.grant(ROOT, List.of(modify(ONE)), false).orElseThrow();
    GrantRecord two = grants.grant(ROOT, List.of(modify(TWO)), false).orElseThrow();
    grants.restore(one);
    assertThat(windows.list(ROOT).aces()).contains(modify(TWO)).doesNotContain(modify(ONE));
    // The second record's earlier list no longer contains the first sandbox's entry.
    GrantRecord left = installation.all().get(0);
    assertThat(left.id()).isEqualTo(two.id());
    assertThat(grants.restore(left)).isEqualTo(Outcome.RESTORED);
    assertThat(AccessControlList.ofDescriptor(descriptor()))
        .isEqualTo(AccessControlList.ofDescriptor(before));
  }

  @Test
  void sharedEntryIsRemovedWithItsLastSandbox() throws Exception {
    byte[] before = descriptor().clone();
    GrantRecord one = grants.grant(ROOT, List.of(deny(ONE)), false).orElseThrow();
    GrantRecord two = grants.grant(ROOT, List.of(deny(ONE)), false).orElseThrow();
    assertThat(windows.calls).containsOnlyOnce("SetSecurityInfo");
    grants.restore(one);
    assertThat(windows.list(ROOT).aces()).contains(deny(ONE));
    assertThat(grants.restore(two)).isEqualTo(Outcome.RESTORED);
    assertThat(descriptor()).isEqualTo(before);
    // No sandbox removes a lasting entry.
    grants.grant(ROOT, List.of(modify(ONE)), true);
    GrantRecord passing = grants.grant(ROOT, List.of(modify(ONE)), false).orElseThrow();
    grants.restore(passing);
    assertThat(windows.list(ROOT).aces()).contains(modify(ONE));
  }

  @Test
  void restoreKeepsEntriesThatOthersAddedSince() throws Exception {
    GrantRecord record = grants.grant(ROOT, List.of(modify(ONE)), true).orElseThrow();
    Ace theirs = new Ace(Ace.Type.ALLOW, Sid.USERS, 0x1200a9, Ace.Scope.TREE);
    windows.files.get(ROOT.toUpperCase(java.util.Locale.ROOT)).descriptor =
        windows.list(ROOT).with(theirs, true).descriptor(descriptor());
    assertThat(grants.restore(record)).isEqualTo(Outcome.CHANGED_SINCE);
    assertThat(windows.list(ROOT).aces()).contains(theirs).doesNotContain(modify(ONE));
  }

  @Test
  void restoreLeavesAnotherFileAtThePathUnchanged() throws Exception {
    GrantRecord record = grants.grant(ROOT, List.of(modify(ONE)), true).orElseThrow();
    windows.files.clear();
    assertThat(grants.state(record)).isEqualTo(AclEditor.State.GONE);
    FakeFile other = windows.file(ROOT);
    other.id = 4242;
    byte[] before = descriptor().clone();
    assertThat(grants.restore(record)).isEqualTo(Outcome.GONE);
    assertThat(descriptor()).isEqualTo(before);
  }

  @Test
  void recoveryRestoresTheGrantOfADeadProcess() throws Exception {
    byte[] before = descriptor().clone();
    grants.grant(ROOT, List.of(modify(ONE)), false);
    assertThat(grants.recover()).isEmpty();
    windows.processes.remove(PID);
    assertThat(grants.recover()).containsExactly(new Finding(true, "restored " + ROOT));
    assertThat(descriptor()).isEqualTo(before);
  }

  @Test
  void recoveryTreatsAReusedPidAsAnotherProcess() throws Exception {
    grants.grant(ROOT, List.of(modify(ONE)), false);
    windows.processes.put(PID, CREATED + 1);
    assertThat(grants.recover()).hasSize(1);
  }

  @Test
  void lastingGrantIsCollectedWhenItsFileIsGone() throws Exception {
    grants.grant(ROOT, List.of(modify(ONE)), true);
    windows.processes.remove(PID);
    assertThat(grants.recover()).isEmpty();
    assertThat(grants.collect()).isEmpty();
    windows.files.clear();
    assertThat(grants.collect()).hasSize(1);
    assertThat(installation.all()).isEmpty();
  }

  /** The process dies between any two calls; recovery then restores the original list. */
  @Test
  void recoveryRestoresTheListAfterACrashAtAnyCall() throws Exception {
    byte[] before = descriptor().clone();
    int crashes = 0;
    for (int calls = 1; ; calls++) {
      windows.calls.clear();
      windows.dieAfter = calls;
      try {
        GrantRecord record = grants.grant(ROOT, List.of(modify(ONE)), false).orElseThrow();
        grants.restore(record);
        break;
      } catch (FakeWindows.Died e) {
        crashes++;
      }
      windows.dieAfter = Integer.MAX_VALUE;
      windows.processes.remove(PID);
      assertThat(grants.recover()).allMatch(Finding::fine);
      assertThat(descriptor()).as("after %s calls", calls).isEqualTo(before);
      assertThat(installation.all()).isEmpty();
      windows.processes.put(PID, CREATED);
    }
    assertThat(crashes).isGreaterThan(10);
    assertThat(descriptor()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    "CreateFileW(changing), 5, a directory that you own",
    "CreateFileW(changing), 2, there is no such file",
    "CreateFileW(changing), 32, another program has it open",
    "GetFileInformationByHandle, 1450, error 1450",
    "GetVolumeInformationW, 21, error 21",
    "CreateMutexW, 258, error 258",
    "GetKernelObjectSecurity, 5, access is denied",
    "SetSecurityInfo, 5, access is denied",
    "SetSecurityInfo, 1336, the access control list is not valid",
    "SetSecurityInfo, 32, another program has it open"
  })
  void failedGrantLeavesNoEntryRecordOrHandle(String call, int code, String message)
      throws Exception {
    byte[] before = descriptor().clone();
    windows.fail(call, code);
    assertThatThrownBy(() -> grants.grant(ROOT, List.of(modify(ONE)), true))
        .isInstanceOf(GrantException.class)
        .hasMessageContaining(ROOT)
        .hasMessageContaining(message);
    assertThat(descriptor()).isEqualTo(before);
    assertThat(installation.all()).isEmpty();
    assertThat(windows.openHandles()).isZero();
    assertThat(grants.grant(ROOT, List.of(modify(ONE)), true)).isPresent();
  }

  @Test
  void failedRestoreKeepsItsRecordInTheJournal() throws Exception {
    GrantRecord record = grants.grant(ROOT, List.of(modify(ONE)), false).orElseThrow();
    windows.fail("SetSecurityInfo", 5);
    assertThatThrownBy(() -> grants.restore(record)).hasMessageContaining("access is denied");
    assertThat(installation.all()).containsExactly(record);
    assertThat(grants.restore(record)).isEqualTo(Outcome.RESTORED);
  }

  @Test
  void grantFailsWhenTheSystemDropsTheEntry() throws Exception {
    windows.forgetful = true;
    assertThatThrownBy(() -> grants.grant(ROOT, List.of(modify(ONE)), true))
        .hasMessageContaining("took the entry (A;OICI;0x1301bf;;;S-1-5-21-7-7-1-1)")
        .hasMessageContaining("did not keep it");
    assertThat(installation.all()).isEmpty();
  }

  @Test
  void grantIsRefusedOnUnsupportedVolumesAndFiles() {
    windows.volumes.put("C", new VolumeFacts("C:\\", "FAT32", false, false));
    assertGrantRefused("FAT32 keeps no access control lists");
    windows.volumes.put("C", new VolumeFacts("C:\\", "NTFS", true, true));
    assertGrantRefused("another machine");
    windows.volumes.clear();
    FakeFile file = windows.files.get("C:\\WORK");
    file.attributes = FileFacts.DIRECTORY | FileFacts.REPARSE_POINT;
    assertGrantRefused("it is a link");
    file.attributes = FileFacts.DIRECTORY | FileFacts.RECALL_ON_DATA_ACCESS;
    assertGrantRefused("cloud");
    file.attributes = 0;
    file.links = 2;
    assertGrantRefused("2 names");
    file.links = 1;
    file.path = "D:\\really\\here";
    assertGrantRefused("it is really D:\\really\\here");
    file.path = ROOT;
    file.descriptor =
        new byte[] {1, 0, 0, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    assertGrantRefused("no access control list at all");
    assertThat(windows.openHandles()).isZero();
  }

  private void assertGrantRefused(String reason) {
    assertThatThrownBy(() -> grants.grant(ROOT, List.of(modify(ONE)), true))
        .isInstanceOf(GrantException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void grantIsRefusedWhenTheListIsFull() throws Exception {
    AccessControlList full = windows.list(ROOT);
    for (int i = 0; i < 1818; i++) {
      full = full.with(modify(new Sid("S-1-5-21-7-8-9-" + i)), true);
    }
    windows.files.get("C:\\WORK").descriptor = full.descriptor(descriptor());
    assertThatThrownBy(() -> grants.grant(ROOT, List.of(modify(ONE)), true))
        .hasMessageContaining("at most 65532 bytes");
    assertThat(installation.all()).isEmpty();
  }

  @Test
  void recordIsOnDiskBeforeTheListIsSet() throws Exception {
    windows.fail("SetSecurityInfo", 5);
    AclEditor watched =
        new AclEditor(
            windows,
            installation,
            PID,
            CREATED,
            directory -> assertThat(windows.calls).doesNotContain("SetSecurityInfo"));
    assertThatThrownBy(() -> watched.grant(ROOT, List.of(modify(ONE)), true))
        .isInstanceOf(GrantException.class);
    windows.calls.clear();
    // The process dies at the call that sets the list: the record must exist.
    windows.dieAfter = windows.calls.size() + 5;
    try {
      grants.grant(ROOT, List.of(modify(ONE)), true);
    } catch (FakeWindows.Died e) {
      assertThat(windows.calls).last().isEqualTo("SetSecurityInfo");
    }
    assertThat(installation.all()).extracting(GrantRecord::phase).containsExactly(Phase.APPLYING);
    assertThat(Optional.of(installation.all().get(0).path())).contains(ROOT);
  }

  @Test
  void sweepFindsAndRemovesEntriesWithoutARecord() throws Exception {
    Path file = java.nio.file.Files.createDirectory(state.resolve("swept")).resolve("file");
    java.nio.file.Files.writeString(file, "x");
    Sid root = Sid.synthetic(new byte[] {1}, "anything");
    FakeFile directory = windows.file(file.getParent().toString());
    FakeFile fake = windows.file(file.toString());
    byte[] before = fake.descriptor.clone();
    fake.descriptor =
        AccessControlList.ofDescriptor(before)
            .orElseThrow()
            .with(deny(root), false)
            .descriptor(before);
    CrashRecovery recovery = new CrashRecovery(windows, installation, grants);
    assertThat(recovery.sweep(file.getParent(), false))
        .containsExactly(new Finding(false, "entries that no record tells of on " + file));
    assertThat(recovery.sweep(file.getParent(), true)).allMatch(Finding::fine).hasSize(1);
    assertThat(AccessControlList.ofDescriptor(fake.descriptor))
        .isEqualTo(AccessControlList.ofDescriptor(before));
    assertThat(recovery.sweep(file.getParent(), true)).isEmpty();
    // An entry with a record is not an orphan.
    grants.grant(directory.path, List.of(modify(root)), true);
    assertThat(recovery.sweep(file.getParent(), true)).isEmpty();
    windows.files.remove(file.toString().toUpperCase(java.util.Locale.ROOT));
    assertThat(recovery.sweep(file.getParent(), false))
        .singleElement()
        .satisfies(finding -> assertThat(finding.text()).contains("cannot be looked at"));
  }

  @Test
  void statusComparesRecordedWithPresentEntries() throws Exception {
    CrashRecovery recovery = new CrashRecovery(windows, installation, grants);
    assertThat(recovery.status()).isEmpty();
    grants.grant(ROOT, List.of(modify(ONE)), true);
    assertThat(recovery.status())
        .containsExactly(new Finding(true, "entries on " + ROOT + ": expected there, found there"));
    byte[] with = descriptor().clone();
    windows.files.get("C:\\WORK").descriptor =
        windows.list(ROOT).without(ONE::equals).descriptor(with);
    assertThat(recovery.status().get(0).text()).endsWith("found not there");
    windows.fail("CreateFileW", 5);
    assertThat(recovery.status().get(0).text()).endsWith("cannot be looked at");
    windows.files.clear();
    assertThat(recovery.status().get(0).fine()).isFalse();
    assertThat(recovery.teardown()).hasSize(1).allMatch(Finding::fine);
    assertThat(installation.directory()).doesNotExist();
  }

  /**
   * The call that lets a tree inherit would walk a whole profile, for an entry that none inherits.
   */
  @Test
  void entryForADirectoryAloneLeavesItsTreeAloneAndKeepsItsInheritance() throws Exception {
    byte[] inheriting = descriptor();
    inheriting[3] |= 0x04;
    windows.files.get(ROOT.toUpperCase(java.util.Locale.ROOT)).descriptor = inheriting;
    Ace look = new Ace(Ace.Type.ALLOW, ONE, AccessMask.LOOKING, Ace.Scope.OBJECT);
    GrantRecord record = grants.grant(ROOT, List.of(look), false).orElseThrow();
    assertThat(windows.list(ROOT).contains(look, true)).isTrue();
    assertThat(windows.propagated).isEmpty();
    assertThat(grants.restore(record)).isEqualTo(Outcome.RESTORED);
    assertThat(windows.propagated).isEmpty();
    assertThat(descriptor()).isEqualTo(inheriting);
  }

  /** On ReFS both have the same 64-bit index: the entries of one are not those of the other. */
  @Test
  void filesOfReFsWithTheSameIndexAreDifferentFiles() throws Exception {
    FakeFile one = windows.file("C:\\refs\\one");
    FakeFile other = windows.file("C:\\refs\\other");
    other.id = one.id;
    one.upperId = 1;
    other.upperId = 2;
    GrantRecord first = grants.grant(one.path, List.of(modify(ONE)), false).orElseThrow();
    GrantRecord second = grants.grant(other.path, List.of(modify(ONE)), false).orElseThrow();
    assertThat(first.sameFile(second)).isFalse();
    assertThat(grants.restore(first)).isEqualTo(Outcome.RESTORED);
    assertThat(windows.list(one.path).aces()).extracting(Ace::sid).doesNotContain(ONE);
    assertThat(windows.list(other.path).aces()).extracting(Ace::sid).contains(ONE);
  }

  @Test
  void listThatWasInheritedIsRestoredWithThatMark() throws Exception {
    byte[] inheriting = descriptor();
    inheriting[3] |= 0x04;
    windows.files.get(ROOT.toUpperCase(java.util.Locale.ROOT)).descriptor = inheriting;
    GrantRecord record = grants.grant(ROOT, List.of(modify(ONE)), false).orElseThrow();
    assertThat(windows.propagated).containsExactly(ROOT);
    assertThat(grants.restore(record)).isEqualTo(Outcome.RESTORED);
    assertThat(descriptor()).isEqualTo(inheriting);
  }
}
