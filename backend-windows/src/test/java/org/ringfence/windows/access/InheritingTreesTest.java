package org.ringfence.windows.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.system.FakeFile;
import org.ringfence.windows.system.FakeTree;
import org.ringfence.windows.system.FakeWindows;

/** Sets entries on a tree of a fake Windows in which lists belong to files and are passed over. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the identities of the fake are those of Linux")
class InheritingTreesTest {
  private static final Sid ROOT_SID = Sid.synthetic(new byte[] {1}, "root");
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

  private List<Sid> named(Path path) {
    AccessControlList list =
        AccessControlList.ofDescriptor(
                windows.files.values().stream()
                    .filter(file -> file.path.equals(path.toString()))
                    .findFirst()
                    .orElseThrow()
                    .descriptor)
            .orElseThrow();
    return list.aces().stream().map(Ace::sid).toList();
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
    assertThat(named(linked)).isNotEmpty().doesNotContain(ROOT_SID);
    editor.restore(record.orElseThrow());
    look(root.resolve("own"), linked);
    assertThat(named(root.resolve("own"))).doesNotContain(ROOT_SID);
    assertThat(named(linked)).doesNotContain(ROOT_SID);
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
}
