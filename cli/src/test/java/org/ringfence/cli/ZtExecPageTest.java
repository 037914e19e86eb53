package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;
import org.zeroturnaround.exec.InvalidExitValueException;
import org.zeroturnaround.exec.ProcessExecutor;

/** Runs the example of the page on zt-exec. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
class ZtExecPageTest {
  @TempDir private Path project;
  @TempDir private Path programs;
  private String program;

  @BeforeEach
  void makeProgram() throws Exception {
    assumeTrue(
        Backends.load().all().stream().anyMatch(each -> each.probe().usable()),
        "no backend can run here");
    program = RingfenceScript.in(programs).toString();
  }

  private static String status(String ringfence, Path project) throws Exception {
    String status =
        new ProcessExecutor()
            .command(ringfence, "run", "-p", "workspace-write", "--", "git", "status", "--short")
            .directory(project.toFile())
            .timeout(10, TimeUnit.MINUTES)
            .exitValueNormal()
            .readOutput(true)
            .execute()
            .outputUTF8();
    return status;
  }

  @Test
  void theExampleRuns() throws Exception {
    CommandLineProcess.run(new ProcessBuilder("git", "init", "-q", project.toString()));
    Files.writeString(project.resolve("new"), "");
    assertThat(status(program, project)).isEqualTo("?? new\n");
    String page = Files.readString(Path.of("../docs/zt-exec.md"));
    String example = page.substring(page.indexOf("```java\n") + 8, page.indexOf("\n```\n"));
    String source =
        Files.readString(Path.of("src/test/java/org/ringfence/cli/ZtExecPageTest.java"));
    assertThat(source.replaceAll("(?m)^    ", "")).contains(example);
  }

  @Test
  void aCommandOfAnExecutorIsConfined() throws Exception {
    Path denied = programs.resolve("denied");
    String[] write = {"sh", "-c", "echo in >inside; echo out >\"$0\"", denied.toString()};
    ProcessExecutor executor = new ProcessExecutor().directory(project.toFile()).exitValueNormal();
    assertThatThrownBy(
            () ->
                executor
                    .command(
                        Stream.concat(Stream.of(program, "run", "--"), Stream.of(write))
                            .toArray(String[]::new))
                    .execute())
        .isInstanceOf(InvalidExitValueException.class);
    assertThat(project.resolve("inside")).hasContent("in\n");
    assertThat(denied).doesNotExist();
    // The control: without a sandbox the file is written.
    executor.command(write).execute();
    assertThat(denied).hasContent("out\n");
  }
}
