package org.ringfence.cli.command;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.ringfence.SandboxException;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.cli.report.RemedyText;
import org.ringfence.cli.report.ReviewPrinter;
import org.ringfence.review.Change;
import org.ringfence.review.ReviewConflictException;
import org.ringfence.review.WorkspaceReview;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Applies or discards the changes that 'run --review' has kept. */
@Command(
    name = "review",
    mixinStandardHelpOptions = true,
    description = "Shows, commits or discards the changes that 'run --review' has kept.")
public final class ReviewCommand {
  private static final String JSON = "Print JSON; docs/json.md describes it.";
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");
  private static final Path OUTPUT = Path.of("/proc/self/fd/1");

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

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the reviews that wait for a decision: id, begin, changes, workspace.")
  int list(@Option(names = "--json", description = JSON) boolean json) throws IOException {
    List<WorkspaceReview> all = WorkspaceReview.list(store());
    if (json) {
      List<Object> trees = new ArrayList<>();
      for (WorkspaceReview review : all) {
        trees.add(tree(review));
      }
      out().print(JsonText.of(Map.of("reviews", trees)));
    } else if (all.isEmpty()) {
      out().println("no reviews");
    } else {
      for (WorkspaceReview review : all) {
        out()
            .println(
                review.id()
                    + "  "
                    + TIME.format(review.begun().atZone(ZoneId.systemDefault()))
                    + "  "
                    + count(review)
                    + "  "
                    + Printable.name(review.workspace().toString()));
      }
    }
    out().flush();
    return ExitCode.OK;
  }

  private static Map<String, Object> tree(WorkspaceReview review) throws IOException {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("id", review.id());
    tree.put("begun", review.begun().toString());
    tree.put("workspace", review.workspace().toString());
    try {
      tree.put("changes", review.changes().size());
      tree.put("problem", null);
    } catch (IOException e) {
      tree.put("changes", null);
      tree.put("problem", FileFailure.reason(e));
    }
    return tree;
  }

  /**
   * Counts the changes; a review without its workspace is listed too, since it can be discarded.
   */
  private static String count(WorkspaceReview review) {
    try {
      int changes = review.changes().size();
      return changes == 1 ? "1 change" : changes + " changes";
    } catch (IOException e) {
      return "changes unknown: " + Printable.of(FileFailure.reason(e)) + ",";
    }
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = {
        "Shows what a review would change, as a diff.",
        "In a file it is a patch for 'git apply' and 'patch -p1'; anywhere else a character that could act on"
            + " a terminal is written as an escape."
      })
  int show(
      @Parameters(paramLabel = "ID") String id,
      @Option(names = "--json", description = JSON) boolean json)
      throws IOException {
    WorkspaceReview review = WorkspaceReview.find(store(), id);
    if (json) {
      List<Object> changes = new ArrayList<>();
      for (Change change : review.changes()) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("path", change.printable());
        one.put("kind", change.kind().name().toLowerCase(Locale.ROOT));
        one.put("conflict", change.conflict());
        one.put("oldMode", Integer.toOctalString(change.oldMode()));
        one.put("newMode", Integer.toOctalString(change.newMode()));
        changes.add(one);
      }
      Map<String, Object> tree = tree(review);
      tree.put("changes", changes);
      out().print(JsonText.of(tree));
      out().flush();
      return ExitCode.OK;
    }
    // A pipe may end on a terminal; a regular file does not.
    if (Files.isRegularFile(OUTPUT)) {
      // Uses the encoding of the files, not the terminal's.
      PrintWriter raw =
          new PrintWriter(
              new OutputStreamWriter(
                  new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8));
      new ReviewPrinter(raw, true).print(review);
    } else {
      new ReviewPrinter(out(), false).print(review);
    }
    return ExitCode.OK;
  }

  @Command(
      name = "commit",
      mixinStandardHelpOptions = true,
      description = {
        "Puts the changes into the workspace, all of them or none.",
        "Refused when the workspace has been changed at the same paths, even if it was changed back;"
            + " the message shows how to apply the changes as a patch."
      })
  int commit(@Parameters(paramLabel = "ID") String id) throws IOException {
    List<Change> changes = committed(WorkspaceReview.find(store(), id));
    for (Change change : changes) {
      if (change.leavesRightsOut()) {
        out().println("without setuid and setgid: " + change.printable());
      }
    }
    out().println(changes.size() + " paths changed");
    out().flush();
    return ExitCode.OK;
  }

  private List<Change> committed(WorkspaceReview review) throws IOException {
    try {
      return review.commit();
    } catch (ReviewConflictException e) {
      // A file that was changed and restored counts as changed: its content then is not known.
      String command =
          "ringfence review "
              + (store == null
                  ? ""
                  : "--store " + RemedyText.pasted(List.of(store.toString())) + " ");
      throw new SandboxException(
          e.getMessage()
              + "; if the changes are wanted all the same, apply them as a patch: p=$(mktemp) && "
              + command
              + "show "
              + review.id()
              + " > $p && patch -d "
              + RemedyText.pasted(List.of(review.workspace().toString()))
              + " -p1 -i $p && "
              + command
              + "discard "
              + review.id(),
          e);
    }
  }

  @Command(
      name = "discard",
      mixinStandardHelpOptions = true,
      description = "Throws the changes away.")
  int discard(@Parameters(paramLabel = "ID") String id) throws IOException {
    WorkspaceReview.find(store(), id).discard();
    return ExitCode.OK;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
