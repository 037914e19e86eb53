package org.ringfence.windows.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.plan.AppContainerPlan;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.DedicatedUserPlan;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;
import org.ringfence.windows.system.FakeFile;
import org.ringfence.windows.system.FakeTree;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;

/** Sets entries on a tree of a fake Windows in which lists belong to files and are passed over. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the identities of the fake are those of Linux")
class InheritingTreesTest {
  private static final Sid ROOT_SID = Sid.synthetic(new byte[] {1}, "root");
  private static final GenericMapping FILE = GenericMapping.FILE;
  private static final Sid GROUP = new Sid("S-1-5-21-1-1-1-2000");
  private static final Ace WRITING =
      new Ace(Ace.Type.ALLOW, ROOT_SID, AccessMask.MODIFY, Ace.Scope.TREE);
  private static final Ace READING =
      new Ace(
          Ace.Type.ALLOW,
          GROUP,
          GenericMapping.FILE.read() | GenericMapping.FILE.execute(),
          Ace.Scope.TREE);
  private static final Ace CLOSING = new Ace(Ace.Type.DENY, GROUP, 0x1f01ff, Ace.Scope.TREE);

  @TempDir private Path directory;
  private final FakeWindows windows = new FakeWindows();
  private FakeTree tree;
  private Path root;
  private Path linked;
  private AclEditor editor;

  @BeforeEach
  void makeTree() throws IOException {
    directory = directory.toRealPath();
    tree = windows.treeOf(directory);
    root = Files.createDirectories(directory.resolve("root/node_modules")).getParent();
    Files.writeString(root.resolve("own"), "x");
    // pnpm and uv link files of their store into a tree.
    Path store = Files.writeString(directory.resolve("store"), "x");
    linked = Files.createLink(root.resolve("node_modules/linked"), store);
    int pid = (int) ProcessHandle.current().pid();
    editor =
        new AclEditor(
            windows,
            new Installation(directory.resolve("state")),
            pid,
            windows.creationTime(pid),
            new InheritingTrees(windows));
  }

  private AccessControlList list(Path path) throws WindowsCallException {
    try (Handle file = windows.files().open(path.toString(), false)) {
      return AccessControlList.ofDescriptor(windows.descriptor(file)).orElseThrow();
    }
  }

  private List<Sid> named(Path path) throws WindowsCallException {
    return list(path).aces().stream().map(Ace::sid).toList();
  }

  private EffectivePolicy writable() {
    return EffectivePolicy.of(
        SandboxPolicy.builder()
            .fileDefault(FileDefault.MINIMAL)
            .protectedNames(ProtectedNames.OFF)
            .tmp(TmpPolicy.NONE)
            .rule(root.toString(), Access.WRITE, MissingPath.SKIP)
            .build(),
        PathContext.of(PathStyle.POSIX, root.toString(), directory.resolve("home").toString()));
  }

  private void grant(List<Entry> entries) throws GrantException {
    List<Ace> own =
        entries.stream()
            .filter(entry -> entry.path().equals(root.toString()))
            .map(Entry::ace)
            .toList();
    assertThat(own).isNotEmpty();
    editor.grant(root.toString(), own, false);
  }

  private boolean allowed(AccessToken token, Path file, int right) throws Exception {
    look(file);
    SecurityDescriptor security =
        new SecurityDescriptor(FakeWindows.USER, Optional.of(list(file).aces()), Optional.empty());
    return AccessCheck.check(token, security, FILE, right).allowed();
  }

  /** The entry that opens a writable root to an account is the one that opens it to reading. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void planOfAnAccountLetsItReadAFileWithANameOutside(boolean roots) throws Exception {
    Accounts accounts =
        new Accounts(
            GROUP,
            new Sid("S-1-5-21-1-1-1-2001"),
            new Sid("S-1-5-21-1-1-1-2002"),
            new ClientAccounts("0123456789", ClientAccounts.LOWEST_PORT));
    DedicatedUserPlan plan = DedicatedUserPlan.compile(writable(), new byte[] {1}, accounts);
    grant(plan.entries());
    AccessToken token =
        roots ? plan.token(accounts) : AccessToken.of(accounts.offline(), Set.of(accounts.group()));
    expectReadingAlone(token);
  }

  @Test
  void planOfAContainerLetsItReadAFileWithANameOutside() throws Exception {
    Sid container = new Sid("S-1-15-2-1-2-3-4-5-6-7");
    grant(AppContainerPlan.compile(writable(), container).entries());
    expectReadingAlone(
        AccessToken.of(FakeWindows.USER, Set.of())
            .inContainer(new AccessToken.Container(container, Set.of(), false)));
  }

  private void expectReadingAlone(AccessToken token) throws Exception {
    assertThat(allowed(token, root.resolve("own"), FILE.read())).isTrue();
    assertThat(allowed(token, root.resolve("own"), AccessMask.WRITE_DATA)).isTrue();
    assertThat(allowed(token, linked, FILE.read())).as("reading").isTrue();
    assertThat(allowed(token, linked, FILE.execute())).as("starting").isTrue();
    for (int right :
        List.of(
            AccessMask.WRITE_DATA,
            AccessMask.APPEND_DATA,
            AccessMask.WRITE_ATTRIBUTES,
            AccessMask.WRITE_EA,
            AccessMask.DELETE,
            AccessMask.WRITE_DAC)) {
      assertThat(allowed(token, linked, right)).as("0x%x", right).isFalse();
    }
  }

  private void look(Path... paths) throws Exception {
    for (Path path : paths) {
      windows.files().open(path.toString(), false).close();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void fileWithANameOutsideStaysClosedToChanges(boolean reached) throws Exception {
    tree.reachesHardLinks = reached;
    Optional<GrantRecord> record = editor.grant(root.toString(), List.of(WRITING), false);
    look(root.resolve("own"), linked);
    assertThat(named(root.resolve("own"))).contains(ROOT_SID);
    assertThat(named(linked)).isNotEmpty();
    assertThat(list(linked).aces())
        .filteredOn(ace -> ace.sid().equals(ROOT_SID))
        .noneMatch(ace -> (ace.mask() & ~(FILE.read() | FILE.execute())) != 0);
    editor.restore(record.orElseThrow());
    look(root.resolve("own"), linked);
    assertThat(named(root.resolve("own"))).doesNotContain(ROOT_SID);
    assertThat(named(linked)).doesNotContain(ROOT_SID);
  }

  private static Ace writing(String sandbox) {
    return new Ace(
        Ace.Type.ALLOW, Sid.synthetic(new byte[] {1}, sandbox), AccessMask.MODIFY, Ace.Scope.TREE);
  }

  private void expectClosedToChanges(Path... files) throws Exception {
    for (Path file : files) {
      look(file);
      assertThat(list(file).aces())
          .as(file.toString())
          .filteredOn(ace -> ace.sid().synthetic())
          .isNotEmpty()
          .noneMatch(AclEditor::changes);
    }
  }

  /** To set or to remove the entry of one writes again what the tree inherits for the other. */
  @Test
  void otherSandboxOfTheSameRootDoesNotOpenSuchFiles() throws Exception {
    Optional<GrantRecord> first = editor.grant(root.toString(), List.of(writing("1")), false);
    expectClosedToChanges(linked);
    Optional<GrantRecord> second = editor.grant(root.toString(), List.of(writing("2")), false);
    expectClosedToChanges(linked);
    Path later = Files.writeString(root.resolve("later"), "x");
    look(later);
    Files.createLink(directory.resolve("clone"), later);
    Optional<GrantRecord> joined = editor.grant(root.toString(), List.of(writing("2")), false);
    expectClosedToChanges(linked, later);
    editor.restore(first.orElseThrow());
    expectClosedToChanges(linked, later);
    editor.restore(second.orElseThrow());
    editor.restore(joined.orElseThrow());
    look(linked, later);
    assertThat(named(linked)).noneMatch(Sid::synthetic);
    assertThat(named(later)).noneMatch(Sid::synthetic);
  }

  @Test
  void sandboxOfADirectoryAboveDoesNotOpenFilesWithNamesThere() throws Exception {
    Path below = root.resolve("node_modules");
    Path shared = Files.createLink(below.resolve("shared"), root.resolve("own"));
    editor.grant(below.toString(), List.of(writing("1")), false);
    expectClosedToChanges(linked, shared);
    editor.grant(root.toString(), List.of(writing("2")), false);
    expectClosedToChanges(linked);
    look(shared);
    assertThat(list(shared).aces())
        .filteredOn(AclEditor::changes)
        .extracting(Ace::sid)
        .contains(writing("2").sid())
        .doesNotContain(writing("1").sid());
  }

  @Test
  void sandboxOfADirectoryBelowDoesNotOpenFilesToTheOneAbove() throws Exception {
    editor.grant(root.toString(), List.of(writing("1")), false);
    editor.grant(root.resolve("node_modules").toString(), List.of(writing("2")), false);
    expectClosedToChanges(linked);
  }

  /** It is the same file: reading it here shows nothing more than reading it there. */
  @Test
  void fileWithANameOutsideIsReadWhereReadingIsGranted() throws Exception {
    editor.grant(root.toString(), List.of(READING), false);
    look(linked);
    assertThat(named(linked)).contains(GROUP);
  }

  @Test
  void twoNamesInsideAreGranted() throws Exception {
    Path inside = Files.createLink(root.resolve("again"), root.resolve("own"));
    editor.grant(root.toString(), List.of(WRITING), false);
    look(inside);
    assertThat(named(inside)).contains(ROOT_SID);
  }

  @Test
  void linkThatLeadsOutIsRefused() throws Exception {
    Files.createSymbolicLink(root.resolve("out"), directory.resolve("store"));
    assertThatThrownBy(() -> editor.grant(root.toString(), List.of(WRITING), false))
        .isInstanceOf(GrantException.class)
        .hasMessageContaining("leads to");
    assertThat(windows.propagated).isEmpty();
  }

  @Test
  void fileThatDoesNotTakeAClosingEntryIsNoticedAndNothingStays() throws Exception {
    Path open = root.resolve("own");
    look(open);
    FakeFile file =
        windows.files.values().stream()
            .filter(other -> other.path.equals(open.toString()))
            .findFirst()
            .orElseThrow();
    file.descriptor =
        AccessControlList.of(new Ace(Ace.Type.ALLOW, Sid.USERS, 0x1200a9, Ace.Scope.OBJECT))
            .descriptor(file.descriptor);
    assertThatThrownBy(() -> editor.grant(root.toString(), List.of(CLOSING), false))
        .isInstanceOf(GrantException.class)
        .hasMessageContaining("1 files below do not take an entry that closes them")
        .hasMessageContaining(open.toString());
    look(root);
    assertThat(named(root)).doesNotContain(GROUP);
    // With a list that inherits and names no other account, the same entry holds.
    file.descriptor =
        AccessControlList.of(new Ace(Ace.Type.ALLOW, FakeWindows.USER, 0x1f01ff, Ace.Scope.OBJECT))
            .descriptor(file.descriptor);
    assertThat(editor.grant(root.toString(), List.of(CLOSING), false)).isPresent();
  }

  /** A file that an entry does not reach, or that takes none, grants a command nothing. */
  @Test
  void fileThatTakesNoOpeningEntryStaysClosed() throws Exception {
    look(root.resolve("own"));
    tree.protect(root.resolve("own"));
    tree.ofOthers.add(root.resolve("node_modules"));
    assertThat(editor.grant(root.toString(), List.of(WRITING), false)).isPresent();
    look(root.resolve("own"), root.resolve("node_modules"));
    assertThat(named(root.resolve("own"))).doesNotContain(ROOT_SID);
    assertThat(named(root.resolve("node_modules"))).doesNotContain(ROOT_SID);
  }

  /** A list belongs to a file, and goes along when it is renamed. */
  @Test
  void directoryThatIsReplacedWhileASandboxIsOpenLosesItsEntries() throws Exception {
    look(root);
    List<Sid> before = named(root);
    GrantRecord record = editor.grant(root.toString(), List.of(WRITING), false).orElseThrow();
    Path moved = Files.move(root, directory.resolve("moved"));
    Files.createDirectory(root);
    look(moved.resolve("own"), root);
    assertThat(named(moved.resolve("own"))).contains(ROOT_SID);
    assertThat(editor.restore(record)).isEqualTo(AclEditor.Outcome.RESTORED);
    look(moved, moved.resolve("own"), root);
    assertThat(named(moved)).isEqualTo(before);
    assertThat(named(moved.resolve("own"))).doesNotContain(ROOT_SID);
    assertThat(named(root)).isEqualTo(before);
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void directoryThatIsMovedAwayLosesItsEntriesAndARemovedOneIsGone() throws Exception {
    GrantRecord record = editor.grant(root.toString(), List.of(WRITING), false).orElseThrow();
    Path moved = Files.move(root, directory.resolve("moved"));
    assertThat(editor.restore(record)).isEqualTo(AclEditor.Outcome.RESTORED);
    look(moved);
    assertThat(named(moved)).doesNotContain(ROOT_SID);
    GrantRecord later = editor.grant(moved.toString(), List.of(WRITING), false).orElseThrow();
    try (Stream<Path> files = Files.walk(moved)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    assertThat(editor.restore(later)).isEqualTo(AclEditor.Outcome.GONE);
  }
}
