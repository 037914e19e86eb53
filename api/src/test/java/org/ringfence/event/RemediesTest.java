package org.ringfence.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.event.Violation.Certainty;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.Additions;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.path.PathLookup;

class RemediesTest {
  private static final Set<String> EXISTING_PATHS =
      Set.of(
          "/",
          "/data",
          "/data/file",
          "/data/link",
          "/etc",
          "/etc/ssl",
          "/etc/hosts",
          "/home",
          "/home/me",
          "/shared",
          "/data/link/.ssh/id",
          "/data/link/notes",
          "/tmp",
          "/jdk/lib/jvm.cfg");
  private static final Reason WRITE_DENIED = new Reason.Default(FileDefault.READ, Operation.WRITE);
  private static final Reason READ_DENIED = new Reason.Default(FileDefault.MINIMAL, Operation.READ);

  /** A fake machine with exactly the paths in {@link #EXISTING_PATHS}. */
  private static final class FakeMachine implements PathLookup {
    @Override
    public String real(String path) {
      return path.startsWith("/data/link") ? "/home/me" + path.substring(10) : path;
    }

    @Override
    public Map<String, String> linksOn(String path) {
      return Map.of();
    }

    @Override
    public boolean exists(String path) {
      return EXISTING_PATHS.contains(path);
    }
  }

  /** Bounds that keep the home's secrets and shell file. */
  private static final class FakeBounds implements GrantBounds {
    @Override
    public Optional<String> againstReading(String path) {
      return path.startsWith("/home/me/.ssh") ? Optional.of("~/.ssh") : Optional.empty();
    }

    @Override
    public Optional<String> againstWriting(String path) {
      return path.startsWith("/home/me/.bashrc") ? Optional.of("~/.bashrc") : Optional.empty();
    }

    @Override
    public Optional<String> againstWritingBelow(String directory) {
      return directory.equals("/shared") ? Optional.of("shared") : Optional.empty();
    }
  }

  private static Remedy remedy(String operation, String target, String executable, Reason reason) {
    return new Remedies(new FakeMachine(), "/tmp", "/home/me", FakeBounds::new)
        .of(new Violation(operation, target, 1, executable, reason, Certainty.CERTAIN));
  }

  private static Remedy remedy(String operation, String target, Reason reason) {
    return remedy(operation, target, "/bin/sh", reason);
  }

  private static Remedy remedy(Reason reason) {
    return remedy("connect", "x", reason);
  }

  @Test
  void linkInPlaceOfTheDirectoryDoesNotMakeTheHomeWritable() {
    for (String linked : List.of("/data/link", "/data/link/new")) {
      assertThat(remedy("mkdir", linked + "/file", WRITE_DENIED)).isInstanceOf(Remedy.None.class);
    }
  }

  @Test
  void protectedNameOutsideTheWorkspaceHasNoRemedy() {
    for (String operation : List.of("open", "create")) {
      assertThat(remedy(operation, "/home/me/.bashrc", WRITE_DENIED))
          .isInstanceOfSatisfying(
              Remedy.None.class, none -> assertThat(none.why()).contains("~/.bashrc"));
    }
  }

  @Test
  void linkToSecretsIsNoRemedyForReading() {
    assertThat(remedy("open", "/data/link/.ssh/id", READ_DENIED))
        .isInstanceOfSatisfying(
            Remedy.None.class, none -> assertThat(none.why()).contains("~/.ssh"));
    assertThat(remedy("open", "/data/link/notes", READ_DENIED))
        .isEqualTo(new Remedy.GrantPath("/home/me/notes", Access.READ));
  }

  @Test
  void directoryThatManyShareIsNotGrantedForOneFile() {
    assertThat(remedy("create", "/shared/new", WRITE_DENIED)).isInstanceOf(Remedy.None.class);
  }

  @Test
  void remediesOfManyDenialsLookOnceAtTheMachine() {
    AtomicInteger looks = new AtomicInteger();
    Remedies remedies =
        new Remedies(
            new FakeMachine(),
            "/tmp",
            "/home/me",
            () -> {
              looks.incrementAndGet();
              return new FakeBounds();
            });
    for (int i = 0; i < 100; i++) {
      assertThat(
              remedies.of(
                  new Violation(
                      "create", "/data/" + i, 1, "/bin/sh", WRITE_DENIED, Certainty.CERTAIN)))
          .isEqualTo(new Remedy.GrantPath("/data", Access.WRITE));
    }
    assertThat(looks).hasValue(1);
  }

  @Test
  void remedyForExistingFileGrantsOnlyThatFile() {
    assertThat(remedy("open", "/data/file", WRITE_DENIED))
        .isEqualTo(new Remedy.GrantPath("/data/file", Access.WRITE));
    assertThat(remedy("open", "/data/file", READ_DENIED))
        .isEqualTo(new Remedy.GrantPath("/data/file", Access.READ));
  }

  @Test
  void systemDirectoryIsNotGrantedForOneFile() {
    for (String path : List.of("/etc/new", "/etc/ssl/new", "/home/new")) {
      assertThat(remedy("create", path, WRITE_DENIED))
          .as(path)
          .isInstanceOfSatisfying(
              Remedy.None.class, none -> assertThat(none.why()).contains("make the file"));
    }
    assertThat(remedy("unlink", "/etc/hosts", WRITE_DENIED)).isInstanceOf(Remedy.None.class);
    assertThat(remedy("open", "/etc/hosts", WRITE_DENIED))
        .isEqualTo(new Remedy.GrantPath("/etc/hosts", Access.WRITE));
  }

  @Test
  void newFileNeedsGrantOnNearestExistingDirectory() {
    Remedy data = new Remedy.GrantPath("/data", Access.WRITE);
    assertThat(remedy("open", "/data/new", WRITE_DENIED)).isEqualTo(data);
    assertThat(remedy("mkdir", "/data/a/b/c", WRITE_DENIED)).isEqualTo(data);
    assertThat(remedy("unlink", "/data/file", WRITE_DENIED)).isEqualTo(data);
    assertThat(remedy("open", "/tmp/new", WRITE_DENIED)).isEqualTo(new Remedy.ShareTmp());
  }

  @Test
  void homeAndRootAreNotGrantedForOneFile() {
    assertThat(remedy("open", "/home/me/new", WRITE_DENIED)).isInstanceOf(Remedy.None.class);
    assertThat(remedy("open", "/new", WRITE_DENIED)).isInstanceOf(Remedy.None.class);
  }

  @Test
  void jvmFilesAreGrantedThroughTheJvmPreset() {
    Remedy preset = new Remedy.AddPreset("jvm");
    assertThat(remedy("open", "/proc/12/coredump_filter", WRITE_DENIED))
        .asString()
        .contains("runs as well without");
    assertThat(remedy("mkdir", "/tmp/hsperfdata_me", WRITE_DENIED)).isEqualTo(preset);
    assertThat(remedy("open", "/tmp/p18", "/jdk/bin/java", WRITE_DENIED)).isEqualTo(preset);
    assertThat(remedy("open", "/tmp/p18", "/bin/java", WRITE_DENIED))
        .isEqualTo(new Remedy.ShareTmp());
    assertThat(remedy("open", "/tmp/.java_pid18", "/jdk/bin/java", WRITE_DENIED)).isEqualTo(preset);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/proc/12/coredump_filter", "/tmp/hsperfdata_me", "/tmp/hsperfdata_me/4711"})
  void jvmStartAttemptsNeedNoRemedy(String path) {
    assertThat(unneeded(path, "/jdk/bin/java")).isTrue();
    assertThat(unneeded(path, "/bin/java")).isFalse();
    assertThat(unneeded(path + "x", "/jdk/bin/java")).isEqualTo(path.endsWith("_me"));
    assertThat(unneeded(path + "/x", "/jdk/bin/java")).isFalse();
    assertThat(unneeded("/home/me/.ssh" + path, "/jdk/bin/java")).isFalse();
  }

  private static boolean unneeded(String path, String executable) {
    return remedy("open", path, executable, WRITE_DENIED) instanceof Remedy.None none
        && none.weight() == Remedy.Weight.OPTIONAL;
  }

  @Test
  void networkRemediesNameHostAndPort() {
    assertThat(remedy(new Reason.Unlisted("repo.test", 8443)))
        .isEqualTo(new Remedy.AllowHost("repo.test:8443"));
    assertThat(remedy(new Reason.NetworkClosed("10.1.2.3", 80)))
        .isEqualTo(new Remedy.AllowHost("10.1.2.3:80"));
    assertThat(remedy(new Reason.NetworkClosed("fe80::1", 80)))
        .isEqualTo(new Remedy.AllowHost("[fe80::1]:80"));
    assertThat(remedy(new Reason.NetworkClosed("10.1.2.3", 53)))
        .isEqualTo(new Remedy.DecideOnHosts());
    assertThat(remedy(new Reason.SpecialAddress("10.1.2.3", 443)))
        .isEqualTo(new Remedy.AllowRange("10.1.2.3/32"));
    assertThat(remedy(new Reason.ForeignLoopback(NetworkMode.NONE, 5432)))
        .isEqualTo(new Remedy.HostLoopbackPort(5432));
    assertThat(remedy(new Reason.UnixSocket("/run/x.sock")))
        .isEqualTo(new Remedy.UnixSocket("/run/x.sock"));
  }

  @Test
  void protectedNameIsAllowedByItsPath() {
    Reason name = new Reason.ProtectedName(".git/hooks");
    Reason content = new Reason.GitContent("git config core.fsmonitor", "names a program");
    assertThat(remedy("create", "/w/.git/hooks/x", name))
        .isEqualTo(new Remedy.AllowName("/w/.git/hooks/x"));
    assertThat(remedy("rename", "/w/.git/config", content))
        .isEqualTo(new Remedy.AllowName("/w/.git/config"));
    assertThat(remedy("create", "/w/*/.envrc", name)).isInstanceOf(Remedy.None.class);
  }

  static Stream<Reason> reasonsWithoutRemedy() {
    return Stream.of(
        new Reason.Rule("/x: none", Access.NONE, Operation.READ),
        new Reason.RuleBelow("/x: read"),
        new Reason.Glob("**/.env"),
        new Reason.ShortName("GIT~1"),
        new Reason.ProtectedPath("/x"),
        new Reason.HandedIn(),
        new Reason.ForeignMetadata(),
        new Reason.DeniedHost("evil.test"),
        new Reason.NotTcp(),
        new Reason.Listener(Reason.Listener.Answer.DENIED),
        new Reason.NotFound("repo.test", "timed out"),
        new Reason.UnixSocket(""),
        new Reason.BySystem("mach-lookup"));
  }

  @ParameterizedTest
  @MethodSource("reasonsWithoutRemedy")
  void reasonWithoutRemedyExplainsWhy(Reason reason) {
    assertThat(remedy("open", "/data/file", reason))
        .isInstanceOfSatisfying(Remedy.None.class, none -> assertThat(none.why()).isNotBlank());
  }

  static Stream<Remedy.Addition> additions() {
    return Stream.of(
        new Remedy.GrantPath("/data/with 'quote'", Access.WRITE),
        new Remedy.ShareTmp(),
        new Remedy.AddPreset("jvm"),
        new Remedy.AllowHost("repo.test:443"),
        new Remedy.AllowName("/data/.git/config"),
        new Remedy.AllowRange("10.1.2.3/32"),
        new Remedy.DecideOnHosts(),
        new Remedy.OwnLoopback(),
        new Remedy.HostLoopbackPort(80),
        new Remedy.UnixSocket("/run/x.sock"));
  }

  @ParameterizedTest
  @MethodSource("additions")
  void additionIsValidAndChangesThePolicy(Remedy.Addition addition) throws Exception {
    SandboxPolicy policy = SandboxPolicy.builder().ownLoopback(false).build();
    assertThat(Additions.added(policy, addition)).isNotEqualTo(policy);
    assertThat(PolicyReader.presetOrFile(Additions.json(addition))).isNotNull();
    List<String> options = Additions.options(addition);
    assertThat(options).hasSize(2);
    if (options.get(0).equals("-p")) {
      assertThat(PolicyReader.combined(List.of("read-only", options.get(1)))).isNotNull();
    }
  }

  @Test
  void backslashIsPartOfANameOnPosix() {
    assertThat(remedy("mkdir", "/data/x", WRITE_DENIED))
        .isEqualTo(new Remedy.GrantPath("/data", Access.WRITE));
    assertThat(remedy("mkdir", "/data\\x", WRITE_DENIED)).isInstanceOf(Remedy.None.class);
  }
}
