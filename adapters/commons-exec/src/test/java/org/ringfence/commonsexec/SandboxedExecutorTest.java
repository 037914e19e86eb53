package org.ringfence.commonsexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.exec.CommandLine;
import org.apache.commons.exec.DefaultExecuteResultHandler;
import org.apache.commons.exec.DefaultExecutor;
import org.apache.commons.exec.ExecuteException;
import org.apache.commons.exec.ExecuteWatchdog;
import org.apache.commons.exec.PumpStreamHandler;
import org.apache.commons.exec.environment.EnvironmentUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Ending;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.Presets;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
@Timeout(300)
class SandboxedExecutorTest {
  private static final String TOKEN = "RINGFENCE_TEST_TOKEN";

  @TempDir Path workspace;
  @TempDir Path outside;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  private Sandbox open(String backend, SandboxPolicy policy) throws IOException {
    assumeTrue(Backends.load().byId(backend).probe().usable(), () -> backend + " cannot run here");
    return Sandbox.opener(policy).workspace(workspace).backend(backend).open();
  }

  private Sandbox open(String backend) throws IOException {
    return open(backend, Presets.workspaceWrite());
  }

  private static CommandLine shell(String script) {
    return new CommandLine("sh").addArgument("-c").addArgument(script, false);
  }

  private String text() {
    return output.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void streamsDirectoryAndExitValueAreThoseOfCommonsExec(String backend) throws IOException {
    Path sub = Files.createDirectory(workspace.resolve("sub"));
    CommandLine command = shell("pwd; cat; echo to-err >&2; echo in >inside; exit 3");
    try (Sandbox sandbox = open(backend)) {
      DefaultExecutor control = DefaultExecutor.builder().setWorkingDirectory(sub).get();
      SandboxedExecutor executor = new SandboxedExecutor(sandbox, sub);
      for (DefaultExecutor each : new DefaultExecutor[] {control, executor}) {
        output.reset();
        ByteArrayOutputStream error = new ByteArrayOutputStream();
        each.setStreamHandler(
            new PumpStreamHandler(
                output,
                error,
                new ByteArrayInputStream("typed\n".getBytes(StandardCharsets.UTF_8))));
        assertThatThrownBy(() -> each.execute(command))
            .isInstanceOfSatisfying(
                ExecuteException.class, e -> assertThat(e.getExitValue()).isEqualTo(3))
            .hasMessageContaining("Process exited with an error: 3");
        each.setExitValue(3);
        output.reset();
        error.reset();
        assertThat(each.execute(command)).isEqualTo(3);
        assertThat(text()).isEqualTo(sub.toRealPath() + "\n");
        assertThat(error).hasToString("to-err\n");
        assertThat(sub.resolve("inside")).hasContent("in");
        Files.delete(sub.resolve("inside"));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void aFileOutsideIsNotWrittenAndTheWorkspaceIsTheUsualDirectory(String backend)
      throws IOException {
    CommandLine command = shell("echo in >inside; echo out >\"$0\"");
    command.addArgument(outside.resolve("file").toString());
    try (Sandbox sandbox = open(backend)) {
      SandboxedExecutor executor = new SandboxedExecutor(sandbox);
      executor.setStreamHandler(new PumpStreamHandler(output));
      assertThatThrownBy(() -> executor.execute(command)).isInstanceOf(ExecuteException.class);
      assertThat(text()).contains(outside.resolve("file").toString());
      assertThat(workspace.resolve("inside")).hasContent("in");
      assertThat(outside.resolve("file")).doesNotExist();
    }
    DefaultExecutor control = DefaultExecutor.builder().setWorkingDirectory(workspace).get();
    assertThat(control.execute(command)).isZero();
    assertThat(outside.resolve("file")).hasContent("out");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void aWatchdogEndsTheWholeTree(String backend) throws Exception {
    try (Sandbox sandbox = open(backend)) {
      SandboxedExecutor executor = new SandboxedExecutor(sandbox);
      executor.setStreamHandler(new PumpStreamHandler(output));
      ExecuteWatchdog watchdog = ExecuteWatchdog.builder().setTimeout(Duration.ofMillis(300)).get();
      executor.setWatchdog(watchdog);
      // The streams are at their end when the child has ended, too.
      assertThatThrownBy(() -> executor.execute(shell("sleep 1000 & sleep 1000")))
          .isInstanceOf(ExecuteException.class)
          .isNotInstanceOf(SandboxEndedException.class);
      assertThat(watchdog.killedProcess()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void aLimitOfThePolicyIsAnExceptionWhateverCountsAsSuccess(String backend) throws Exception {
    try (Sandbox sandbox = open(backend)) {
      SandboxedExecutor control = new SandboxedExecutor(sandbox);
      control.setExitValues(null);
      assertThat(control.execute(shell("exit 5"))).isEqualTo(5);
    }
    SandboxPolicy policy =
        Presets.workspaceWrite().toBuilder()
            .limits(limits -> limits.wallTime(Duration.ofMillis(300)))
            .build();
    try (Sandbox sandbox = open(backend, policy)) {
      SandboxedExecutor executor = new SandboxedExecutor(sandbox);
      executor.setExitValues(null);
      assertThatThrownBy(() -> executor.execute(shell("sleep 1000")))
          .isInstanceOfSatisfying(
              SandboxEndedException.class,
              e -> assertThat(e.ending()).isEqualTo(new Ending.TimedOut(Duration.ofMillis(300))));
      DefaultExecuteResultHandler handler = new DefaultExecuteResultHandler();
      executor.execute(shell("sleep 1000"), handler);
      handler.waitFor();
      assertThat(handler.getException()).isInstanceOf(SandboxEndedException.class);
    }
  }

  @Test
  void aHandlerHearsOfTheEndAndOfAProgramThatIsMissing() throws Exception {
    try (Sandbox sandbox = open("landlock")) {
      SandboxedExecutor executor = new SandboxedExecutor(sandbox);
      DefaultExecuteResultHandler handler = new DefaultExecuteResultHandler();
      executor.execute(shell("exit 0"), handler);
      handler.waitFor();
      assertThat(handler.getExitValue()).isZero();
      DefaultExecuteResultHandler failed = new DefaultExecuteResultHandler();
      executor.execute(new CommandLine("no-such-program"), failed);
      failed.waitFor();
      assertThat(failed.getException()).hasCauseInstanceOf(CommandNotFoundException.class);
      assertThatThrownBy(() -> executor.execute(new CommandLine("no-such-program")))
          .isInstanceOf(CommandNotFoundException.class);
    }
  }

  @Test
  void thePolicyDecidesAboutInheritedVariablesAndTheCallerAboutItsOwn() throws Exception {
    try (Sandbox sandbox = open("landlock")) {
      SandboxedExecutor executor = new SandboxedExecutor(sandbox);
      executor.setStreamHandler(new PumpStreamHandler(output));
      CommandLine print = shell("echo \"$" + TOKEN + ",$OWN_TOKEN,${HOME:+home},${EMPTY-unset}\"");
      executor.execute(print);
      assertThat(text()).isEqualTo(",,home,unset\n");
      output.reset();
      Map<String, String> variables = new HashMap<>(EnvironmentUtils.getProcEnvironment());
      assertThat(variables).as("the control").containsEntry(TOKEN, "inherited");
      variables.put("OWN_TOKEN", "mine");
      variables.put("EMPTY", null);
      executor.execute(print, variables);
      assertThat(text()).isEqualTo(",mine,home,\n");
      output.reset();
      executor.execute(print, Map.of(TOKEN, "mine"));
      assertThat(text()).isEqualTo("mine,,,unset\n");
    }
  }

  @Test
  void whatNoSystemTakesIsARefusal() throws Exception {
    try (Sandbox sandbox = open("landlock")) {
      SandboxedExecutor executor = new SandboxedExecutor(sandbox);
      assertThatThrownBy(() -> executor.execute(shell("a\0b")))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("argument 2 has a NUL");
      assertThatThrownBy(() -> executor.execute(shell("true"), Map.of("A=B", "c")))
          .isInstanceOf(SandboxException.class);
      assertThatThrownBy(
              () ->
                  new SandboxedExecutor(sandbox, workspace.resolve("missing"))
                      .execute(shell("true")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("missing");
    }
  }

  @Test
  void theExampleOfReadmeRuns() throws Exception {
    open("landlock").close();
    CommonsExecReadme.run(workspace, output);
    assertThat(text()).isEmpty();
    assertThat(workspace.resolve("made/.git")).isDirectory();
    String page = Files.readString(Path.of("README.md"));
    String source =
        Files.readString(Path.of("src/test/java/org/ringfence/commonsexec/CommonsExecReadme.java"));
    String example = page.substring(page.indexOf("```java\n") + 8, page.indexOf("\n```\n"));
    assertThat(source.replaceAll("(?m)^    ", "")).contains(example);
  }
}
