package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.cli.CommandLineProcess.Result;
import org.ringfence.cli.policy.PolicyAdditions;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/** Tests the reports of {@code run} and {@code learn}. */
class ReportTest {
  @TempDir private Path base;

  private Path workspace() throws Exception {
    return Files.createDirectories(base.toRealPath().resolve("workspace"));
  }

  private Result run(String... args) throws Exception {
    return CommandLineProcess.in(workspace()).run(args);
  }

  private void assumeAcceptable(String backend) throws Exception {
    var plan =
        Backends.load()
            .byId(backend)
            .plan(
                EffectivePolicy.of(
                    Presets.load("workspace-write"), PathContext.current(workspace())));
    assumeTrue(
        plan.acceptable(), () -> "refused here: " + plan.availability().reasons() + plan.unmet());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "secret/key",
        "secret/deep/key",
        "./open/../secret/deep/key",
        "WORKSPACE/secret/key"
      })
  void reportNamesFileBelowDeniedDirectory(String given) throws Exception {
    assumeAcceptable("bubblewrap");
    Files.createDirectories(workspace().resolve("secret/deep"));
    Files.createDirectories(workspace().resolve("open"));
    Files.writeString(workspace().resolve("secret/key"), "KEY");
    Files.writeString(workspace().resolve("secret/deep/key"), "KEY");
    Files.writeString(workspace().resolve("open/file"), "FILE");
    String name = given.replace("WORKSPACE", workspace().toString());
    String[] line = {"run", "--backend", "bubblewrap", "--deny", "secret", "--report", "--", "cat"};
    Result denied = run(append(line, name));
    assertThat(denied.exit()).isEqualTo(1);
    assertThat(denied.out()).isEmpty();
    assertThat(denied.err())
        .contains("open " + workspace().resolve(name).normalize(), "/secret: none", "as it seems");
    Result control = run(append(line, "open/file"));
    assertThat(control.out()).isEqualTo("FILE");
    assertThat(control.err()).contains("nothing was denied");
  }

  /** Without a report the filter refuses the calls by itself, with the same error. */
  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void reportNamesRefusedSystemCalls(String backend) throws Exception {
    assumeAcceptable(backend);
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/perl")), "there is no perl");
    // ptrace and keyctl of x86_64 and aarch64; the errors are printed.
    boolean x86 = System.getProperty("os.arch").equals("amd64");
    String script =
        "for (1 .. 9) { syscall(%d, 0, 0, 0, 0); } print $! + 0, ' '; syscall(%d, 0, 0, 0);"
                .formatted(x86 ? 101 : 117, x86 ? 250 : 219)
            + " print $! + 0";
    String[] line = {"run", "--backend", backend, "--", "perl", "-e", script};
    Result unheard = run(line);
    assertThat(unheard.out()).isEqualTo("1 1");
    assertThat(unheard.err()).isEmpty();
    String[] reporting = {"run", "--report", "--backend", backend, "--", "perl", "-e", script};
    Result heard = run(reporting);
    assertThat(heard.out()).isEqualTo("1 1");
    assertThat(heard.err())
        .contains(
            "system-call ptrace (4 times) by /usr/bin/perl",
            "debuggers need --allow ptrace",
            "--env ASAN_OPTIONS=detect_leaks=0",
            "system-call keyctl by /usr/bin/perl",
            "denied 5 more");
    // ioctl TIOCSTI, socket AF_VSOCK and a mode with the owner's rights.
    Files.writeString(workspace().resolve("mode"), "");
    String one =
        "syscall(%d, 0, 0x5412, 0); print $! + 0, ' '; syscall(%d, 40, 1, 0); print $! + 0, ' ';"
                .formatted(x86 ? 16 : 29, x86 ? 41 : 198)
            + " chmod(04755, 'mode'); print $! + 0";
    Result arguments = run("run", "--report", "--backend", backend, "--", "perl", "-e", one);
    assertThat(arguments.out()).isEqualTo("1 97 1");
    assertThat(arguments.err())
        .contains(
            "system-call ioctl TIOCSTI", "shell would run later", "system-call socket AF_VSOCK")
        .containsPattern("system-call f?chmod(at)? 04755");
    assertThat(run("run", "--backend", backend, "--", "perl", "-e", one).out()).isEqualTo("1 97 1");
    Result control =
        run(
            "run",
            "--report",
            "--backend",
            backend,
            "--",
            "perl",
            "-e",
            "syscall(%d); print 1".formatted(x86 ? 39 : 172));
    assertThat(control.out()).isEqualTo("1");
    assertThat(control.err()).contains("nothing was denied");
  }

  @Test
  void jvmStartAttemptsAreNotReported() throws Exception {
    assumeAcceptable("landlock");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Files.writeString(
        workspace().resolve("Temporary.java"),
        "public class Temporary { public static void main(String[] a) throws Exception {"
            + " java.nio.file.Files.createTempFile(null, null); System.exit(3); } }");
    String[] line = {"run", "--backend", "landlock", "--"};
    Result plain = run(append(append(line, java), "Temporary.java"));
    assertThat(plain.exit()).isEqualTo(3);
    assertThat(plain.err()).isEmpty();
    String[] reporting = {"run", "--backend", "landlock", "--report", "--"};
    assertThat(run(append(append(reporting, java), "Temporary.java")).err())
        .startsWith(
            "ringfence: nothing was denied, except optional accesses at a JVM's start\n"
                + "ringfence: not reported under landlock");
    // The shell's own command gets no option: its file is what is reported.
    String[] shell = append(append(reporting, "sh"), "-c");
    Result inShell = run(append(shell, java + " Temporary.java; exit 3"));
    assertThat(inShell.err()).contains("/tmp/", "-p jvm").doesNotContain("hsperfdata", "coredump");
  }

  @Test
  void unusedProjectPolicyIsReported() throws Exception {
    assumeAcceptable("landlock");
    Path policy = workspace().resolve(".ringfence/policy.json");
    Files.createDirectories(policy.getParent());
    Files.writeString(policy, "{\"extends\": [\"read-only\"]}");
    assertThat(run("run", "-p", "read-only", "--", "true").err())
        .isEqualTo(
            "ringfence: the project's policy "
                + policy
                + " is not used: the policy of --policy takes its place\n");
    assertThat(run("run", "-q", "-p", "read-only", "--", "true").err()).isEmpty();
    assertThat(run("run", "-p", policy.toString(), "--", "true").err()).isEmpty();
    assertThat(run("run", "--no-project-policy", "--", "true").err()).isEmpty();
  }

  @Test
  void additionForTheWorkspaceUsesItsSpecialName() throws Exception {
    String path = workspace().toString();
    String rule = "{\"files\":{\"rules\":{\"" + path + "\":\"write\"}}}";
    assertThat(new PolicyAdditions(path).added("{}", List.of(rule)))
        .contains("\":workspace\" : \"write\"");
  }

  @Test
  void learnReplacesTheUntrustedProjectPolicy() throws Exception {
    assumeAcceptable("landlock");
    Path policy = workspace().resolve(".ringfence/policy.json");
    Files.createDirectories(policy.getParent());
    Files.writeString(policy, "{\"extends\": [\"read-only\"]}");
    String[] learn = {
      "learn", "-o", policy.toString(), "--", "sh", "-c", "mkdir out; echo 1 > out/a"
    };
    Result learned = run(learn);
    assertThat(learned.exit()).as(learned.err()).isZero();
    assertThat(policy).content().contains(":workspace", "Granted: write :workspace");
    assertThat(workspace().resolve("out/a")).hasContent("1");
  }

  private static String[] append(String[] line, String word) {
    String[] longer = Arrays.copyOf(line, line.length + 1);
    longer[line.length] = word;
    return longer;
  }
}
