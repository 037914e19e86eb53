package org.ringfence.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.ringfence.review.WorkspaceReview;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Decides what becomes of the changes that 'run --review' has kept. */
@Command(
    name = "review",
    mixinStandardHelpOptions = true,
    description = "Shows, commits or discards the changes that 'run --review' has kept.")
final class ReviewCommand {
  @Spec private CommandSpec spec;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "Where reviews are kept. Default: ringfence/reviews in the state directory.",
      scope = picocli.CommandLine.ScopeType.INHERIT)
  private Path store;

  private Path store() {
    return store == null ? WorkspaceReview.usualStore() : store;
  }

  @Command(name = "list", description = "Lists the reviews that wait for a decision.")
  int list() throws IOException {
    List<WorkspaceReview> all = WorkspaceReview.list(store());
    for (WorkspaceReview review : all) {
      out().println(review.id() + "  " + review.workspace());
    }
    out().flush();
    return ExitCode.OK;
  }

  @Command(name = "show", description = "Shows what a review would change, as a diff.")
  int show(@Parameters(paramLabel = "ID") String id) throws IOException {
    new ReviewPrinter(out()).print(WorkspaceReview.find(store(), id));
    return ExitCode.OK;
  }

  @Command(
      name = "commit",
      description = {
        "Puts the changes into the workspace.",
        "Refused when the workspace has been changed at the same paths."
      })
  int commit(@Parameters(paramLabel = "ID") String id) throws IOException {
    int count = WorkspaceReview.find(store(), id).commit().size();
    out().println(count + " paths changed");
    out().flush();
    return ExitCode.OK;
  }

  @Command(name = "discard", description = "Throws the changes away.")
  int discard(@Parameters(paramLabel = "ID") String id) throws IOException {
    WorkspaceReview.find(store(), id).discard();
    return ExitCode.OK;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
