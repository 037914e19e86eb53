package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.policy.Operation;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.glob.DenyGlob;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;

/** Checks whether the move of a directory can release files below it from a deny glob. */
@ExtendWith(InstancioExtension.class)
class DenyGlobMovesTest {
  private static DenyGlob glob(String text) {
    return new DenyGlob(text, PathStyle.POSIX);
  }

  private static List<String> path(String text) {
    return PathStyle.POSIX.components(text);
  }

  private static boolean moveLosesDenial(String glob, String from, String to) {
    return glob(glob).mayBeLost(path(from), path(to));
  }

  private static final Generator<List<String>> PATHS =
      Inputs.lists(Inputs.of("a", "b", "ab", "ba", "aab", "a\nb"), 0, 4);

  private static final Generator<List<String>> GLOB_PARTS =
      Inputs.lists(Inputs.of("a", "b", "*", "**", "?", "/", "**/", "ab", "*b", "/a/"), 1, 6);

  private record Move(String glob, List<String> from, List<String> to, List<String> below) {}

  private static final Generator<Move> MOVES =
      random ->
          new Move(
              String.join("", GLOB_PARTS.generate(random)),
              PATHS.generate(random),
              PATHS.generate(random),
              PATHS.generate(random));

  @Test
  void everyMoveThatLosesADenialIsReported() {
    Property.forAll(
        20_000,
        MOVES,
        move -> {
          DenyGlob glob = glob(move.glob());
          List<String> before = new ArrayList<>(move.from());
          before.addAll(move.below());
          List<String> after = new ArrayList<>(move.to());
          after.addAll(move.below());
          if (glob.matches(before) && !glob.matches(after) && !move.below().isEmpty()) {
            assertThat(glob.mayBeLost(move.from(), move.to())).isTrue();
          }
        });
  }

  @Test
  void globForANameAtAnyDepthSurvivesEveryMove() {
    Property.forAll(
        MOVES,
        move -> {
          for (String text : List.of("**/.env", "*.key", "x?", "**/**/a")) {
            if (!glob(text).matches(move.from())) {
              assertThat(glob(text).mayBeLost(move.from(), move.to())).as(text).isFalse();
            }
          }
        });
  }

  @Test
  void movingADirectoryNamedInAGlobLosesTheDenial() {
    assertThat(moveLosesDenial("secret/*.key", "/ws/secret", "/ws/x")).isTrue();
    assertThat(moveLosesDenial("secret/*.key", "/ws/x", "/ws/secret")).isFalse();
    assertThat(moveLosesDenial("secret/*.key", "/ws/secret", "/tmp/secret")).isFalse();
    assertThat(moveLosesDenial("**/conf/prod/*.pem", "/ws/conf", "/ws/y")).isTrue();
    assertThat(moveLosesDenial("**/conf/prod/*.pem", "/ws/conf/prod", "/ws/conf/test")).isTrue();
    assertThat(moveLosesDenial("**/conf/prod/*.pem", "/ws/a/conf", "/ws/b/conf")).isFalse();
    assertThat(moveLosesDenial("**/conf/prod/*.pem", "/ws/a", "/ws/b")).isFalse();
    assertThat(moveLosesDenial("**/conf/prod/*.pem", "/ws/conf/prod/old", "/ws/old")).isFalse();
    assertThat(moveLosesDenial("/ws/*/key", "/ws/a", "/ws/b")).isFalse();
    assertThat(moveLosesDenial("/ws/*/key", "/ws/a", "/ws/b/a")).isTrue();
    assertThat(moveLosesDenial("/ws/**/key", "/ws/a", "/ws/b/a")).isFalse();
    assertThat(moveLosesDenial("/ws/**/key", "/ws/a", "/elsewhere")).isTrue();
    assertThat(moveLosesDenial("v?.1/key", "/ws/v1.1", "/ws/v2.1")).isFalse();
    assertThat(moveLosesDenial("\uD83D\uDE00/?", "/ws/\uD83D\uDE00", "/ws/x")).isTrue();
  }

  @Test
  void globMatchesNewlinesAndSupplementaryCharacters() {
    assertThat(glob("**/.env").matches(path("/ws/a\nb/.env"))).isTrue();
    assertThat(glob("**/secrets").matches(path("/ws/secrets/a\nb"))).isTrue();
    assertThat(glob("a/**").matches(path("/ws/a/\n"))).isTrue();
    assertThat(glob("\uD83D\uDE00").matches(path("/ws/\uD83D\uDE00"))).isTrue();
    assertThat(glob("?.key").matches(path("/ws/\uD83D\uDE00.key"))).isTrue();
  }

  @Test
  void leadingDirectoriesEndAtTheFirstWildcard() {
    assertThat(DenyGlob.leadingDirectories("/ws/secret/*.key")).isEqualTo("/ws/secret");
    assertThat(DenyGlob.leadingDirectories("/ws/se*t/x")).isEqualTo("/ws");
    assertThat(DenyGlob.leadingDirectories("/ws/a/b")).isEqualTo("/ws/a");
    assertThat(DenyGlob.leadingDirectories("/*")).isEqualTo("/");
    assertThat(DenyGlob.leadingDirectories("a/b")).isEqualTo("/");
    assertThat(DenyGlob.leadingDirectories("**/b")).isEqualTo("/");
  }

  @Test
  void globThroughLinkDeniesTheLinkTarget() throws IOException {
    Path top = Files.createTempDirectory("globs").toRealPath();
    try {
      Files.createDirectory(top.resolve("real"));
      Files.createSymbolicLink(top.resolve("link"), Path.of("real"));
      EffectivePolicy policy =
          EffectivePolicy.of(
              SandboxPolicy.builder().denyGlobs(List.of(top + "/link/*.key")).build(),
              PathContext.current(top));
      assertThat(policy.evaluate(top + "/real/a.key", Operation.READ).allowed()).isFalse();
      assertThat(policy.evaluate(top + "/real/a", Operation.READ).allowed()).isTrue();
    } finally {
      Files.delete(top.resolve("link"));
      Files.delete(top.resolve("real"));
      Files.delete(top);
    }
  }
}
