package org.ringfence.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.ringfence.CommandEvent;
import org.ringfence.Ending;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.SandboxedProcess;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Runs a command in a sandbox, passes its output to the log, and fails the build unless the command
 * succeeds. The command has no input. No policy lets it write to Maven itself or to the local
 * repository, from where this build loads its plugins.
 */
@Mojo(name = "exec", threadSafe = true)
public final class ExecMojo extends AbstractMojo {
  /** The program and its arguments. */
  @Parameter(property = "ringfence.command", required = true)
  private List<String> command;

  /**
   * The policy: names of presets and paths of files, each adding to those before it. A path starts
   * at the project's directory unless it is absolute. Default: {@code workspace-write}.
   */
  @Parameter(property = "ringfence.policy", defaultValue = "workspace-write")
  private List<String> policy;

  /** The workspace. */
  @Parameter(property = "ringfence.workspace", defaultValue = "${project.basedir}")
  private File workspace;

  /** Where the command starts. Default: the workspace. */
  @Parameter(property = "ringfence.directory")
  private File directory;

  /** Variables of the command, in addition to those that the policy passes on. */
  @Parameter private Map<String, String> environment;

  /** The time of the command, in seconds; 0 for the policy's. */
  @Parameter(property = "ringfence.timeoutSeconds", defaultValue = "0")
  private int timeoutSeconds;

  /** The backend. Default: the one that the plans decide on. */
  @Parameter(property = "ringfence.backend")
  private String backend;

  /** The exit codes that are a success. */
  @Parameter(property = "ringfence.successCodes", defaultValue = "0")
  private List<Integer> successCodes;

  /** Whether this execution is left out. */
  @Parameter(property = "ringfence.skip", defaultValue = "false")
  private boolean skip;

  @Parameter(defaultValue = "${project.basedir}", readonly = true)
  private File project;

  @Parameter(defaultValue = "${settings.localRepository}", readonly = true)
  private String localRepository;

  /** More local repositories, which Maven reads only; separated by commas. */
  @Parameter(defaultValue = "${maven.repo.local.tail}", readonly = true)
  private String furtherRepositories;

  @Parameter(defaultValue = "${maven.home}", readonly = true)
  private String maven;

  /** Creates the goal; Maven calls this and sets the parameters. */
  public ExecMojo() {}

  @Override
  public void execute() throws MojoExecutionException, MojoFailureException {
    if (skip) {
      getLog().info("ringfence: skipped");
      return;
    }
    DeniedOperations denied = new DeniedOperations();
    CompletableFuture<Ending> ending = new CompletableFuture<>();
    try {
      run(denied, ending);
    } catch (SandboxRefusedException | InvalidPolicyException e) {
      throw new MojoExecutionException(e.getMessage(), e);
    } catch (IllegalArgumentException | SandboxException e) {
      throw new MojoExecutionException("the command did not start: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new MojoExecutionException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MojoExecutionException("interrupted; the command was ended", e);
    }
    Ending end = ending.join();
    denied.lines().forEach(getLog()::warn);
    if (!(end instanceof Ending.Exited exited && successCodes.contains(exited.status()))) {
      throw new MojoFailureException(
          "the command in the sandbox failed, " + end.describe() + denied.summary());
    }
  }

  private void run(DeniedOperations denied, CompletableFuture<Ending> ending)
      throws IOException, InterruptedException {
    SandboxCommand words = command();
    Sandbox.Opener opener =
        Sandbox.opener(policy())
            .workspace(workspace.toPath())
            .backend(backend)
            .onDenied(denied::add)
            .onDropped(dropped -> denied.dropped(dropped.violations()))
            .onCommand(
                event -> {
                  if (event instanceof CommandEvent.Ended end) {
                    ending.complete(end.ending());
                  }
                });
    // Once the sandbox is closed, the hooks have heard everything.
    try (Sandbox sandbox = opener.open()) {
      getLog().debug("ringfence: backend " + sandbox.plan().backend());
      SandboxedProcess process = sandbox.start(words);
      process.getOutputStream().close();
      LoggedOutput output = LoggedOutput.of(process.getInputStream(), getLog());
      try {
        process.waitFor();
        output.awaitEnd();
      } finally {
        process.destroyForcibly();
      }
    }
  }

  private SandboxCommand command() {
    SandboxCommand words = SandboxCommand.of(command).redirectErrorStream(true);
    if (directory != null) {
      words = words.directory(directory.toPath());
    }
    if (timeoutSeconds != 0) {
      words = words.timeout(Duration.ofSeconds(timeoutSeconds));
    }
    for (Map.Entry<String, String> each :
        Objects.requireNonNullElse(environment, Map.<String, String>of()).entrySet()) {
      // Maven passes an empty element as null.
      words = words.environment(each.getKey(), Objects.toString(each.getValue(), ""));
    }
    return words;
  }

  private SandboxPolicy policy() {
    Path base = project.toPath();
    List<String> names =
        policy.stream()
            .map(name -> PolicyReader.isPath(name) ? base.resolve(name).toString() : name)
            .toList();
    PolicyBuilder builder = PolicyReader.combined(names).toBuilder();
    // Maven loads plugins as a build goes on: a command that changes one runs outside the sandbox.
    for (String each :
        String.join(
                ",",
                localRepository,
                Objects.requireNonNullElse(furtherRepositories, ""),
                Objects.requireNonNullElse(maven, ""))
            .split(",")) {
      if (!each.isBlank()) {
        builder.protectedPath(Path.of(each.strip()).toAbsolutePath().normalize().toString());
      }
    }
    return builder.build();
  }
}
