package org.ringfence.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.ringfence.spi.Verification;

/**
 * Attacks the sandbox on this machine with the conformance suite, and fails the build when a case
 * fails or none passes. Each denial has a control: the same operation, allowed, has to succeed.
 */
@Mojo(name = "verify", requiresProject = false, threadSafe = true)
public final class VerifyMojo extends AbstractMojo {
  /** The backend. Default: the one that would be selected. */
  @Parameter(property = "ringfence.backend")
  private String backend;

  /** Beginnings of the ids of the cases, such as {@code FW-}. Default: all cases. */
  @Parameter(property = "ringfence.cases")
  private List<String> cases;

  /** The file of the report. Default: the log. */
  @Parameter(property = "ringfence.report")
  private File report;

  /** The format of the report: {@code text}, {@code json}, {@code junit} or {@code html}. */
  @Parameter(property = "ringfence.format", defaultValue = "text")
  private String format;

  /** How many cases run at a time; cases that would disturb others run alone. */
  @Parameter(property = "ringfence.jobs", defaultValue = "2")
  private int jobs;

  /** Whether this execution is left out. */
  @Parameter(property = "ringfence.skip", defaultValue = "false")
  private boolean skip;

  /** Creates the goal; Maven calls this and sets the parameters. */
  public VerifyMojo() {}

  @Override
  public void execute() throws MojoExecutionException, MojoFailureException {
    if (skip) {
      getLog().info("ringfence: skipped");
      return;
    }
    StringBuilder text = new StringBuilder();
    Verification.Result result;
    try {
      result = result(text);
      if (report == null) {
        text.toString().lines().forEach(getLog()::info);
      } else {
        Files.createDirectories(report.getAbsoluteFile().getParentFile().toPath());
        Files.writeString(report.toPath(), text);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new MojoExecutionException(e.getMessage(), e);
    }
    if (result != Verification.Result.PASSED) {
      throw new MojoFailureException(
          (result == Verification.Result.FAILED ? "a case failed" : "no case passed, none failed")
              + (report == null ? "" : "; the report is " + report));
    }
  }

  private Verification.Result result(StringBuilder text)
      throws IOException, MojoExecutionException {
    Verification verification =
        ServiceLoader.load(Verification.class)
            .findFirst()
            .orElseThrow(() -> new MojoExecutionException("the conformance suite is missing"));
    List<String> asked = Objects.requireNonNullElse(cases, List.of());
    List<String> unknown = verification.unknown(asked);
    if (!unknown.isEmpty()) {
      throw new MojoExecutionException(
          "cases: no id begins with '" + unknown.get(0) + "'; use such as FW- or ESC-PTRACE");
    }
    if (!verification.formats().contains(format)) {
      throw new MojoExecutionException(
          "format: '" + format + "' is not one of " + String.join(", ", verification.formats()));
    }
    return verification.run(
        new Verification.Request(backend, asked, format, jobs),
        text,
        new Verification.Progress() {
          @Override
          public void waiting(int done, int all, String id) {
            getLog().debug("case " + (done + 1) + " of " + all + ": " + id);
          }
        });
  }
}
