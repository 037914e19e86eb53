package org.ringfence.policy.path;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The mount table finds the other paths at which bind mounts show a directory. */
class MountTableTest {
  private static final String ROOT = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n";

  private static MountTable table(String... more) {
    return new MountTable(ROOT + String.join("\n", more));
  }

  @Test
  void pathWithoutBindMountHasNoOtherName() {
    assertThat(table("22 27 0:21 / /proc rw - proc proc rw").otherNames("/home/me/secret"))
        .isEmpty();
  }

  @Test
  void bindMountOfParentGivesThePathAnotherName() {
    MountTable table = table("30 27 254:0 /home/me /mnt/it rw shared:1 - ext4 /dev/vda rw");
    assertThat(table.otherNames("/home/me/secret")).containsExactly("/mnt/it/secret");
    assertThat(table.otherNames("/mnt/it/secret")).containsExactly("/home/me/secret");
    assertThat(table.otherNames("/home/other")).isEmpty();
    assertThat(table.otherNames("/home/me2")).isEmpty();
  }

  @Test
  void bindMountOfChildShowsPartOfThePath() {
    MountTable table =
        table("30 27 254:0 /home/me/secret/part /mnt/with\\040space rw - ext4 /dev/vda rw");
    assertThat(table.otherNames("/home/me/secret")).containsExactly("/mnt/with space");
  }

  @Test
  void rootMountedBelowDeniedDirectoryIsNotDenied() {
    MountTable table = table("30 27 254:0 / /mnt/z rw - ext4 /dev/vda rw");
    assertThat(table.otherNames("/mnt")).isEmpty();
    assertThat(table.otherNames("/home/me/secret")).containsExactly("/mnt/z/home/me/secret");
  }

  @Test
  void rootMountedBelowDeniedDirectoryIsNotDeniedIfItsPartsAreMountedSeparately() {
    MountTable table =
        new MountTable(
            String.join(
                "\n",
                "27 1 0:60 / / rw - tmpfs none rw",
                "28 27 254:0 /usr /usr rw - ext4 /dev/vda rw",
                "29 27 254:0 /home /home rw - ext4 /dev/vda rw",
                "30 27 254:0 / /mnt/z rw - ext4 /dev/vda rw",
                "31 27 254:0 /home/me /mnt/me rw - ext4 /dev/vda rw"));
    assertThat(table.otherNames("/mnt/z")).contains("/usr");
    assertThat(table.otherNames("/mnt")).containsExactly("/home/me");
  }

  @Test
  void bindMountOfFileGivesItAnotherName() {
    MountTable table = table("30 27 254:0 /home/me/.netrc /mnt/n rw - ext4 /dev/vda rw");
    assertThat(table.otherNames("/home/me/.netrc")).containsExactly("/mnt/n");
  }

  @Test
  void mountBelowThePathIsFoundAtItsOtherMountPoint() {
    MountTable table =
        table(
            "30 27 0:50 / /home/me/secret/sub rw - tmpfs tmpfs rw",
            "31 27 0:50 /deep /mnt/sub rw - tmpfs tmpfs rw");
    assertThat(table.otherNames("/home/me/secret")).containsExactly("/mnt/sub");
  }

  @Test
  void partitionMountedTwiceHasTwoNames() {
    MountTable table =
        table(
            "30 27 254:1 / /data rw - ext4 /dev/vdb rw",
            "31 27 254:1 / /again rw - ext4 /dev/vdb rw");
    assertThat(table.otherNames("/data/secret")).containsExactly("/again/secret");
    assertThat(table.otherNames("/data")).containsExactly("/again");
  }

  @Test
  void bindMountCoveredByAnotherMountGivesNoName() {
    MountTable table =
        table(
            "30 27 254:0 /home/me /mnt/it rw - ext4 /dev/vda rw",
            "31 27 0:51 / /mnt/it rw - tmpfs tmpfs rw");
    assertThat(table.otherNames("/home/me/secret")).isEmpty();
    MountTable covered =
        table(
            "30 27 254:0 / /mnt/it rw - ext4 /dev/vda rw",
            "31 30 0:51 / /mnt/it/home rw - tmpfs tmpfs rw");
    assertThat(covered.otherNames("/home/me/secret")).isEmpty();
    assertThat(covered.otherNames("/etc/secret")).containsExactly("/mnt/it/etc/secret");
  }
}
