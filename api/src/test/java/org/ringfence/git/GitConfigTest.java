package org.ringfence.git;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the parser with git itself on generated files. */
class GitConfigTest {
  private static final Path GIT = Path.of("/usr/bin/git");
  private static final int FILES = Boolean.getBoolean("ringfence.test.full") ? 2000 : 600;

  /** Fragments of the syntax. A random sequence of them is often almost valid. */
  private static final List<String> PIECES =
      List.of(
          "[core]",
          "[core] ",
          "[include]\n",
          "[a \"b\"]",
          "[a \"B\\\"c\\\\\"]",
          "[a.B]",
          "[A-1 \t\"x\"]",
          "[",
          "]",
          "\"",
          "\\",
          "\\\n",
          "\\\r\n",
          "\\t",
          "\\b",
          "\\n",
          "\\x",
          "\n",
          "\r\n",
          "\r",
          "\t",
          " ",
          "=",
          " = ",
          ";",
          "#",
          " # c\n",
          "hooksPath",
          "key",
          "k-1",
          "Path",
          "../hooks",
          "v w",
          "v\tw",
          "\u00e9",
          "\u00ef\u00bb\u00bf",
          "\0",
          "true",
          "!sh x",
          "0",
          "_",
          "\"q # ; \"",
          "\f",
          "\u000b",
          "\u00a0",
          "\nkey = a\\\n  b",
          "\n[s]\nname\n",
          "\nx=\"a\\\nb\"\n");

  /** Fragments of values that git accepts. */
  private static final List<String> VALUES =
      List.of(
          "a",
          "\\\n",
          "\\\r\n",
          "\\t",
          "\\\"",
          "\"q # ; \"",
          "\" x\t\"",
          "\t",
          " ",
          "  ",
          "\r",
          "=",
          "[",
          "]",
          "../x",
          "\u00e9",
          "\0",
          "\f",
          "~/y",
          "!sh -c z",
          "\"\"",
          "\"\\\n\"");

  @TempDir Path directory;

  /** The result of {@code git config --list}: its exit code and its standard output. */
  private record Answer(int exit, byte[] list) {}

  private static Answer git(Path file) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            GIT.toString(), "config", "--file", file.toString(), "--no-includes", "--list", "-z");
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(Map.of("LC_ALL", "C", "GIT_CONFIG_NOSYSTEM", "1"));
    Process process = builder.start();
    byte[] list = process.getInputStream().readAllBytes();
    return new Answer(process.waitFor(), list);
  }

  private static byte[] listed(GitConfig config, boolean kept) throws IOException {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    for (GitSetting setting : config.settings()) {
      list.write(setting.name().getBytes(StandardCharsets.ISO_8859_1));
      if (setting.value().isPresent()) {
        list.write('\n');
        String value = kept ? setting.keptValue().orElseThrow() : setting.value().orElseThrow();
        list.write(value.getBytes(StandardCharsets.ISO_8859_1));
      }
      list.write(0);
    }
    return list.toByteArray();
  }

  private boolean gitKeepsTabsInValues() throws Exception {
    Path probe = Files.writeString(directory.resolve("probe"), "[a]\nb = c\td\n");
    return new String(git(probe).list, StandardCharsets.ISO_8859_1).contains("\t");
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    boolean orderly = random.nextInt(4) > 0;
    int pieces = 1 + random.nextInt(16);
    for (int i = 0; i < pieces; i++) {
      if (!orderly) {
        text.append(PIECES.get(random.nextInt(PIECES.size())));
        continue;
      }
      text.append(random.nextInt(3) == 0 ? "[s \"" + i + "\"]" : i == 0 ? "[Core]" : "")
          .append(random.nextBoolean() ? "\n" : " ")
          .append("Key")
          .append(i)
          .append(random.nextInt(8) == 0 ? "" : " = ");
      for (int j = random.nextInt(5); j > 0; j--) {
        text.append(VALUES.get(random.nextInt(VALUES.size())));
      }
      text.append(random.nextInt(4) == 0 ? " ; c\n" : "\n");
    }
    return text.toString();
  }

  @Test
  void sectionWithoutANameIsAFaultAsInGit() throws Exception {
    assumeTrue(Files.isExecutable(GIT), "git is not installed");
    for (String text : List.of("[]", "[]\nkey = v\n", "[ ]", "[ \"\"]", "[ \"a\"]\nkey = v\n")) {
      Answer answer = git(Files.writeString(directory.resolve("config"), text));
      assertEquals(answer.exit == 0, GitConfig.parse(text).faultLine().isEmpty(), text);
    }
  }

  @Test
  void settingsEqualThoseOfGitOnGeneratedFiles() throws Exception {
    assumeTrue(Files.isExecutable(GIT), "git is not installed");
    boolean kept = gitKeepsTabsInValues();
    long seed = Long.getLong("ringfence.test.seed", 1);
    Random random = new Random(seed);
    int accepted = 0;
    for (int i = 0; i < FILES; i++) {
      String text = text(random);
      Path file = directory.resolve("config");
      try (OutputStream out = Files.newOutputStream(file)) {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      }
      Answer answer = git(file);
      GitConfig config = GitConfig.parse(text);
      String what = "seed " + seed + ", file " + i + ": " + quoted(text);
      assertEquals(answer.exit == 0, config.faultLine().isEmpty(), what);
      if (answer.exit == 0) {
        accepted++;
        assertEquals(
            new String(answer.list, StandardCharsets.ISO_8859_1),
            new String(listed(config, kept), StandardCharsets.ISO_8859_1),
            what);
      }
    }
    assertEquals(true, accepted > FILES / 10, "only " + accepted + " files were valid");
  }

  private static String quoted(String text) {
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0").replace("\t", "\\t");
  }
}
