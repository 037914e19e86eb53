package org.ringfence.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugin.logging.SystemStreamLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;
import org.ringfence.SandboxRefusedException;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the commands are for a POSIX shell")
@Timeout(300)
class ExecMojoTest {
  @TempDir Path project;
  private Path outside;
  private final List<String> told = new ArrayList<>();
  private final List<String> warned = new ArrayList<>();

  @BeforeEach
  void landlockIsHere() throws IOException {
    assumeTrue(Backends.load().byId("landlock").probe().usable(), "landlock cannot run here");
    outside = Files.createTempDirectory(Path.of("/var/tmp"), "outside").toRealPath();
    Files.createDirectory(outside.resolve("repository"));
  }

  @AfterEach
  void removeOutside() throws IOException {
    Files.deleteIfExists(outside.resolve("file"));
    Files.deleteIfExists(outside.resolve("repository").resolve("plugin.jar"));
    Files.delete(outside.resolve("repository"));
    Files.delete(outside);
  }

  static void set(Object mojo, String parameter, Object value) throws Exception {
    Field field = mojo.getClass().getDeclaredField(parameter);
    field.setAccessible(true);
    field.set(mojo, value);
  }

  /** Returns a goal with the values that its descriptor gives it. */
  private ExecMojo mojo(String... command) throws Exception {
    ExecMojo mojo = new ExecMojo();
    set(mojo, "command", List.of(command));
    set(mojo, "policy", List.of("workspace-write"));
    set(mojo, "workspace", project.toFile());
    set(mojo, "project", project.toFile());
    set(mojo, "successCodes", List.of(0));
    set(mojo, "localRepository", outside.resolve("repository").toString());
    set(mojo, "backend", "landlock");
    mojo.setLog(
        new SystemStreamLog() {
          @Override
          public void info(CharSequence line) {
            told.add(line.toString());
          }

          @Override
          public void warn(CharSequence line) {
            warned.add(line.toString());
          }
        });
    return mojo;
  }

  @Test
  void outputIsEscapedLinesOfTheLog() throws Exception {
    ExecMojo mojo =
        mojo("sh", "-c", "printf 'a\\tb\\r\\n\\033[2Jred\\nlast'; echo err >&2; echo \"$OWN\" >in");
    set(mojo, "environment", Map.of("OWN", "value"));
    mojo.execute();
    assertThat(told).containsExactly("a\tb", "\\x1b[2Jred", "lasterr");
    assertThat(warned).isEmpty();
    assertThat(project.resolve("in")).hasContent("value\n");
  }

  @Test
  void lineWithoutAnEndIsCut() throws Exception {
    LoggedOutput.of(
            new ByteArrayInputStream(
                "x".repeat(LoggedOutput.LONGEST_LINE + 3).getBytes(StandardCharsets.UTF_8)),
            mojo("true").getLog())
        .awaitEnd();
    assertThat(told).extracting(String::length).containsExactly(LoggedOutput.LONGEST_LINE, 3);
  }

  @Test
  void deniedCommandFailsTheBuildWithItsRemedy() throws Exception {
    String target = outside.resolve("file").toString();
    assertThatThrownBy(() -> mojo("sh", "-c", "echo out >\"$0\"", target).execute())
        .isInstanceOf(MojoFailureException.class)
        .hasMessageMatching(
            "the command in the sandbox failed, exit code [12]; the sandbox denied 1 operation");
    assertThat(outside.resolve("file")).doesNotExist();
    assertThat(warned)
        .singleElement()
        .asString()
        .startsWith("denied: create " + target + ": ")
        .contains("to allow it, add to the policy: {\"files\":{\"rules\":{\"" + outside);
    // The control: with the remedy as a policy beside the project's file, the command writes.
    Files.writeString(
        project.resolve("policy.json"),
        "{\"extends\": [\"workspace-write\"], \"files\": {\"rules\": {\""
            + outside
            + "\": \"write\"}}}");
    ExecMojo allowed = mojo("sh", "-c", "echo out >\"$0\"", target);
    set(allowed, "policy", List.of("./policy.json"));
    allowed.execute();
    assertThat(outside.resolve("file")).hasContent("out\n");
  }

  @Test
  void noPolicyLetsACommandWriteToTheLocalRepository() throws Exception {
    Path plugin = outside.resolve("repository").resolve("plugin.jar");
    String grant =
        "{\"extends\": [\"workspace-write\"], \"files\": {\"rules\": {\""
            + outside
            + "\": \"write\"}}}";
    ExecMojo mojo =
        mojo(
            "sh",
            "-c",
            "echo control >\"$1\"; echo out >\"$0\"",
            plugin.toString(),
            outside.resolve("file").toString());
    set(mojo, "policy", List.of(grant));
    assertThatThrownBy(mojo::execute).isInstanceOf(MojoFailureException.class);
    assertThat(plugin).doesNotExist();
    assertThat(outside.resolve("file")).hasContent("control\n");
  }

  @Test
  void exitCodesAndTimeDecideAboutTheBuild() throws Exception {
    ExecMojo three = mojo("sh", "-c", "exit 3");
    set(three, "successCodes", List.of(0, 3));
    three.execute();
    assertThatThrownBy(() -> mojo("sh", "-c", "exit 3").execute())
        .isInstanceOf(MojoFailureException.class)
        .hasMessage("the command in the sandbox failed, exit code 3");
    ExecMojo late = mojo("sleep", "1000");
    set(late, "timeoutSeconds", 1);
    assertThatThrownBy(late::execute)
        .isInstanceOf(MojoFailureException.class)
        .hasMessageContaining("its time was up, 1 s");
  }

  @Test
  void refusalAndMistakesAreErrorsBeforeAnythingStarts() throws Exception {
    ExecMojo refused = mojo("touch", "file");
    set(refused, "policy", List.of("workspace-write", "no-credentials"));
    assertThatThrownBy(refused::execute)
        .isInstanceOf(MojoExecutionException.class)
        .hasCauseInstanceOf(SandboxRefusedException.class);
    ExecMojo unknown = mojo("touch", "file");
    set(unknown, "policy", List.of("workspace-wrote"));
    assertThatThrownBy(unknown::execute)
        .isInstanceOf(MojoExecutionException.class)
        .hasMessageContaining("workspace-write");
    assertThatThrownBy(() -> mojo("no-such-program").execute())
        .isInstanceOf(MojoExecutionException.class)
        .hasMessageContaining("no-such-program");
    assertThatThrownBy(() -> mojo().execute())
        .isInstanceOf(MojoExecutionException.class)
        .hasMessageContaining("command: it is empty");
    ExecMojo skipped = mojo("touch", "file");
    set(skipped, "skip", true);
    skipped.execute();
    assertThat(project).isEmptyDirectory();
    mojo("touch", "file").execute();
    assertThat(project.resolve("file")).exists();
  }
}
