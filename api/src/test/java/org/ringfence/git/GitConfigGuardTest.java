package org.ringfence.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.git.GitConfigGuard.Refusal;

class GitConfigGuardTest {
  private static final Path GIT = Path.of("/usr/bin/git");
  private static final String START = "[core]\n\tbare = false\n[alias]\n\tst = !status\n";

  private static final GitConfigGuard GUARD =
      new GitConfigGuard(
          new GitConfigGuard.Places() {
            @Override
            public boolean repository(String path) {
              return path.startsWith("/outside");
            }

            @Override
            public boolean workTree(String path) {
              return path.equals("../../../sub");
            }

            @Override
            public Optional<String> relativeProgram() {
              return Optional.empty();
            }
          });

  @TempDir Path directory;

  private static Optional<Refusal> judge(String before, String after) {
    return GUARD.judge(
        before.getBytes(StandardCharsets.ISO_8859_1), after.getBytes(StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[user]\n\tname = z\n",
        "[remote \"up\"]\n\turl = https://example.org/x.git\n\tfetch = +refs/heads/*:refs/remotes/up/*\n",
        "[remote \"up\"]\n\turl = git@example.org:x/y.git\n",
        "[remote \"up\"]\n\turl = /outside/x.git\n",
        "[remote \"up\"]\n\turl = ssh://git@example.org/x\n[branch \"a/b.c\"]\n\tremote = up\n\tmerge = refs/heads/a\n",
        "[branch \"b\"]\n\tremote = .\n",
        "[submodule \"s\"]\n\turl = https://example.org/s\n\tactive = true\n\tupdate = rebase\n",
        "[core]\n\tworktree = ../../../sub\n",
        "[extensions]\n\tworktreeConfig = true\n\tobjectformat = sha256\n",
        "[core]\n\tsparseCheckout = true\n\tsparseCheckoutCone = true\n",
        "[lfs]\n\trepositoryformatversion = 0\n",
        "[filter \"lfs\"]\n\tclean = git-lfs clean -- %f\n\trequired = true\n",
        "[user]\n\tname = \"a # b\"\n",
        "[user]\n\tname = \u00c3\u00bc \\\"x\\\"\n",
        "[user]\r\n\tname = z\r\n"
      })
  void settingThatNamesNoProgramPasses(String added) {
    assertThat(judge(START, START + added)).isEmpty();
    assertThat(judge(START + added, START)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[remote \"e\"]\n\turl = evil::x\u0085\n",
        "[remote \"e\"]\n\turl = evil://x\u0085\n",
        "[remote \"e\"]\n\turl = file:///outside/%2e%2e/x\n",
        "[remote \"e\"]\n\turl = file://outside/x\n",
        "[core]\n\tfsmonitor = x\n",
        "[core] fsmonitor = x\n",
        "[CORE]\n\tFSMonitor = x\n",
        "[core]\n\thooksPath = /x\n",
        "[core]\n\tpager = x\n",
        "[core]\n\tattributesFile = x\n",
        "[core]\n\tworktree = /home/user\n",
        "[core \"x\"]\n\tbare = true\n",
        "[include]\n\tpath = ../x\n",
        "[includeIf \"onbranch:x\"]\n\tpath = ../x\n",
        "[alias]\n\tco = checkout\n",
        "[diff \"x\"]\n\ttextconv = x\n",
        "[merge \"x\"]\n\tdriver = x\n",
        "[filter \"x\"]\n\tclean = x\n",
        "[filter \"lfs\"]\n\tclean = git-lfs clean -- %f; x\n",
        "[credential]\n\thelper = x\n",
        "[credential \"https://example.org\"]\n\thelper = !x\n",
        "[remote \"up\"]\n\turl = ext::sh -c x\n",
        "[remote \"up\"]\n\turl = x://example.org\n",
        "[remote \"up\"]\n\turl = --upload-pack=x\n",
        "[remote \"up\"]\n\turl = ssh://-oProxyCommand=x/y\n",
        "[remote \"up\"]\n\turl = ssh://user@-oProxyCommand=x/y\n",
        "[remote \"up\"]\n\turl = ssh://%2doProxyCommand=x/y\n",
        "[remote \"up\"]\n\turl = -oProxyCommand=x:y\n",
        "[remote \"up\"]\n\turl = user@-oProxyCommand=x:y\n",
        "[remote \"up\"]\n\turl = ./inside\n",
        "[remote \"up\"]\n\turl = file:///inside\n",
        "[remote \"up\"]\n\tuploadpack = x\n",
        "[remote \"up\"]\n\treceivepack = x\n",
        "[remote \"up\"]\n\tvcs = x\n",
        "[remote \"-x\"]\n\turl = https://example.org/x\n",
        "[remote \"up\"]\n\tproxy = http://example.org\n",
        "[branch \"b\"]\n\tremote = ext::x\n",
        "[branch \"b\"]\n\tremote = inside\n",
        "[branch \"b\"]\n\tpushRemote = inside\n",
        "[remote]\n\tpushDefault = inside\n",
        "[branch \"b\"]\n\tmergeOptions = -s x\n",
        "[submodule \"s\"]\n\tupdate = !x\n",
        "[submodule \"s\"]\n\turl = ext::x\n",
        "[submodule \"s\"]\n\tgitdir = /x\n",
        "[url \"ext::x \"]\n\tinsteadOf = https://\n",
        "[protocol \"ext\"]\n\tallow = always\n",
        "[safe]\n\tdirectory = *\n",
        "[gpg]\n\tprogram = x\n",
        "[gpg \"ssh\"]\n\tdefaultKeyCommand = x\n",
        "[commit]\n\tgpgsign = true\n",
        "[trace2]\n\teventTarget = /x\n",
        "[hook \"x\"]\n\tcommand = x\n",
        "[extensions]\n\trefstorage = files:///x\n",
        "[unheard-of]\n\tkey = x\n",
        "[user]\n\tname = a\\\n b\n",
        "[user]\n\tname = a ; b\n",
        "[user] name = a\n",
        "[user]\n\tname = a\0b\n",
        "[user]\n\tname = a\rb\n",
        "[user]\n\tname = \"a\" \"b\"\n",
        "[user]\n\tname = a\\nb\n",
        "# a comment\n",
        "[core]\n\tfilemode = !x\n",
        "[core\n",
        "[user]\n\tna\u00efme = x\n"
      })
  void settingThatMayNameAProgramIsRefused(String added) {
    assertThat(judge(START, START + added)).isPresent();
    assertThat(judge("", added)).isPresent();
  }

  @Test
  void refusalNamesTheSetting() {
    assertThat(judge(START, START + "[core]\n\tfsmonitor = x\n"))
        .contains(new Refusal("core.fsmonitor", "names a program"));
    assertThat(judge("", "[include]\n\tpath = x\n"))
        .contains(new Refusal("include.path", "names a file with more settings"));
    assertThat(judge("", "[core]\n\thooksPath = x\n"))
        .contains(new Refusal("core.hookspath", "names a path to programs"));
  }

  @Test
  void settingThatNamesAProgramStays() {
    String pager = "[core]\n\tpager = less\n";
    String include = "[include]\n\tpath = ../x\n";
    String user = "[user]\n\tname = z\n";
    assertThat(judge(pager + include, pager + user + include)).isEmpty();
    assertThat(judge(pager + include, user + pager + include)).isEmpty();
    assertThat(judge(pager + include, include + pager)).isPresent();
    assertThat(judge(pager + include, pager)).isPresent();
    assertThat(judge(pager + include, pager + include + pager)).isPresent();
    assertThat(judge(pager, "")).isPresent();
    assertThat(judge(pager, "[core]\n\tpager = more\n")).isPresent();
  }

  @Test
  void remoteThatABranchNamesStaysDefined() {
    String branch = "[branch \"b\"]\n\tremote = up\n";
    String remote = "[remote \"up\"]\n\turl = https://example.org/x\n";
    String renamed = "[remote \"on\"]\n\turl = https://example.org/x\n";
    assertThat(judge("", branch)).isPresent();
    assertThat(judge(remote, remote + branch)).isEmpty();
    assertThat(judge(remote + branch, branch)).isPresent();
    assertThat(judge(remote + branch, renamed + branch)).isPresent();
    assertThat(judge(remote + branch, remote)).isEmpty();
    assertThat(judge(branch, branch + "[user]\n\tname = z\n")).isEmpty();
  }

  @Test
  void locationThatCouldNotBeAddedMayBeTakenAway() {
    String inside = "[remote \"up\"]\n\turl = ./inside\n";
    assertThat(judge(inside, "[remote \"up\"]\n\turl = https://example.org/x\n")).isEmpty();
    assertThat(judge("[remote \"up\"]\n\turl = https://example.org/x\n", inside)).isPresent();
  }

  @Test
  void largeFileIsRefused() {
    byte[] large = new byte[GitConfigGuard.LARGEST + 1];
    java.util.Arrays.fill(large, (byte) '\n');
    assertThat(GUARD.judge(new byte[0], large)).isPresent();
    assertThat(GUARD.judge(large, new byte[0])).isPresent();
  }

  @Test
  void everyKeyHasASource() {
    assertThat(GitConfigKeys.all().listed())
        .allSatisfy(listed -> assertThat(listed.source()).isNotBlank())
        .allSatisfy(listed -> assertThat(listed.name()).isLowerCase())
        .hasSizeGreaterThan(100);
  }

  private static final List<String> PIECES =
      List.of(
          "[core]\n",
          "[core]",
          "[user]\n",
          "[remote \"a\"]\n",
          "[alias]\n",
          "[include]\n",
          "[Core \"x\"]\n",
          "[filter.lfs]\n",
          "\tname = z\n",
          "\tfsmonitor = x\n",
          "\tfsmonitor=\\\n",
          "fsmonitor",
          "\turl = https://example.org\n",
          "\turl = ext::x\n",
          "\tpath = x\n",
          "\tbare = false\n",
          "\tbare\n",
          "\tclean = x\n",
          "= x",
          "\"",
          "\\",
          "\\\n",
          "#",
          ";",
          " ",
          "\n",
          "\r\n",
          "\r",
          "\t",
          "\0",
          "]",
          "\u00ef\u00bb\u00bf");

  private static String random(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(7); i >= 0; i--) {
      text.append(PIECES.get(random.nextInt(PIECES.size())));
    }
    return text.toString();
  }

  private List<String> gitLists(String text) throws IOException, InterruptedException {
    Path file = directory.resolve("config");
    Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
    ProcessBuilder builder =
        new ProcessBuilder(
            GIT.toString(), "config", "--file", file.toString(), "--no-includes", "--list", "-z");
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(Map.of("LC_ALL", "C", "GIT_CONFIG_NOSYSTEM", "1"));
    Process process = builder.start();
    String list = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    List<String> settings = new ArrayList<>(List.of(list.split("\0")));
    if (process.waitFor() != 0) {
      settings.add("fault");
    }
    return settings;
  }

  @Test
  void whatPassesHasNoOtherSettingsForGit() throws Exception {
    assumeTrue(Files.isExecutable(GIT), "git is not installed");
    Set<String> harmless =
        Set.of("user.name", "core.bare", "remote.a.url", "core.name", "user.bare");
    Random random = new Random(Long.getLong("ringfence.test.seed", 1));
    int passed = 0;
    for (int i = 0; i < 20_000 && passed < 60; i++) {
      String before = random.nextBoolean() ? "" : START;
      String after = before + random(random);
      if (before.equals(after) || judge(before, after).isPresent()) {
        continue;
      }
      passed++;
      List<String> old = gitLists(before);
      List<String> list = gitLists(after);
      assertThat(list.subList(0, Math.min(old.size(), list.size())))
          .as(after)
          .containsExactlyElementsOf(
              before.isEmpty() ? list.subList(0, Math.min(old.size(), list.size())) : old);
      for (String setting : list) {
        String name = setting.split("\n")[0];
        assertThat(old.contains(setting) || setting.isEmpty() || harmless.contains(name))
            .as(after.replace("\n", "\\n") + " has " + setting)
            .isTrue();
        assertThat(setting).doesNotContain("ext::");
      }
    }
    assertThat(passed).isGreaterThan(20);
  }
}
