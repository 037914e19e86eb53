package org.ringfence.macos.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.ringfence.macos.plan.SbplInterpreter.Question;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathLookup;

/** Links on the way to paths that a policy names, there already or made by a command. */
class LinkedPlacesTest {
  private static final String DOCKER = "/private/var/run/docker.sock";
  private static final PathLookup LOOKUP =
      new PathLookup() {
        @Override
        public String real(String path) {
          return path.equals(DOCKER) ? "/Users/me/.docker/run/docker.sock" : path;
        }

        @Override
        public Map<String, String> linksOn(String path) {
          return path.equals(DOCKER) ? Map.of(DOCKER, real(path)) : Map.of();
        }

        @Override
        public boolean exists(String path) {
          return !path.startsWith("/ws/");
        }
      };

  private static SbplInterpreter profile(PolicyBuilder policy) {
    PathContext places = PathContext.ofMac("/ws", "/Users/me").lookedUp(LOOKUP);
    SeatbeltProfile profile =
        SeatbeltCompiler.compile(
            EffectivePolicy.of(policy.build(), places),
            new SeatbeltCompiler.Surroundings("t", OptionalInt.empty(), ""));
    return new SbplInterpreter(profile.text(), profile.parameters());
  }

  /** The kernel compares the path behind the link. */
  @Test
  void socketNamedByALinkIsReachedUnderBothNames() {
    SbplInterpreter profile = profile(SandboxPolicy.builder().unixSocket(DOCKER));
    for (String path : new String[] {DOCKER, "/Users/me/.docker/run/docker.sock"}) {
      assertThat(profile.allows(Question.file("network-outbound", path))).as(path).isTrue();
    }
    assertThat(profile.allows(Question.file("network-outbound", "/Users/me/.docker/x"))).isFalse();
  }

  /** As a link it would lead past the rule; moved away, it would take denied files along. */
  @Test
  void missingDirectoryAboveADeniedPathBecomesNoLinkAndStays() {
    SbplInterpreter profile =
        profile(
            SandboxPolicy.builder()
                .write("/ws")
                .rule("/ws/a/b/secret", Access.NONE, MissingPath.SKIP));
    for (String path : new String[] {"/ws/a", "/ws/A", "/ws/a/b", "/ws/a/B"}) {
      assertThat(profile.allows(new Question("file-write-create", path, "SYMLINK", "", false)))
          .as("link %s", path)
          .isFalse();
      assertThat(profile.allows(Question.directory("file-write-unlink", path)))
          .as("moving %s", path)
          .isFalse();
      assertThat(profile.allows(Question.directory("file-write-create", path)))
          .as("making %s", path)
          .isTrue();
    }
    assertThat(profile.allows(new Question("file-write-create", "/ws/c", "SYMLINK", "", false)))
        .isTrue();
  }

  /** The system's java asks for these, and finds no JDK when it may not. */
  @Test
  void javaOfTheSystemSeesThatPlacesOfJdksExist() {
    SbplInterpreter profile = profile(SandboxPolicy.builder().fileDefault(FileDefault.MINIMAL));
    for (String path :
        new String[] {"", "/Library", "/Library/Java", "/Library/Internet Plug-Ins"}) {
      String looked = "/Users/me" + path;
      assertThat(profile.allows(Question.file("file-read-metadata", looked))).as(looked).isTrue();
      assertThat(profile.allows(Question.file("file-read-data", looked))).as(looked).isFalse();
    }
    assertThat(profile.allows(Question.file("file-read-metadata", "/Users/me/.ssh"))).isFalse();
    assertThat(
            profile(
                    SandboxPolicy.builder()
                        .fileDefault(FileDefault.MINIMAL)
                        .none("/Users/me/Library"))
                .allows(Question.file("file-read-metadata", "/Users/me/Library/Java")))
        .isFalse();
  }

  /** Apple's compiler allows these operations by themselves: the default does not deny them. */
  @Test
  void factsOfOtherProcessesAndTheFirmwareAreDenied() {
    SbplInterpreter profile = profile(SandboxPolicy.builder());
    for (String operation : new String[] {"process-info-pidinfo", "nvram-get"}) {
      Question question = Question.file(operation, "");
      assertThat(new SbplInterpreter("(deny default)", Map.of()).allows(question)).isTrue();
      assertThat(profile.allows(question)).isFalse();
    }
  }
}
