package org.ringfence.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitIndexTest {
  @TempDir Path directory;

  @BeforeEach
  void git() {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/git")), "there is no git");
  }

  private void run(String script) throws IOException, InterruptedException {
    ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-ec", script);
    shell.directory(directory.toFile()).redirectErrorStream(true);
    shell.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
    Process process = shell.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  private static Optional<String> problem(byte[] index, int hash) throws IOException {
    return GitIndex.problem(new ByteArrayInputStream(index), index.length, hash);
  }

  private byte[] index() throws IOException {
    return Files.readAllBytes(directory.resolve(".git/index"));
  }

  @ParameterizedTest
  @CsvSource({"sha1, 2, true", "sha1, 4, true", "sha256, 2, true", "sha256, 4, false"})
  void indexOfGitPasses(String format, int version, boolean split)
      throws IOException, InterruptedException {
    run(
        "git init -q --object-format="
            + format
            + "; mkdir -p d/e; for i in 1 2 3 4 5 6 7 8 9; do echo $i > d/e/f$i; echo $i > d/$i.gitx;"
            + " done; echo > .gitignore; echo > ..x; git config index.threads 3;"
            + " git add .; git update-index --index-version "
            + version
            + "; echo > n; git add -N n"
            + (split ? "; git update-index --split-index; echo 2 > d/e/f1; git add d" : ""));
    int hash = format.equals("sha1") ? GitIndex.SHA1 : GitIndex.SHA256;
    assertThat(problem(index(), hash)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".git/hooks/update",
        ".GIT/hooks/update",
        "sub/.git/x",
        "sub/.git",
        "../x",
        "a/../x",
        "/home/x",
        "a//x",
        "a/./x",
        "git~1/hooks/x",
        ".git./hooks/x",
        ".git::$INDEX_ALLOCATION/x",
        ".g\u200cit/hooks/x"
      })
  void pathThatGitNeverTracksIsAFault(String path) throws IOException, InterruptedException {
    byte[] name = path.getBytes(StandardCharsets.UTF_8);
    for (int version : new int[] {2, 4}) {
      String stand = "x".repeat(name.length);
      run(
          "rm -rf .git; git init -q; echo > b; git add b; git update-index --add --cacheinfo"
              + " 100755,$(git hash-object -w b),"
              + stand
              + "; git update-index --index-version "
              + version);
      byte[] index = index();
      assertThat(problem(index, GitIndex.SHA1)).isEmpty();
      String text = new String(index, StandardCharsets.ISO_8859_1);
      System.arraycopy(name, 0, index, text.indexOf(stand), name.length);
      assertThat(problem(index, GitIndex.SHA1)).as(path).isPresent();
    }
  }

  @Test
  void damagedIndexDoesNotEndInAnError() throws IOException, InterruptedException {
    run(
        "git init -q; for i in 1 2 3 4 5 6; do echo > f$i; done; git config index.threads 2;"
            + " git add .; git update-index --index-version 4");
    byte[] whole = index();
    Random random = new Random(7);
    for (int i = 0; i < 5000; i++) {
      byte[] damaged = whole.clone();
      for (int j = 0; j <= i % 4; j++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      assertThat(problem(damaged, i % 2 == 0 ? GitIndex.SHA1 : GitIndex.SHA256)).isNotNull();
    }
    for (int length = 0; length < whole.length; length++) {
      assertThat(problem(java.util.Arrays.copyOf(whole, length), GitIndex.SHA1)).isNotNull();
    }
  }

  @Test
  void endOfEntriesInAnotherExtensionIsAFault() throws IOException, InterruptedException {
    run("git init -q; echo > b; git add b");
    byte[] index = index();
    int at = new String(index, StandardCharsets.ISO_8859_1).indexOf("EOIE");
    assumeTrue(at > 0, "this git writes no such extension");
    ByteBuffer hidden = ByteBuffer.allocate(index.length + 8);
    hidden.put(index, 0, at).put("ABCD".getBytes(StandardCharsets.US_ASCII));
    hidden.putInt(index.length - GitIndex.SHA1 - at).put(index, at, index.length - at);
    assertThat(problem(hidden.array(), GitIndex.SHA1)).isPresent();
  }
}
