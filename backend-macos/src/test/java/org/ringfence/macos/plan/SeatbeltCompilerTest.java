package org.ringfence.macos.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.macos.plan.SbplInterpreter.Question;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;

/**
 * Compares profiles with the policy, using an interpreter that evaluates profiles as Seatbelt does.
 */
@ExtendWith(InstancioExtension.class)
class SeatbeltCompilerTest {
  private static final PathContext PLACES = PathContext.ofMac("/ws", "/home");
  private static final SeatbeltCompiler.Surroundings ALONE =
      new SeatbeltCompiler.Surroundings("tag-1", OptionalInt.empty(), "");

  private static final PathLookup NOTHING_IN_THE_WORKSPACE =
      new PathLookup() {
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
          return !path.startsWith("/ws/");
        }
      };

  private static SbplInterpreter interpreter(EffectivePolicy policy) {
    SeatbeltProfile profile = SeatbeltCompiler.compile(policy, ALONE);
    return new SbplInterpreter(profile.text(), profile.parameters());
  }

  /** Paths of a few names, so that rules and paths overlap. */
  private static final Generator<String> PATHS =
      random ->
          "/"
              + String.join(
                  "/",
                  Inputs.lists(
                          Inputs.of(
                              "a",
                              "b",
                              "ws",
                              ".git",
                              "hooks",
                              "config",
                              "refs",
                              "modules",
                              "info",
                              "attributes",
                              ".vscode",
                              "logs",
                              "hook",
                              ".env",
                              "x.key",
                              "gitdir",
                              "heads",
                              "worktrees",
                              "r",
                              "home",
                              ".m2",
                              "repository",
                              ".cache",
                              "p10k-x",
                              ".hg",
                              "hgrc",
                              ".jj",
                              "repo",
                              "config.toml",
                              ".ssh"),
                          1,
                          6)
                      .generate(random));

  private record Granted(String path, Access access) {}

  private static final Generator<SandboxPolicy> POLICIES =
      random -> {
        PolicyBuilder builder =
            SandboxPolicy.builder()
                .fileDefault(random.oneOf(FileDefault.values()))
                .protectedNames(random.oneOf(ProtectedNames.values()))
                .denyGlobs(
                    Inputs.distinct(
                            Inputs.of("**/.env", "*.key", "/a/**", "a/*/b", ".gi?", "/ws/**/x.*"),
                            glob -> glob,
                            2)
                        .generate(random))
                .tmp(TmpPolicy.SHARED);
        Generator<Granted> rule =
            drawn -> new Granted(PATHS.generate(drawn), drawn.oneOf(Access.values()));
        Inputs.distinct(rule, Granted::path, 6)
            .generate(random)
            .forEach(each -> builder.rule(each.path(), each.access(), MissingPath.SKIP));
        Inputs.distinct(PATHS, path -> path, 2).generate(random).forEach(builder::protectedPath);
        if (random.trueOrFalse()) {
          builder.write(":workspace");
        }
        return builder.build();
      };

  private record Asked(SandboxPolicy policy, String path) {}

  /** Measurements on real Macs differ on precedence, so that nothing may depend on it. */
  @Test
  void orderOfTheRulesHasNoMeaning() {
    Property.forAll(
        200,
        ASKED,
        asked -> {
          SeatbeltProfile profile =
              SeatbeltCompiler.compile(
                  EffectivePolicy.of(asked.policy(), PLACES),
                  new SeatbeltCompiler.Surroundings("tag-1", OptionalInt.empty(), "/a/own"));
          assertThat(profile.rules())
              .allSatisfy(rule -> assertThat(rule.expression().toString()).startsWith("(allow "));
          List<SeatbeltProfile.Rule> reversed = new ArrayList<>(profile.rules());
          Collections.reverse(reversed);
          SbplInterpreter forwards = new SbplInterpreter(profile.text(), profile.parameters());
          SbplInterpreter backwards =
              new SbplInterpreter(
                  new SeatbeltProfile(profile.base(), reversed, profile.parameters()).text(),
                  profile.parameters());
          for (String operation :
              List.of("file-read-data", "file-read-metadata", "file-write-create", "file-ioctl")) {
            for (String path : List.of(asked.path(), "/a/own/profile", "/a" + asked.path())) {
              Question question = Question.file(operation, path);
              assertThat(backwards.allows(question)).isEqualTo(forwards.allows(question));
              assertThat(forwards.allowsExclusively(question))
                  .as("%s %s, decided by rules that name it alone", operation, path)
                  .isEqualTo(forwards.allows(question));
            }
          }
        });
  }

  @Test
  void ownFilesAreReachedByNoPolicy() {
    Property.forAll(
        100,
        POLICIES,
        policy -> {
          SeatbeltProfile profile =
              SeatbeltCompiler.compile(
                  EffectivePolicy.of(policy, PLACES),
                  new SeatbeltCompiler.Surroundings("tag-1", OptionalInt.empty(), "/a/b/own"));
          SbplInterpreter interpreter = new SbplInterpreter(profile.text(), profile.parameters());
          for (String path :
              List.of("/a/b/own", "/a/b/own/profile", "/System/Volumes/Data/a/b/own/profile")) {
            for (String operation :
                List.of(
                    "file-read-data",
                    "file-read-metadata",
                    "file-write-data",
                    "file-write-create",
                    "file-write-unlink",
                    "process-exec")) {
              assertThat(interpreter.allows(Question.file(operation, path))).as(path).isFalse();
            }
          }
          for (String above : List.of("/a/b", "/a")) {
            assertThat(interpreter.allows(Question.directory("file-write-unlink", above)))
                .as("moving %s", above)
                .isFalse();
          }
        });
  }

  private static final Generator<Asked> ASKED =
      random -> new Asked(POLICIES.generate(random), PATHS.generate(random));

  @Test
  void profilesDecideAsThePolicyDoes() {
    Property.forAll(800, ASKED, SeatbeltCompilerTest::assertDecidesAsThePolicy);
  }

  private static void assertDecidesAsThePolicy(Asked asked) {
    EffectivePolicy effective = EffectivePolicy.of(asked.policy(), PLACES);
    SbplInterpreter profile = interpreter(effective);
    List<String> paths = new ArrayList<>(List.of(asked.path()));
    effective.rules().forEach(rule -> paths.add(rule.path()));
    effective.rules().forEach(rule -> paths.add(rule.path() + asked.path()));
    for (String each : paths) {
      if (each.equals("/")) {
        continue;
      }
      assertThat(profile.allows(Question.file("file-read-data", each)))
          .as("reading %s", each)
          .isEqualTo(effective.evaluate(each, Operation.READ).allowed());
      for (String operation : List.of("file-write-data", "file-write-create", "file-write-xattr")) {
        assertThat(profile.allows(Question.file(operation, each)))
            .as("%s %s", operation, each)
            .isEqualTo(
                effective.evaluate(each, Operation.WRITE).allowed()
                    && !isProtectedByProfileOnly(effective, each));
      }
      assertThat(profile.allows(Question.file("process-exec", each)))
          .isEqualTo(effective.evaluate(each, Operation.READ).allowed());
    }
  }

  /**
   * Returns whether only the profile protects the path: if writing is the default, the policy has
   * no writable root in which it protects paths.
   */
  private static boolean isProtectedByProfileOnly(EffectivePolicy policy, String path) {
    return policy.protectedPaths().stream()
        .anyMatch(kept -> path.equals(kept) || path.startsWith(kept + "/"));
  }

  /**
   * A profile lets a command move away and replace no more than the policy does, and sometimes
   * less.
   */
  @Test
  void profileDeniesMovesThatThePolicyDenies() {
    Property.forAll(600, ASKED, SeatbeltCompilerTest::assertDeniedMovesAreDenied);
  }

  private static void assertDeniedMovesAreDenied(Asked asked) {
    EffectivePolicy effective = EffectivePolicy.of(asked.policy(), PLACES);
    SbplInterpreter profile = interpreter(effective);
    List<String> paths = new ArrayList<>(List.of(asked.path()));
    for (var rule : effective.rules()) {
      for (String at = rule.path(); at.length() > 1; at = at.substring(0, at.lastIndexOf('/'))) {
        paths.add(at);
      }
    }
    for (String each : paths) {
      if (!effective.evaluateRemoval(each).allowed()) {
        assertThat(profile.allows(Question.directory("file-write-unlink", each)))
            .as("moving %s", each)
            .isFalse();
      }
      if (!effective.evaluateReplacement(each).allowed()
          && effective.evaluateRemoval(each).allowed()) {
        assertThat(profile.allows(Question.directory("file-write-create", each)))
            .as("replacing %s", each)
            .isFalse();
      }
    }
  }

  /** On a case-insensitive volume, a file created later has the same name in every letter case. */
  @Test
  void deniedFileCreatedLaterIsDeniedInEveryLetterCase() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .write(":workspace")
                .rule("/ws/secret", Access.NONE, MissingPath.SKIP)
                .build(),
            PLACES.lookedUp(NOTHING_IN_THE_WORKSPACE));
    SbplInterpreter profile = interpreter(policy);
    for (String path : List.of("/ws/secret", "/ws/Secret/x", "/ws/SECRET")) {
      assertThat(profile.allows(Question.file("file-write-create", path))).as(path).isFalse();
      assertThat(profile.allows(Question.file("file-read-data", path))).as(path).isFalse();
    }
    assertThat(profile.allows(Question.file("file-write-create", "/ws/secrets"))).isTrue();
  }

  @Test
  void gitNamesAreProtectedInEveryLetterCase() {
    EffectivePolicy policy =
        EffectivePolicy.of(SandboxPolicy.builder().write(":workspace").build(), PLACES);
    SbplInterpreter profile = interpreter(policy);
    for (String path :
        List.of(
            "/ws/.git/hooks/pre-commit",
            "/ws/.GIT/Hooks/pre-commit",
            "/ws/sub/.git/config",
            "/ws/.git/modules/sub/hooks/x",
            "/ws/.VSCode/tasks.json",
            "/ws/.git")) {
      assertThat(profile.allows(Question.file("file-write-create", path))).as(path).isFalse();
      assertThat(profile.allows(Question.file("file-read-data", path))).as(path).isTrue();
    }
    for (String path :
        List.of(
            "/ws/.git/index",
            "/ws/.git/refs/heads/hooks/x",
            "/ws/.git/modules/sub/refs/heads/config",
            "/ws/.gitignore",
            "/ws/vscode/x")) {
      assertThat(profile.allows(Question.file("file-write-create", path))).as(path).isTrue();
    }
    assertThat(profile.allows(Question.directory("file-write-create", "/ws/.git/modules")))
        .isFalse();
    assertThat(profile.allows(Question.directory("file-write-create", "/ws/.git/refs/x"))).isTrue();
  }

  @Test
  void networkRulesFollowThePolicy() {
    SbplInterpreter none =
        interpreter(EffectivePolicy.of(SandboxPolicy.builder().ownLoopback(false).build(), PLACES));
    Question outside = Question.network("network-outbound", "1.2.3.4:443");
    Question inside = Question.network("network-outbound", "localhost:8080");
    assertThat(none.allows(outside)).isFalse();
    assertThat(none.allows(inside)).isFalse();
    SbplInterpreter own =
        interpreter(EffectivePolicy.of(SandboxPolicy.builder().ownLoopback(true).build(), PLACES));
    assertThat(own.allows(outside)).isFalse();
    assertThat(own.allows(inside)).isTrue();
    assertThat(own.allows(Question.network("network-bind", "localhost:8080"))).isTrue();
    assertThat(none.allows(Question.network("network-bind", "localhost:8080"))).isFalse();
    SbplInterpreter port =
        interpreter(
            EffectivePolicy.of(
                SandboxPolicy.builder().ownLoopback(false).hostLoopbackPort(8080).build(), PLACES));
    assertThat(port.allows(inside)).isTrue();
    assertThat(port.allows(Question.network("network-outbound", "localhost:80"))).isFalse();
    SbplInterpreter full =
        interpreter(
            EffectivePolicy.of(
                SandboxPolicy.builder()
                    .network(NetworkMode.FULL)
                    .unixSocket("/run/one.sock")
                    .build(),
                PLACES));
    assertThat(full.allows(outside)).isTrue();
    assertThat(full.allows(Question.file("network-outbound", "/run/one.sock"))).isTrue();
    assertThat(full.allows(Question.file("network-outbound", "/run/two.sock"))).isFalse();
    SeatbeltProfile led =
        SeatbeltCompiler.compile(
            EffectivePolicy.of(
                SandboxPolicy.builder()
                    .network(NetworkMode.ALLOWLIST)
                    .allowHost("example.org")
                    .ownLoopback(false)
                    .build(),
                PLACES),
            new SeatbeltCompiler.Surroundings("t", OptionalInt.of(3128), "/own"));
    SbplInterpreter proxied = new SbplInterpreter(led.text(), led.parameters());
    assertThat(proxied.allows(Question.network("network-outbound", "localhost:3128"))).isTrue();
    assertThat(proxied.allows(Question.network("network-outbound", "localhost:3129"))).isFalse();
    assertThat(proxied.allows(outside)).isFalse();
    assertThat(proxied.allows(Question.file("file-read-data", "/own/profile"))).isFalse();
  }

  @Test
  void pathsAreResolvedToTheNamesThatTheKernelCompares() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .write("/var/project")
                .none("/System/Volumes/Data/Users/me/secret")
                .none("/var/project/a/b")
                .denyGlobs(List.of("/tmp/*.key"))
                .build(),
            PLACES);
    SbplInterpreter profile = interpreter(policy);
    assertThat(profile.allows(Question.file("file-write-create", "/private/var/project/x")))
        .isTrue();
    assertThat(
            profile.allows(Question.file("file-write-create", "/private/var/project/.git/hooks/x")))
        .isFalse();
    assertThat(profile.allows(Question.file("file-read-data", "/private/var/project/a/b/c")))
        .isFalse();
    assertThat(profile.allows(Question.directory("file-write-unlink", "/private/var/project/a")))
        .isFalse();
    assertThat(profile.allows(Question.file("file-read-data", "/Users/me/secret/x"))).isFalse();
    assertThat(
            profile.allows(
                Question.file("file-read-data", "/System/Volumes/Data/Users/me/secret/x")))
        .isFalse();
    assertThat(profile.allows(Question.file("file-read-data", "/Users/me/other"))).isTrue();
    assertThat(profile.allows(Question.file("file-read-data", "/private/tmp/a.key"))).isFalse();
  }

  /** The kernel has them with the volume's name or without, by its version. */
  @Test
  void pathsOnTheDataVolumeAreNamedInBothWays() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .write("/System/Volumes/Data/work")
                .none("/System/Volumes/Data/work/secret")
                .build(),
            PLACES);
    SbplInterpreter profile = interpreter(policy);
    for (String root : List.of("/System/Volumes/Data/work", "/work")) {
      assertThat(profile.allows(Question.file("file-write-create", root + "/x"))).isTrue();
      assertThat(profile.allows(Question.file("file-read-data", root + "/secret/x"))).isFalse();
      assertThat(profile.allows(Question.file("file-write-create", root + "/.git/hooks/x")))
          .isFalse();
    }
  }

  /** Java turns names to one form of Unicode; a name on disk has the form of its maker. */
  @Test
  void namesWithAccentsAreMatchedInBothForms() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().write("/\u00c9tudes").none("/\u00c9tudes/cl\u00e9").build(),
            PLACES);
    SbplInterpreter profile = interpreter(policy);
    for (String root : List.of("/\u00c9tudes", "/E\u0301tudes")) {
      assertThat(profile.allows(Question.file("file-write-create", root + "/x"))).isTrue();
    }
    assertThat(profile.allows(Question.file("file-read-data", "/\u00c9tudes/cl\u00e9"))).isFalse();
    assertThat(profile.allows(Question.file("file-read-data", "/E\u0301tudes/cle\u0301")))
        .isFalse();
  }

  @Test
  void protectedPathThatDoesNotExistIsProtectedInEveryLetterCase() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().write(":workspace").protectedPath("/ws/policy.json").build(),
            PLACES.lookedUp(NOTHING_IN_THE_WORKSPACE));
    SbplInterpreter profile = interpreter(policy);
    assertThat(profile.allows(Question.file("file-write-create", "/ws/policy.json"))).isFalse();
    assertThat(profile.allows(Question.file("file-write-create", "/ws/POLICY.json"))).isFalse();
    assertThat(profile.allows(Question.file("file-write-create", "/ws/policy.jso"))).isTrue();
  }

  /** The preferences daemon shows a program's preferences without a right to read their file. */
  @Test
  void preferencesOfProgramsAreShownOnlyWhereThePolicyHidesNoFile() {
    String every = "(allow user-preference-read)";
    assertThat(text(SandboxPolicy.builder().fileDefault(FileDefault.READ))).contains(every);
    assertThat(text(SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL)))
        .doesNotContain(every)
        .contains("kCFPreferencesAnyApplication");
    assertThat(text(SandboxPolicy.builder().fileDefault(FileDefault.READ).none("/home/Library")))
        .doesNotContain(every);
  }

  /** A denial would rely on a precedence; the base's text is no exception. */
  @Test
  void profilesDenyNothingButByDefault() {
    for (NetworkMode mode : NetworkMode.values()) {
      PolicyBuilder policy = SandboxPolicy.builder().write(":workspace").network(mode);
      if (mode == NetworkMode.ALLOWLIST) {
        policy.allowHost("example.org");
      }
      assertThat(text(policy).lines().filter(line -> line.contains("(deny ")))
          .allMatch(line -> line.matches("\\(deny [a-z* -]+ \\(with message \"tag-1\"\\)\\)"))
          .hasSize(2);
    }
  }

  @Test
  void fullNetworkBindsAddressesAndNoPathsOutside() {
    SbplInterpreter full =
        interpreter(
            EffectivePolicy.of(SandboxPolicy.builder().network(NetworkMode.FULL).build(), PLACES));
    for (String operation : List.of("network-bind", "network-inbound")) {
      assertThat(full.allows(Question.network(operation, "1.2.3.4:80"))).isTrue();
      assertThat(full.allows(Question.file(operation, "/ws/socket"))).isFalse();
    }
  }

  @Test
  void networkOpensNoServiceOfTheKeychain() {
    assertThat(text(SandboxPolicy.builder().network(NetworkMode.FULL)))
        .contains("com.apple.trustd")
        .doesNotContain("SecurityServer")
        .doesNotContain("secd");
  }

  private static String text(PolicyBuilder policy) {
    return SeatbeltCompiler.compile(EffectivePolicy.of(policy.build(), PLACES), ALONE).text();
  }

  @Test
  void minimalDefaultLetsToolsRunButHidesUserFiles() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL).build(), PLACES);
    SbplInterpreter profile = interpreter(policy);
    for (String path :
        List.of(
            "/usr/bin/java",
            "/usr/libexec/java_home",
            "/Library/Java/JavaVirtualMachines/temurin-17.jdk/Contents/Home/bin/java",
            "/opt/homebrew/Cellar/node/22/bin/node",
            "/opt/homebrew/bin/git",
            "/usr/local/bin/python3",
            "/usr/local/Cellar/openjdk/21/bin/java",
            "/Library/Developer/CommandLineTools/usr/bin/git",
            "/Applications/Xcode.app/Contents/Developer/usr/bin/xcodebuild",
            "/private/var/db/xcode_select_link",
            "/Library/Frameworks/Python.framework/Versions/3.12/bin/python3",
            "/System/Library/Frameworks/Foundation.framework/Foundation",
            "/private/etc/ssl/cert.pem",
            "/private/var/db/timezone/zoneinfo/UTC")) {
      for (String operation : List.of("file-read-data", "file-map-executable", "process-exec")) {
        assertThat(profile.allows(Question.file(operation, path))).as(path).isTrue();
      }
      assertThat(profile.allows(Question.file("file-write-data", path))).as(path).isFalse();
    }
    for (String path : List.of("/Users/me/.ssh/id_rsa", "/home/.m2/settings.xml", "/Volumes/x")) {
      assertThat(profile.allows(Question.file("file-read-data", path))).as(path).isFalse();
    }
  }

  @Test
  void privateCacheDirectoryIsWritableBesideThePrivateTmp() {
    String folders = "/private/var/folders/ab/cd";
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().build(), PLACES.withPrivateTmp(folders + "/T/ringfence-1"));
    SbplInterpreter profile = interpreter(policy);
    assertThat(profile.allows(Question.file("file-write-create", folders + "/T/ringfence-1/x")))
        .isTrue();
    assertThat(profile.allows(Question.file("file-write-create", folders + "/C/ringfence-1/x")))
        .isTrue();
    assertThat(profile.allows(Question.file("file-write-create", folders + "/C/other"))).isFalse();
    assertThat(profile.allows(Question.file("file-write-create", folders + "/T/other"))).isFalse();
    assertThat(profile.allows(Question.file("network-outbound", folders + "/T/ringfence-1/s")))
        .isTrue();
    assertThat(profile.allows(Question.file("network-outbound", "/var/run/docker.sock"))).isFalse();
    assertThat(
            SeatbeltCompiler.cacheDirectory(
                EffectivePolicy.of(
                    SandboxPolicy.builder().build(), PLACES.withPrivateTmp("/tmp/ringfence-1"))))
        .isEmpty();
  }

  @Test
  void pathsAreParametersAndCannotInjectRules() {
    String odd = "/ws/a\" (allow default) ; \n\\";
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .write(":workspace")
                .none(odd)
                .denyGlobs(List.of("*\")(allow default)(x \""))
                .build(),
            PLACES.lookedUp(PathLookup.NONE));
    SeatbeltProfile profile = SeatbeltCompiler.compile(policy, ALONE);
    assertThat(profile.text()).doesNotContain(odd);
    assertThat(profile.parameters()).containsValue(odd);
    SbplInterpreter interpreter = new SbplInterpreter(profile.text(), profile.parameters());
    assertThat(interpreter.allows(Question.file("file-read-data", odd))).isFalse();
    assertThat(interpreter.allows(Question.file("file-write-data", "/etc/x"))).isFalse();
    assertThatThrownBy(() -> new SeatbeltCompiler.Surroundings("a\"b", OptionalInt.empty(), ""))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SbplInterpreter("(allow file-fly*)", Map.of()))
        .hasMessageContaining("no operation");
  }

  @Test
  void everyBaseRuleHasAReason() {
    String base =
        SeatbeltCompiler.compile(EffectivePolicy.of(SandboxPolicy.builder().build(), PLACES), ALONE)
            .base();
    String[] lines = base.substring(base.indexOf("; What every")).split("\n");
    boolean reasoned = false;
    for (String line : lines) {
      if (line.startsWith(";")) {
        reasoned = true;
      } else if (line.isEmpty()) {
        reasoned = false;
      } else {
        assertThat(reasoned).as(line).isTrue();
      }
    }
  }
}
