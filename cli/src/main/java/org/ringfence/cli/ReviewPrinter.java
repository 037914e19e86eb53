package org.ringfence.cli;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.Patch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.ringfence.review.Change;
import org.ringfence.review.WorkspaceReview;

/** Shows a review as a unified diff. */
final class ReviewPrinter {
  private static final long LARGEST = 1 << 20;
  private static final int CONTEXT = 3;

  private final PrintWriter out;

  ReviewPrinter(PrintWriter out) {
    this.out = out;
  }

  void print(WorkspaceReview review) throws IOException {
    for (Change change : review.changes()) {
      out.println(
          change.kind().name().charAt(0)
              + " "
              + change.path()
              + (change.conflict() ? "   (changed in the workspace meanwhile)" : ""));
    }
    for (Change change : review.changes()) {
      diff(
          change.path(),
          review.workspace().resolve(change.path()),
          review.copy().resolve(change.path()));
    }
    out.flush();
  }

  private void diff(Path name, Path before, Path after) throws IOException {
    if (isDirectory(before) || isDirectory(after)) {
      return;
    }
    List<String> old = lines(before);
    List<String> now = lines(after);
    if (old == null || now == null) {
      out.println("Binary or large file " + name + " differs");
      return;
    }
    Patch<String> patch = DiffUtils.diff(old, now);
    UnifiedDiffUtils.generateUnifiedDiff(
            exists(before) ? "a/" + name : "/dev/null",
            exists(after) ? "b/" + name : "/dev/null",
            old,
            patch,
            CONTEXT)
        .forEach(out::println);
  }

  private static boolean isDirectory(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** The lines of a text, null for what is none. */
  private static List<String> lines(Path file) throws IOException {
    if (!exists(file)) {
      return List.of();
    }
    if (Files.isSymbolicLink(file)) {
      return List.of("link to " + Files.readSymbolicLink(file));
    }
    if (!Files.isRegularFile(file) || Files.size(file) > LARGEST) {
      return null;
    }
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      return text.indexOf('\0') >= 0 ? null : text.lines().toList();
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
