package org.ringfence.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.abortedWithReason;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import org.opentest4j.TestAbortedException;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxRefusedException;
import org.ringfence.policy.value.InvalidPolicyException;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
@Timeout(300)
class SandboxExtensionTest {
  /** What the tests of this test have seen; the kit runs them on this thread. */
  private static final List<Sandbox> OPENED = new CopyOnWriteArrayList<>();

  @BeforeEach
  void bothBackendsAreHere() throws IOException {
    OPENED.clear();
    for (String id : List.of("landlock", "bubblewrap")) {
      assumeTrue(Backends.load().byId(id).probe().usable(), () -> id + " cannot run here");
    }
  }

  private static Events testsOf(Class<?> type) {
    return EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(type))
        .execute()
        .testEvents();
  }

  private static Path workspace(Sandbox sandbox) {
    return Path.of(sandbox.plan().policy().places().workspace());
  }

  @Sandboxed(backend = "landlock")
  static class OwnSandboxes {
    private Sandbox before;

    @BeforeEach
    void open(Sandbox sandbox) {
      before = sandbox;
      OPENED.add(sandbox);
    }

    private void writes(Sandbox sandbox, String backend) throws Exception {
      assertThat(sandbox).isSameAs(before).hasToString(sandbox.toString()).isNotNull();
      assertThat(sandbox.plan().backend()).isEqualTo(backend);
      assertThat(workspace(sandbox)).isEmptyDirectory();
      sandbox.command("sh", "-c", "mkdir -p a/b; echo in >a/b/c; chmod 0 a/b").run().check();
    }

    @Test
    void one(Sandbox sandbox) throws Exception {
      writes(sandbox, "landlock");
    }

    @Test
    @Sandboxed(backend = "bubblewrap")
    void two(Sandbox sandbox) throws Exception {
      writes(sandbox, "bubblewrap");
    }

    @Nested
    class Inner {
      @Test
      void three(Sandbox sandbox, SandboxedProcessFactory processes) throws Exception {
        writes(sandbox, "landlock");
        assertThat(processes.workspace()).isEqualTo(workspace(sandbox));
        Process process = processes.start(new ProcessBuilder("sh", "-c", "echo in >file"));
        assertThat(process.waitFor()).isZero();
        assertThat(processes.workspace().resolve("file")).hasContent("in");
      }
    }
  }

  @Test
  void eachTestHasASandboxAndAWorkspaceThatEndWithIt() {
    testsOf(OwnSandboxes.class).assertStatistics(each -> each.started(3).succeeded(3));
    assertThat(OPENED)
        .hasSize(3)
        .doesNotHaveDuplicates()
        .allSatisfy(one -> assertThat(one.toString()).endsWith(", closed]"))
        .allSatisfy(one -> assertThat(workspace(one)).doesNotExist());
  }

  static class Refused {
    @Test
    @Sandboxed(
        value = {"workspace-write", "no-credentials"},
        backend = "landlock")
    void fails(Sandbox sandbox) {
      OPENED.add(sandbox);
    }

    @Test
    @Sandboxed(
        value = {"workspace-write", "no-credentials"},
        backend = "landlock",
        whenRefused = Sandboxed.Refused.IS_SKIPPED)
    void isSkipped(Sandbox sandbox) {
      OPENED.add(sandbox);
    }

    @Test
    @Sandboxed(
        value = {"workspace-write", "no-credentials"},
        backend = "bubblewrap")
    void control(Sandbox sandbox) {
      OPENED.add(sandbox);
    }

    @Test
    @Sandboxed("no-such-preset")
    void isNoPolicy() {
      throw new AssertionError("the test runs");
    }
  }

  @Test
  void aRefusalIsATypedFailureUnlessTheTestAsksToBeSkipped() {
    Events tests = testsOf(Refused.class);
    tests.assertStatistics(each -> each.started(4).succeeded(1).failed(2).aborted(1));
    tests
        .assertThatEvents()
        .haveExactly(1, event(finishedWithFailure(instanceOf(SandboxRefusedException.class))))
        .haveExactly(1, event(finishedWithFailure(instanceOf(InvalidPolicyException.class))))
        .haveExactly(1, event(abortedWithReason(instanceOf(TestAbortedException.class))));
    assertThat(OPENED).hasSize(1);
  }

  static class FromAFile {
    @Test
    @Sandboxed("./src/test/policies/no-writing.json")
    void writesNothing(Sandbox sandbox) throws Exception {
      assertThat(sandbox.command("sh", "-c", "cat /dev/null && echo >file").run().succeeded())
          .isFalse();
      assertThat(workspace(sandbox).resolve("file")).doesNotExist();
      OPENED.add(sandbox);
    }
  }

  @Test
  void aFileIsAPolicy() {
    testsOf(FromAFile.class).assertStatistics(each -> each.succeeded(1));
    assertThat(OPENED).hasSize(1);
  }

  @Sandboxed
  static class TooEarly {
    @BeforeAll
    static void open(Sandbox sandbox) {
      OPENED.add(sandbox);
    }

    @Test
    void runs() {}
  }

  @Test
  void aSandboxForAWholeClassIsRefused() {
    EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(TooEarly.class))
        .execute()
        .containerEvents()
        .assertThatEvents()
        .haveExactly(
            1,
            event(
                finishedWithFailure(
                    instanceOf(ParameterResolutionException.class),
                    message(text -> text.contains("opens a sandbox for each test")))));
    assertThat(OPENED).isEmpty();
  }

  @Test
  void theExampleOfReadmeRuns() throws Exception {
    testsOf(JUnitReadme.ScriptTest.class).assertStatistics(each -> each.succeeded(2).failed(0));
    String page = Files.readString(Path.of("README.md"));
    String source = Files.readString(Path.of("src/test/java/org/ringfence/junit/JUnitReadme.java"));
    String example = page.substring(page.indexOf("```java\n") + 8, page.indexOf("\n```\n"));
    assertThat(source.replaceAll("(?m)^  ", "").replace("static class", "class")).contains(example);
  }
}
