package org.ringfence.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What a directory's move does to what a glob says of the files below it. */
class DenyGlobMovesTest {
  private static DenyGlob glob(String text) {
    return new DenyGlob(text, PathStyle.POSIX);
  }

  private static List<String> path(String text) {
    return PathStyle.POSIX.components(text);
  }

  private static boolean lost(String glob, String from, String to) {
    return glob(glob).mayBeLost(path(from), path(to));
  }

  @Property(tries = 20_000)
  void noMoveThatLosesADenialIsCalledHarmless(
      @ForAll("globs") String text,
      @ForAll("paths") List<String> from,
      @ForAll("paths") List<String> to,
      @ForAll("paths") List<String> below) {
    DenyGlob glob = glob(text);
    List<String> before = new ArrayList<>(from);
    before.addAll(below);
    List<String> after = new ArrayList<>(to);
    after.addAll(below);
    if (glob.matches(before) && !glob.matches(after) && !below.isEmpty()) {
      assertThat(glob.mayBeLost(from, to)).as("%s: %s to %s", text, before, after).isTrue();
    }
  }

  @Property
  void aNameAtAnyDepthIsNeverLost(
      @ForAll("paths") List<String> from, @ForAll("paths") List<String> to) {
    for (String text : List.of("**/.env", "*.key", "x?", "**/**/a")) {
      if (!glob(text).matches(from)) {
        assertThat(glob(text).mayBeLost(from, to)).as(text).isFalse();
      }
    }
  }

  @Provide
  Arbitrary<String> globs() {
    return Arbitraries.of("a", "b", "*", "**", "?", "/", "**/", "ab", "*b", "/a/")
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .map(parts -> String.join("", parts));
  }

  @Provide
  Arbitrary<List<String>> paths() {
    return Arbitraries.of("a", "b", "ab", "ba", "aab", "a\nb").list().ofMaxSize(4);
  }

  @Example
  void directoriesThatAGlobNamesAreNotRenamed() {
    assertThat(lost("secret/*.key", "/ws/secret", "/ws/x")).isTrue();
    assertThat(lost("secret/*.key", "/ws/x", "/ws/secret")).isFalse();
    assertThat(lost("secret/*.key", "/ws/secret", "/tmp/secret")).isFalse();
    assertThat(lost("**/conf/prod/*.pem", "/ws/conf", "/ws/y")).isTrue();
    assertThat(lost("**/conf/prod/*.pem", "/ws/conf/prod", "/ws/conf/test")).isTrue();
    assertThat(lost("**/conf/prod/*.pem", "/ws/a/conf", "/ws/b/conf")).isFalse();
    assertThat(lost("**/conf/prod/*.pem", "/ws/a", "/ws/b")).isFalse();
    assertThat(lost("**/conf/prod/*.pem", "/ws/conf/prod/old", "/ws/old")).isFalse();
    assertThat(lost("/ws/*/key", "/ws/a", "/ws/b")).isFalse();
    assertThat(lost("/ws/*/key", "/ws/a", "/ws/b/a")).isTrue();
    assertThat(lost("/ws/**/key", "/ws/a", "/ws/b/a")).isFalse();
    assertThat(lost("/ws/**/key", "/ws/a", "/elsewhere")).isTrue();
    assertThat(lost("v?.1/key", "/ws/v1.1", "/ws/v2.1")).isFalse();
    assertThat(lost("\uD83D\uDE00/?", "/ws/\uD83D\uDE00", "/ws/x")).isTrue();
  }

  @Example
  void namesWithALineEndAndBeyondTheBasicPlaneAreMatched() {
    assertThat(glob("**/.env").matches(path("/ws/a\nb/.env"))).isTrue();
    assertThat(glob("**/secrets").matches(path("/ws/secrets/a\nb"))).isTrue();
    assertThat(glob("a/**").matches(path("/ws/a/\n"))).isTrue();
    assertThat(glob("\uD83D\uDE00").matches(path("/ws/\uD83D\uDE00"))).isTrue();
    assertThat(glob("?.key").matches(path("/ws/\uD83D\uDE00.key"))).isTrue();
  }

  @Example
  void leadingDirectoriesEndAtTheFirstWildcard() {
    assertThat(DenyGlob.leadingDirectories("/ws/secret/*.key")).isEqualTo("/ws/secret");
    assertThat(DenyGlob.leadingDirectories("/ws/se*t/x")).isEqualTo("/ws");
    assertThat(DenyGlob.leadingDirectories("/ws/a/b")).isEqualTo("/ws/a");
    assertThat(DenyGlob.leadingDirectories("/*")).isEqualTo("/");
    assertThat(DenyGlob.leadingDirectories("a/b")).isEqualTo("/");
    assertThat(DenyGlob.leadingDirectories("**/b")).isEqualTo("/");
  }

  @Example
  void aGlobThroughALinkDeniesWhatItLeadsTo() throws IOException {
    Path top = Files.createTempDirectory("globs").toRealPath();
    try {
      Files.createDirectory(top.resolve("real"));
      Files.createSymbolicLink(top.resolve("link"), Path.of("real"));
      EffectivePolicy policy =
          SandboxPolicy.builder()
              .denyGlobs(List.of(top + "/link/*.key"))
              .build()
              .in(Places.current(top));
      assertThat(policy.evaluate(top + "/real/a.key", Operation.READ).allowed()).isFalse();
      assertThat(policy.evaluate(top + "/real/a", Operation.READ).allowed()).isTrue();
    } finally {
      Files.delete(top.resolve("link"));
      Files.delete(top.resolve("real"));
      Files.delete(top);
    }
  }
}
