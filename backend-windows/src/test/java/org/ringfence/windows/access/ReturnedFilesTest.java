package org.ringfence.windows.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.FakeTree;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.WindowsCallException;

/** Gives files of an account back, on a fake Windows whose files have owners. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the identities of the fake are those of Linux")
class ReturnedFilesTest {
  private static final Sid ACCOUNT = new Sid("S-1-5-21-1-1-1-2001");
  private static final Sid PERSON = new Sid("S-1-5-21-1-1-1-1002");

  @TempDir private Path directory;
  private final FakeWindows windows = new FakeWindows();
  private FakeTree tree;
  private Path root;

  @BeforeEach
  void makeTree() throws Exception {
    directory = directory.toRealPath();
    tree = windows.treeOf(directory);
    root = Files.createDirectories(directory.resolve("work/.git")).getParent();
    Files.writeString(root.resolve(".git/HEAD"), "x");
    Files.writeString(root.resolve("theirs"), "x");
    Files.writeString(directory.resolve("outside"), "x");
    Files.createSymbolicLink(root.resolve("link"), directory.resolve("outside"));
  }

  private void own(String path, Sid owner) throws WindowsCallException {
    try (Handle file = windows.files().openOwned(directory.resolve(path).toString())) {
      windows.setOwner(file, owner);
    }
  }

  private Optional<Sid> owner(String path) throws WindowsCallException {
    try (Handle file = windows.files().open(directory.resolve(path).toString(), false)) {
      return AccessControlList.ownerOf(windows.descriptor(file));
    }
  }

  private ReturnedFiles opened(Instant at) {
    return new ReturnedFiles(windows, List.of(root.toString()), Set.of(ACCOUNT), at);
  }

  /** openai/codex#37965: Git of the user refuses a repository that a command made. */
  @Test
  void filesOfTheAccountBecomeTheUsers() throws Exception {
    for (String made : List.of("work/.git", "work/.git/HEAD", "outside")) {
      own(made, ACCOUNT);
    }
    own("work/theirs", PERSON);
    opened(Instant.now()).close();
    assertThat(owner("work/.git")).contains(FakeWindows.USER);
    assertThat(owner("work/.git/HEAD")).contains(FakeWindows.USER);
    assertThat(owner("work/theirs")).contains(PERSON);
    // A link leads to it, and is no file of the root.
    assertThat(owner("outside")).contains(ACCOUNT);
    assertThat(windows.openHandles()).isZero();
  }

  /** A process that a command left elsewhere puts a junction in the way of a change of owner. */
  @Test
  void fileThatALinkLeadsToInTheMeantimeStaysItsOwners() throws Exception {
    Files.createDirectory(directory.resolve("profile"));
    Files.writeString(directory.resolve("profile/HEAD"), "x");
    own("profile/HEAD", ACCOUNT);
    own("work/.git/HEAD", ACCOUNT);
    own("work/theirs", ACCOUNT);
    tree.opening =
        path -> {
          if (path.equals(root.resolve(".git/HEAD"))) {
            tree.opening = later -> {};
            swap();
          }
        };
    opened(Instant.now()).close();
    assertThat(owner("profile/HEAD")).contains(ACCOUNT);
    assertThat(owner("moved/HEAD")).contains(ACCOUNT);
    assertThat(owner("work/theirs")).contains(FakeWindows.USER);
  }

  private void swap() {
    try {
      Files.move(root.resolve(".git"), directory.resolve("moved"));
      Files.createSymbolicLink(root.resolve(".git"), directory.resolve("profile"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void eachFileIsOpenedOnceToChangeItsOwner() throws Exception {
    own("work/.git/HEAD", ACCOUNT);
    windows.calls.clear();
    opened(Instant.now()).close();
    assertThat(windows.calls).contains("CreateFileW(owner)").doesNotContain("CreateFileW");
    assertThat(owner("work/.git/HEAD")).contains(FakeWindows.USER);
  }

  @Test
  void olderFilesAreNotOpened() throws Exception {
    own("work/.git/HEAD", ACCOUNT);
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
    Files.setLastModifiedTime(root.resolve(".git/HEAD"), old);
    windows.calls.clear();
    opened(Instant.now().plus(Duration.ofDays(1))).close();
    assertThat(windows.calls).doesNotContain("CreateFileW", "CreateFileW(owner)");
  }

  @Test
  void fileThatCannotBeGivenStaysAndTheOthersDoNot() throws Exception {
    own("work/.git/HEAD", ACCOUNT);
    own("work/theirs", ACCOUNT);
    windows.fail("SetKernelObjectSecurity(owner)", 5);
    opened(Instant.now()).close();
    assertThat(List.of(owner("work/.git/HEAD"), owner("work/theirs")))
        .contains(Optional.of(ACCOUNT), Optional.of(FakeWindows.USER));
  }
}
