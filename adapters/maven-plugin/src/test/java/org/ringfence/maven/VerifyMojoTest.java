package org.ringfence.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the backend is one of Linux")
@Timeout(300)
class VerifyMojoTest {
  @TempDir Path directory;

  private VerifyMojo mojo(String format, String oneCase) throws Exception {
    VerifyMojo mojo = new VerifyMojo();
    ExecMojoTest.set(mojo, "backend", "landlock");
    ExecMojoTest.set(mojo, "jobs", 1);
    ExecMojoTest.set(mojo, "format", format);
    ExecMojoTest.set(mojo, "cases", List.of(oneCase));
    ExecMojoTest.set(mojo, "report", directory.resolve("reports/verify.txt").toFile());
    return mojo;
  }

  @Test
  void reportOfAPassedCaseIsAFile() throws Exception {
    assumeTrue(Backends.load().byId("landlock").probe().usable(), "landlock cannot run here");
    mojo("text", "FW-CREATE").execute();
    assertThat(directory.resolve("reports/verify.txt")).content().contains("FW-CREATE");
  }

  @Test
  void buildFailsWhenNothingIsVerified() throws Exception {
    assumeTrue(Backends.load().byId("landlock").probe().usable(), "landlock cannot run here");
    // A case of Windows alone.
    assertThatThrownBy(() -> mojo("text", "WIN-").execute())
        .isInstanceOf(MojoFailureException.class)
        .hasMessageContaining("no case passed");
  }

  @Test
  void mistakesAreErrors() throws Exception {
    assertThatThrownBy(() -> mojo("text", "NO-SUCH-CASE").execute())
        .isInstanceOf(MojoExecutionException.class)
        .hasMessageContaining("no id begins with 'NO-SUCH-CASE'");
    assertThatThrownBy(() -> mojo("pdf", "FW-CREATE").execute())
        .isInstanceOf(MojoExecutionException.class)
        .hasMessageContaining("'pdf' is not one of text");
  }
}
