package org.ringfence.git;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the handling of includes with git itself. */
class GitConfigFilesTest {
  private static final Path GIT = Path.of("/usr/bin/git");
  private static final int TREES = 400;
  private static final int FILES = 6;

  @TempDir Path temporary;

  private List<String> git(Path directory, Path config) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            GIT.toString(),
            "config",
            "--file",
            config.toString(),
            "--includes",
            "--list",
            "--show-origin",
            "-z");
    builder.directory(directory.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("HOME", directory.toString());
    builder.environment().put("GIT_CEILING_DIRECTORIES", "/");
    Process process = builder.start();
    String all = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    process.waitFor();
    List<String> settings = new ArrayList<>();
    String[] parts = all.split("\0");
    for (int i = 0; i + 1 < parts.length; i += 2) {
      Path file = directory.resolve(parts[i].substring("file:".length())).normalize();
      settings.add(directory.relativize(file) + ": " + parts[i + 1]);
    }
    return settings;
  }

  /** Only an earlier file includes a file, and at most once. Git therefore reads no file twice. */
  @Test
  void includedFilesAreReadInTheSameOrderAsGit() throws Exception {
    assumeTrue(Files.isExecutable(GIT), "git is not installed");
    long seed = Long.getLong("ringfence.test.seed", 1);
    Random random = new Random(seed);
    for (int tree = 0; tree < TREES; tree++) {
      Path directory = Files.createDirectories(temporary.toRealPath().resolve("t" + tree));
      List<StringBuilder> files = new ArrayList<>();
      for (int i = 0; i < FILES; i++) {
        files.add(new StringBuilder("[x]\nfile = " + i + "\n"));
      }
      for (int i = 1; i < FILES; i++) {
        String path = random.nextBoolean() ? "f" + i : "sub/../f" + i;
        String written =
            switch (random.nextInt(5)) {
              case 0 -> "~/" + path;
              case 1 -> directory.resolve(path).toString();
              case 2 -> "./" + path + " # comment";
              case 3 -> "\"" + path + "\"";
              default -> path;
            };
        files
            .get(random.nextInt(i))
            .append(random.nextBoolean() ? "[include]\n" : "[Include] ")
            .append("Path = ")
            .append(written)
            .append("\n[y]\nafter = ")
            .append(i)
            .append("\n");
      }
      Files.createDirectories(directory.resolve("sub"));
      for (int i = 0; i < FILES; i++) {
        // Some included files are missing.
        if (i == 0 || random.nextInt(8) > 0) {
          Files.writeString(directory.resolve("f" + i), files.get(i));
        }
      }
      GitConfigFiles ours = new GitConfigFiles(List.of(directory)).read(directory.resolve("f0"));
      List<String> settings =
          ours.settings().stream()
              .map(
                  located ->
                      directory.relativize(located.file())
                          + ": "
                          + located.setting().name()
                          + located.setting().value().map(value -> "\n" + value).orElse(""))
              .toList();
      assertEquals(git(directory, directory.resolve("f0")), settings, "seed " + seed);
    }
  }
}
