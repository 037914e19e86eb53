package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.event.Violation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.json.Presets;

/** Real programs of this JDK, which make temporary files. */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JavaProgramsTest {
  private static final Path BIN = Path.of(System.getProperty("java.home"), "bin");
  private static final String PROGRAM =
      """
      import java.nio.file.*;
      public class Temporary {
        public static void main(String[] arguments) throws Exception {
          Path made = Files.createTempFile("made", null);
          System.out.println(made.getParent().toString().equals(arguments[0]));
        }
      }
      """;

  @TempDir private Path workspace;
  private final List<Violation> denied = new ArrayList<>();

  @BeforeEach
  void write() throws Exception {
    Files.writeString(workspace.resolve("Temporary.java"), PROGRAM);
  }

  private static PolicyBuilder writing() {
    return Presets.load("workspace-write").toBuilder().strictness(Strictness.Mode.BEST_EFFORT);
  }

  private Sandbox open(String backend, PolicyBuilder policy) throws Exception {
    return Sandbox.opener(policy.build())
        .workspace(workspace)
        .backend(backend)
        .onDenied(
            denial -> {
              synchronized (denied) {
                denied.add(denial);
              }
            })
        .open();
  }

  private static String tmp(Sandbox sandbox) throws Exception {
    return sandbox.command("sh", "-c", "echo $TMPDIR").run().stdout().text().strip();
  }

  private static void works(Result result) {
    assertThat(result.stderr().text()).isEmpty();
    assertThat(result.stdout().text()).isEqualTo("true\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void temporaryFilesAreMadeWhereTheSandboxHasThemAndInSilence(String backend) throws Exception {
    try (Sandbox sandbox = open(backend, writing())) {
      String tmp = tmp(sandbox);
      String java = BIN.resolve("java").toString();
      works(sandbox.command(java, "Temporary.java", tmp).run());
      Result compiled =
          sandbox.command(BIN.resolve("javac").toString(), "-verbose", "Temporary.java").run();
      assertThat(compiled.stderr().text()).contains("Temporary.class");
      assertThat(compiled.exitCode()).isZero();
      works(sandbox.command(java, "-cp", ".", "Temporary", tmp).run());
      Result shell =
          sandbox
              .command(BIN.resolve("jshell").toString(), "-s", "-")
              .stdin("System.out.println(Files.createTempFile(\"a\", null).getParent())\n")
              .run();
      assertThat(shell.stdout().text()).isEqualTo(tmp + "\n");
    }
    assertThat(denied).extracting(Violation::target).noneMatch(path -> path.startsWith("/tmp"));
  }

  @Test
  void anOptionOfTheCommandHolds() throws Exception {
    Path other = Files.createDirectory(workspace.resolve("other"));
    try (Sandbox sandbox = open("landlock", writing())) {
      works(
          sandbox
              .command(
                  BIN.resolve("java").toString(),
                  "-Djava.io.tmpdir=" + other,
                  "Temporary.java",
                  other.toString())
              .run());
    }
  }

  /** The scripts of build tools pass the variable on, as this one does. */
  @ParameterizedTest
  @ValueSource(strings = {"mvn MAVEN_OPTS", "mvnw MAVEN_OPTS", "gradlew GRADLE_OPTS"})
  void theScriptsOfBuildToolsPassTheOptionsOn(String pair) throws Exception {
    String name = pair.split(" ")[0];
    String variable = pair.split(" ")[1];
    script(name, "exec " + BIN.resolve("java") + " $" + variable + " \"$@\"");
    try (Sandbox sandbox = open("landlock", writing())) {
      works(
          sandbox
              .command("./" + name, "Temporary.java", tmp(sandbox))
              .environment(variable, "-Xmx200m")
              .run());
      script(name, "echo $" + variable);
      assertThat(
              sandbox.command("./" + name).environment(variable, "-Xmx200m").run().stdout().text())
          .endsWith(" -Xmx200m\n");
    }
  }

  private void script(String name, String line) throws Exception {
    Path script = workspace.resolve(name);
    Files.writeString(script, "#!/bin/sh\n" + line + "\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
  }

  @Test
  void aProgramOfAnotherKindGetsNoOption() throws Exception {
    script("java", "echo \"$@\"");
    try (Sandbox sandbox = open("landlock", writing());
        Sandbox shared = open("landlock", writing().tmp(TmpPolicy.SHARED))) {
      assertThat(sandbox.command("./java", "x").run().stdout().text()).isEqualTo("x\n");
      // A temporary directory that is shared is the one that a JVM takes.
      works(shared.command(BIN.resolve("java").toString(), "Temporary.java", "/tmp").run());
    }
  }

  /** The wrapper of this repository, where its Maven has been fetched before. */
  @Test
  void theWrapperOfMavenRuns() throws Exception {
    Path root = Path.of("").toAbsolutePath().getParent();
    Path wrapper = root.resolve("mvnw");
    assumeTrue(
        Files.isExecutable(wrapper)
            && Files.isDirectory(Path.of(System.getProperty("user.home"), ".m2/wrapper/dists")));
    try (Sandbox sandbox = open("landlock", writing())) {
      Result result =
          sandbox
              .command(wrapper.toString(), "-o", "-v")
              .environment("JAVA_HOME", System.getProperty("java.home"))
              .run();
      assertThat(result.stderr().text()).isEmpty();
      assertThat(result.stdout().text()).contains("Apache Maven");
    }
  }
}
