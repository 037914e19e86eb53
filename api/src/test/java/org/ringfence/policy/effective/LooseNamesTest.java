package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.LooseMounts;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.policy.path.PathStyle;

/** Policies on drives of Windows, where one file has many names, and beside them on ext4. */
class LooseNamesTest {
  private static final String MOUNTS =
      "60 59 8:32 / / rw - ext4 /dev/sdc rw\n"
          + "70 60 0:70 / /mnt/c rw,noatime - 9p C:\\134 rw,aname=drvfs;path=C:\\134,cache=5\n"
          + "71 70 8:32 /sub /mnt/c/repo/linux rw - ext4 /dev/sdc rw\n"
          + "72 60 0:72 / /mnt/my\\040fold rw shared:3 - tmpfs none rw,casefold=utf8-12.1.0\n";

  private static PathContext places(String mounts) {
    return PathContext.of(PathStyle.POSIX, "/mnt/c/repo", "/home/me")
        .lookedUp(new MountedLookup(mounts));
  }

  /** A machine with a table of mounts, where each path is real. */
  private static class MountedLookup implements PathLookup {
    private final String mounts;

    MountedLookup(String mounts) {
      this.mounts = mounts;
    }

    @Override
    public String real(String path) {
      return path;
    }

    @Override
    public Map<String, String> linksOn(String path) {
      return Map.of();
    }

    @Override
    public boolean exists(String path) {
      return true;
    }

    @Override
    public LooseMounts looseMounts() {
      return LooseMounts.of(mounts);
    }
  }

  private static EffectivePolicy placed(PolicyBuilder policy) {
    return EffectivePolicy.of(policy.build(), places(MOUNTS));
  }

  private static PolicyBuilder writing() {
    return SandboxPolicy.builder().write("/mnt/c/repo").write("/home/me/repo");
  }

  private static boolean writes(EffectivePolicy policy, String path) {
    return policy.evaluate(path, Operation.WRITE).allowed();
  }

  private static boolean reads(EffectivePolicy policy, String path) {
    return policy.evaluate(path, Operation.READ).allowed();
  }

  @ParameterizedTest
  @ValueSource(strings = {"secret", "SECRET", "Secret", "sEcReT", "\u017fecret"})
  void ruleHoldsForEachSpellingOnADrive(String name) {
    EffectivePolicy policy = placed(writing().none("/mnt/c/repo/secret").read("/mnt/c/repo/Kept"));
    assertThat(reads(policy, "/mnt/c/repo/" + name + "/key")).isFalse();
    assertThat(policy.evaluateRemoval("/mnt/c/repo/" + name).allowed()).isFalse();
    assertThat(policy.evaluateRemoval("/mnt/c/REPO").allowed()).isFalse();
    assertThat(policy.accessAt("/mnt/c/repo/" + name)).isEqualTo(Access.NONE);
    assertThat(writes(policy, "/mnt/c/repo/kEPT/file")).isFalse();
    assertThat(writes(policy, "/mnt/c/repo/Other")).isTrue();
    assertThat(reads(policy, "/mnt/c/repo/secrets/key")).isTrue();
  }

  @Test
  void similarPathGetsNothingThatItWouldNotHaveByItself() {
    // Some file systems of these types tell letter case apart: then it is another directory.
    assertThat(writes(placed(writing()), "/mnt/c/REPO/file")).isFalse();
    EffectivePolicy granted =
        placed(SandboxPolicy.builder().none("/mnt/c/a").write("/mnt/c/a/out"));
    assertThat(writes(granted, "/mnt/c/a/out/file")).as("the control").isTrue();
    assertThat(writes(granted, "/mnt/c/a/OUT/file")).isFalse();
    assertThat(reads(granted, "/mnt/c/a/OUT/file")).isFalse();
    // A protected path that spells its parent otherwise takes nothing from the rule.
    EffectivePolicy kept = placed(writing().protectedPath("/mnt/c/REPO/kept"));
    assertThat(writes(kept, "/mnt/c/repo/file")).isTrue();
    assertThat(writes(kept, "/mnt/c/repo/KEPT")).isFalse();
  }

  @Test
  void spellingsDifferOnOtherFileSystems() {
    EffectivePolicy policy = placed(writing().none("/home/me/repo/secret"));
    assertThat(reads(policy, "/home/me/repo/secret/key")).isFalse();
    assertThat(reads(policy, "/home/me/repo/SECRET/key")).isTrue();
    EffectivePolicy inside = placed(writing().none("/mnt/c/repo/linux/secret"));
    assertThat(reads(inside, "/mnt/c/repo/linux/secret/key")).isFalse();
    assertThat(reads(inside, "/mnt/c/repo/linux/SECRET/key")).isTrue();
    assertThat(reads(inside, "/MNT/C/repo/linux/secret/key")).isTrue();
    assertThat(inside.findsOtherNames("/mnt/c")).as("the mount itself").isFalse();
    assertThat(inside.findsOtherNames("/mnt/c/x")).isTrue();
  }

  @Test
  void tmpfsThatFoldsIgnoresCaseWithoutShortNames() {
    EffectivePolicy policy = placed(writing().write("/mnt/my fold").none("/mnt/my fold/secret"));
    assertThat(reads(policy, "/mnt/my fold/SECRET/key")).isFalse();
    assertThat(reads(policy, "/mnt/my fold/OTHER~1/key")).isTrue();
    assertThat(writes(policy, "/mnt/my fold/OTHER~1")).isTrue();
  }

  @Test
  void globsAndProtectedPathsIgnoreCaseOnADrive() {
    EffectivePolicy policy =
        placed(
            writing()
                .denyGlobs(List.of("**/.env", "/mnt/c/repo/conf/*.pem"))
                .protectedPath("/mnt/c/repo/policy.json"));
    assertThat(reads(policy, "/mnt/c/repo/.ENV")).isFalse();
    assertThat(reads(policy, "/mnt/c/repo/Conf/a.PEM")).isFalse();
    assertThat(policy.evaluateMove("/mnt/c/repo/CONF", "/mnt/c/repo/x").allowed()).isFalse();
    assertThat(reads(policy, "/home/me/repo/.ENV")).isTrue();
    assertThat(reads(policy, "/home/me/repo/.env")).isFalse();
    assertThat(writes(policy, "/mnt/c/repo/POLICY.json")).isFalse();
    assertThat(writes(policy, "/mnt/c/repo/other.json")).isTrue();
    assertThat(policy.evaluateRemoval("/mnt/c/Repo").allowed()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GIT~1", "git~1/hooks/pre-commit", "GI1F2B~1", "ENVRC~12", "a~1.tx"})
  void shortNamesAreRefusedWhereTheyCouldNameSomethingProtected(String name) {
    EffectivePolicy policy = placed(writing());
    assertThat(policy.evaluate("/mnt/c/repo/" + name, Operation.WRITE).reason())
        .isInstanceOf(Reason.ShortName.class);
    assertThat(reads(policy, "/mnt/c/repo/" + name)).as("nothing hides files").isTrue();
    assertThat(writes(policy, "/home/me/repo/" + name)).isTrue();
    assertThat(writes(policy, "/mnt/c/repo/linux/" + name)).isTrue();
    EffectivePolicy hides = placed(writing().denyGlobs(List.of("**/.env")));
    assertThat(reads(hides, "/mnt/c/repo/" + name)).isFalse();
    EffectivePolicy hidesOne = placed(writing().none("/mnt/c/repo/secret"));
    assertThat(reads(hidesOne, "/mnt/c/repo/" + name)).isFalse();
    EffectivePolicy nothing = placed(writing().protectedNames(ProtectedNames.OFF));
    assertThat(writes(nothing, "/mnt/c/repo/" + name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"notes~", "~1", "a.txt~1~", "muchlonger~1", "file.x~1", "a~b", ".a~1"})
  void otherNamesWithATildeStayUsable(String name) {
    assertThat(writes(placed(writing()), "/mnt/c/repo/" + name)).isTrue();
  }

  @Test
  void shortNameThatThePolicySpellsIsThePolicys() {
    EffectivePolicy policy =
        placed(
            SandboxPolicy.builder()
                .rule("/mnt/c/Users/LONGNA~1/repo", Access.WRITE, MissingPath.SKIP));
    assertThat(writes(policy, "/mnt/c/Users/LONGNA~1/repo/file")).isTrue();
    assertThat(writes(policy, "/mnt/c/Users/LONGNA~1/repo/FILE~1")).isFalse();
  }

  private static EffectivePolicy on(String type, String options, PolicyBuilder policy) {
    String mounts =
        "60 59 8:32 / / rw - btrfs /dev/sdc rw\n70 60 0:70 / /m rw - " + type + " x " + options;
    return EffectivePolicy.of(policy.build(), places(mounts + "\n"));
  }

  /** Each type that is not known to compare names exactly may fold them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "vfat rw",
        "exfat rw",
        "ntfs3 rw",
        "nfs rw,vers=3",
        "nfs4 rw",
        "cifs rw",
        "smb3 rw",
        "hfsplus rw",
        "zfs rw,xattr,caseinsensitive",
        "zfs rw,casemixed",
        "fuse.sshfs rw",
        "fuse.unheard-of rw",
        "unheard-of rw",
        "tmpfs rw,casefold=utf8-12.1.0",
        "drvfs rw"
      })
  void pathHoldsUnderEachSpellingThatSomeFileSystemFolds(String mount) {
    String[] parts = mount.split(" ");
    PolicyBuilder policy =
        SandboxPolicy.builder()
            .write("/m")
            .none("/m/secret")
            .none("/m/Stra\u00dfe caf\u00e9")
            .denyGlobs(List.of("**/*.key", "/m/conf/p?m.txt", "**/.\u00e9nv"))
            .protectedPath("/m/policy.json");
    EffectivePolicy placed = on(parts[0], parts[1], policy);
    for (String name :
        List.of(
            "SECRET",
            "secret.",
            "secret...",
            "secret ",
            "secret. .",
            "se\u200ccret",
            "secre\ufe0ft",
            "\uff53\uff45\uff43ret",
            "\u017fecret",
            "secret\u00ad.",
            "STRASSE CAFE\u0301",
            "stra\u00dfe cafe\u0301.",
            "a.key",
            "a.KEY.",
            "a.\u212aey ",
            "a.k\u200dey",
            "Conf/PEM.txt",
            "conf./p\u00e9m.TXT",
            "conf/pe\u0301m.txt",
            ".e\u0301nv",
            ".\u00c9NV")) {
      assertThat(reads(placed, "/m/" + name)).as(name).isFalse();
      assertThat(reads(placed, "/m/" + name + "/below")).as(name).isFalse();
      assertThat(placed.evaluateMove("/m/x", "/m/y").allowed()).isTrue();
    }
    assertThat(placed.evaluateMove("/m/CONF.", "/m/x").allowed()).isFalse();
    for (String name : List.of("POLICY.JSON.", "policy.j\u200bson", "\uff50olicy.json")) {
      assertThat(reads(placed, "/m/" + name)).isTrue();
      assertThat(writes(placed, "/m/" + name)).as(name).isFalse();
      assertThat(placed.evaluateRemoval("/m/" + name).allowed()).as(name).isFalse();
    }
    for (String name :
        List.of(
            ".GIT./hooks/x", ".g\u200cit/hooks/x", ".git/hoo\u212as ./x", ".envrc.", ".ENVRC ")) {
      assertThat(writes(placed, "/m/" + name)).as(name).isFalse();
    }
    for (String name :
        List.of("secrets", "other", "s.ecret", "a.keys", ".", "...", " ", "\u200c")) {
      assertThat(writes(placed, "/m/" + name)).as("the control, " + name).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ext2 rw", "btrfs rw", "ext4 rw", "xfs rw", "zfs rw,casesensitive", "tmpfs rw"})
  void typesThatCompareExactlyStayExact(String mount) {
    String[] parts = mount.split(" ");
    EffectivePolicy placed =
        on(parts[0], parts[1], SandboxPolicy.builder().write("/m").none("/m/secret"));
    assertThat(reads(placed, "/m/secret")).isFalse();
    assertThat(reads(placed, "/m/SECRET")).isTrue();
    assertThat(reads(placed, "/m/secret.")).isTrue();
    assertThat(placed.findsOtherNames("/m/secret")).isFalse();
  }

  /** A command may make a directory that folds names, where the file system has the feature. */
  @Test
  void protectedNamesFoldWhereADirectoryMay() {
    for (String type : List.of("ext4", "f2fs", "bcachefs")) {
      EffectivePolicy placed = on(type, "rw", SandboxPolicy.builder().write("/m"));
      for (String name : List.of(".g\u200cit/hooks/x", ".git/hoo\u212as/x", ".\uff45nvrc")) {
        assertThat(writes(placed, "/m/" + name)).as(name).isFalse();
        assertThat(placed.evaluateReplacement("/m/" + name).allowed()).as(name).isFalse();
      }
      assertThat(writes(placed, "/m/gr\u00fcn")).isTrue();
      assertThat(writes(placed, "/m/.envrc.")).as("another name there").isTrue();
    }
    EffectivePolicy exact = on("btrfs", "rw", SandboxPolicy.builder().write("/m"));
    assertThat(writes(exact, "/m/.g\u200cit/hooks/x")).isTrue();
  }

  @Test
  void msdosKeepsElevenCharacters() {
    EffectivePolicy placed =
        on("msdos", "rw", SandboxPolicy.builder().write("/m").none("/m/longsecret.json"));
    for (String name : List.of("LONGSECR.JSO", "longsecre.jsonx", "longsecret.json")) {
      assertThat(reads(placed, "/m/" + name)).as(name).isFalse();
    }
    assertThat(reads(placed, "/m/longsec.jso")).isTrue();
  }

  @Test
  void overlayFoldsAsItsLayersDo() {
    String drive = "60 59 8:32 / / rw - btrfs /dev/sdc rw\n61 60 0:61 / /c rw - 9p c rw\n";
    for (String layers : List.of("lowerdir=/c/a:/b", "lowerdir=/b,upperdir=/c/up,workdir=/c/w")) {
      String overlay = "62 60 0:62 / /o rw - overlay o rw," + layers + "\n";
      assertThat(LooseMounts.of(drive + overlay).mounts())
          .contains(new LooseMounts.Mount("/o", LooseMounts.Names.FOLDED));
    }
    assertThat(LooseMounts.of(drive + "62 60 0:62 / /o rw - overlay o rw,lowerdir=/b\n").mounts())
        .hasSize(1);
  }

  /** A directory of ext4 may ignore case by an attribute: one object answers to two names. */
  @Test
  void directoryThatFoldsIsLooseWithAllBelow() {
    PathLookup folding =
        new MountedLookup(MOUNTS) {
          @Override
          public Set<String> foldingDirectories(Collection<String> paths) {
            return paths.contains("/home/me/repo") ? Set.of("/home/me/repo") : Set.of();
          }
        };
    PathContext there =
        PathContext.of(PathStyle.POSIX, "/mnt/c/repo", "/home/me").lookedUp(folding);
    EffectivePolicy policy =
        EffectivePolicy.of(
            writing().none("/home/me/repo/secret").denyGlobs(List.of("**/.env")).build(), there);
    assertThat(reads(policy, "/home/me/repo/SECRET/key")).isFalse();
    assertThat(reads(policy, "/home/me/repo/deep/.ENV")).isFalse();
    assertThat(writes(policy, "/home/me/repo/OTHER~1")).as("without short names").isTrue();
    assertThat(writes(policy, "/home/me/repo/other")).isTrue();
  }

  /** Directories above the protected names keep their capital letters. */
  @Test
  void protectedNamesHoldInAHomeWhoseNameHasCapitalLetters() {
    PathContext home =
        PathContext.of(PathStyle.POSIX, "/mnt/c/Users/Me", "/mnt/c/Users/Me")
            .lookedUp(new MountedLookup(MOUNTS));
    EffectivePolicy policy =
        EffectivePolicy.of(SandboxPolicy.builder().write("/mnt/c/Users/Me").build(), home);
    for (String name :
        List.of(
            ".bashrc",
            "\u200b.bashrc",
            "\uff0ebashrc",
            ".BASHRC",
            "\uff42\uff49\uff4e/git",
            ".config/\uff46ish/config.fish")) {
      assertThat(writes(policy, "/mnt/c/Users/Me/" + name)).as(name).isFalse();
    }
    assertThat(writes(policy, "/mnt/c/Users/ME/.bashrc")).isFalse();
    assertThat(writes(policy, "/mnt/c/Users/Me/notes.txt")).as("the control").isTrue();
    assertThat(policy.evaluateReplacement("/mnt/c/Users/Me/\uff0econfig").allowed()).isFalse();
  }

  @Test
  void grantBelowAProtectedNameHoldsOnADrive() {
    EffectivePolicy policy =
        placed(
            SandboxPolicy.builder()
                .write("/mnt/c/Users/Me/p")
                .write("/mnt/c/Users/Me/p/.vscode")
                .files(files -> files.allowNames("**/.idea")));
    assertThat(writes(policy, "/mnt/c/Users/Me/p/.vscode/tasks.json")).isTrue();
    assertThat(writes(policy, "/mnt/c/Users/Me/p/.idea/workspace.xml")).isTrue();
    assertThat(writes(policy, "/mnt/c/Users/Me/p/.IDEA/workspace.xml")).isFalse();
    assertThat(writes(policy, "/mnt/c/Users/Me/p/.envrc")).as("the control").isFalse();
    assertThat(writes(policy, "/mnt/c/Users/Me/p/sub/.VSCODE/tasks.json")).isFalse();
  }

  @Test
  void questionMarksStayWithinANameWhereNamesFold() {
    EffectivePolicy policy =
        on(
            "vfat",
            "rw",
            SandboxPolicy.builder().write("/m").denyGlobs(List.of("**/key??.pem", "/m/?x/secret")));
    assertThat(reads(policy, "/m/keys/gr\u00f6\u00dfe/x.pem")).isTrue();
    assertThat(reads(policy, "/m/keys/longer.pem")).isTrue();
    assertThat(reads(policy, "/m/keyab.pem")).isFalse();
    assertThat(reads(policy, "/m/key\u00e9\u00e9.pem")).isFalse();
    assertThat(reads(policy, "/m/e\u0301x/secret")).isFalse();
    assertThat(reads(policy, "/m/abx/secret")).isTrue();
    assertThat(policy.evaluateMove("/m/e\u0301x", "/m/abx").allowed()).as("the move").isFalse();
    assertThat(policy.evaluateMove("/m/abc", "/m/abd").allowed()).as("the control").isTrue();
  }

  @Test
  void existingLevelNeedsNamesDecidedOnADrive() {
    PolicyBuilder existing =
        SandboxPolicy.builder().protectedNames(ProtectedNames.EXISTING).write("/home/me/repo");
    assertThat(placed(existing).needsNamesDecided()).isEmpty();
    assertThat(placed(existing.write("/mnt/c/repo")).needsNamesDecided().orElseThrow())
        .contains("/mnt/c/repo", "other names");
  }

  @Test
  void rootAndMountsWithoutDrivesAreExact() {
    for (String mounts :
        List.of("60 59 0:3 / / rw - virtiofs root rw\n", "60 59 8:32 / / rw", "")) {
      assertThat(LooseMounts.of(mounts)).isEqualTo(LooseMounts.NONE);
    }
    LooseMounts usual =
        LooseMounts.of(
            "60 59 8:32 / / rw - ext4 /dev/sdc rw\n61 60 0:5 / /tmp rw - tmpfs none rw\n"
                + "62 60 8:33 / /home rw - btrfs /dev/sdd rw\n");
    assertThat(usual.mounts()).isEmpty();
    assertThat(usual.marks()).isTrue();
    String covered =
        "60 59 0:1 / /d rw - 9p d rw\n61 60 8:32 / /d rw - ext4 /dev/sdc rw\n"
            + "62 60 0:1 / /e rw - vfat d rw\n";
    assertThat(LooseMounts.of(covered).mounts())
        .extracting(LooseMounts.Mount::point)
        .contains("/e");
    PathContext places = PathContext.of(PathStyle.POSIX, "/d", "/home/me");
    assertThat(places.lookup().looseMounts()).isEqualTo(LooseMounts.NONE);
  }
}
