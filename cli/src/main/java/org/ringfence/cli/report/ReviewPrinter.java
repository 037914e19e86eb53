package org.ringfence.cli.report;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.Patch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ringfence.review.Change;
import org.ringfence.review.Change.Kind;
import org.ringfence.review.WorkspaceReview;
import org.ringfence.text.Printable;

/**
 * Shows a review as a list and a diff in git's format. For people, every line is escaped; in a
 * patch, lines stay raw, so that git apply and patch -p1 accept them.
 */
public final class ReviewPrinter {
  private static final int LARGEST = 1 << 20;
  private static final int CONTEXT = 3;
  private static final int TYPE = 0170000;
  private static final int FILE = 0100000;
  private static final int LINK = 0120000;
  private static final String NO_NEWLINE = "\n\\ No newline at end of file";
  private static final String NOTHING = "/dev/null";

  private final PrintWriter out;
  private final boolean patch;

  /**
   * Prints to a writer.
   *
   * @param out the writer
   * @param patch whether the output is a patch in a file, not shown on a terminal
   */
  public ReviewPrinter(PrintWriter out, boolean patch) {
    this.out = out;
    this.patch = patch;
  }

  public void print(WorkspaceReview review) throws IOException {
    List<Change> changes = review.changes();
    for (Change change : changes) {
      line(
          change.kind().name().charAt(0)
              + " "
              + change.printable()
              + modes(change)
              + (change.conflict() ? "   (changed in the workspace meanwhile)" : ""));
    }
    for (Change change : changes) {
      diff(review, change);
    }
    out.flush();
  }

  /** Prints a line with a line feed on every system, as git does. */
  private void line(String text) {
    out.print(text);
    out.print('\n');
  }

  private static String modes(Change change) {
    boolean another =
        change.kind() == Kind.MODIFIED && (change.oldMode() & 07777) != (change.newMode() & 07777);
    boolean special = (change.newMode() & 07000) != 0;
    if (!another && !special) {
      return "";
    }
    String text = "   (mode " + Integer.toOctalString(change.newMode() & 07777);
    if (change.kind() == Kind.MODIFIED) {
      text += ", was " + Integer.toOctalString(change.oldMode() & 07777);
    }
    return text + (change.leavesRightsOut() ? "; setuid and setgid are not committed)" : ")");
  }

  /**
   * Prints a change of type or of a link as a deletion and an addition; git knows no directories.
   */
  private void diff(WorkspaceReview review, Change change) throws IOException {
    boolean before = change.kind() != Kind.ADDED && isContent(change.oldMode());
    boolean after = change.kind() != Kind.DELETED && isContent(change.newMode());
    Optional<byte[]> old = before ? review.content(change, false, LARGEST) : Optional.empty();
    Optional<byte[]> now = after ? review.content(change, true, LARGEST) : Optional.empty();
    boolean another =
        (change.oldMode() & TYPE) != (change.newMode() & TYPE) || (change.newMode() & TYPE) == LINK;
    if (before && after && another) {
      one(change, before, old, false, Optional.empty());
      one(change, false, Optional.empty(), after, now);
    } else if (before || after) {
      one(change, before, old, after, now);
    }
  }

  private static boolean isContent(int mode) {
    return (mode & TYPE) == FILE || (mode & TYPE) == LINK;
  }

  /** Returns git's mode: git keeps only the owner's execute permission. */
  private static String mode(int mode) {
    return (mode & TYPE) == LINK ? "120000" : (mode & 0100) != 0 ? "100755" : "100644";
  }

  private void one(
      Change change, boolean before, Optional<byte[]> old, boolean after, Optional<byte[]> now) {
    String a = quoted("a/" + change.name());
    String b = quoted("b/" + change.name());
    List<String> from = before ? lines(old) : List.of();
    List<String> to = after ? lines(now) : List.of();
    boolean text = from != null && to != null;
    if (!text) {
      // Before the header of git, which would refuse the whole patch for this line in it.
      line(
          "Binary or large files "
              + (before ? a : NOTHING)
              + " and "
              + (after ? b : NOTHING)
              + " differ");
    }
    boolean otherMode = before && after && !mode(change.oldMode()).equals(mode(change.newMode()));
    if (!text && !otherMode) {
      return;
    }
    line("diff --git " + a + " " + b);
    if (!before) {
      line("new file mode " + mode(change.newMode()));
    } else if (!after) {
      line("deleted file mode " + mode(change.oldMode()));
    } else if (otherMode) {
      line("old mode " + mode(change.oldMode()));
      line("new mode " + mode(change.newMode()));
    }
    if (!text) {
      return;
    }
    Patch<String> difference = DiffUtils.diff(from, to);
    List<String> hunks =
        UnifiedDiffUtils.generateUnifiedDiff(
            before ? a : NOTHING, after ? b : NOTHING, from, difference, CONTEXT);
    for (int i = 0; i < hunks.size(); i++) {
      // The names in the first two lines are escaped already.
      String each = hunks.get(i).startsWith("@@ ") ? hunk(hunks.get(i)) : hunks.get(i);
      line(i < 2 || patch ? each : shown(each));
    }
  }

  /** Formats the hunk's header: a side without lines stands after the line before. */
  private static String hunk(String header) {
    return header.replace("@@ -1,0 ", "@@ -0,0 ").replace(" +1,0 @@", " +0,0 @@");
  }

  private static String shown(String line) {
    return line.endsWith(NO_NEWLINE)
        ? Printable.line(line.substring(0, line.length() - NO_NEWLINE.length())) + NO_NEWLINE
        : Printable.line(line);
  }

  /** Quotes a name as git does (quote.c), one line of ASCII; patch(1) also wants blanks quoted. */
  private static String quoted(String raw) {
    boolean plain = raw.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '"' && c != '\\');
    if (plain) {
      return raw;
    }
    StringBuilder text = new StringBuilder("\"");
    for (char c : raw.toCharArray()) {
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\t' -> text.append("\\t");
        default -> {
          if (c >= ' ' && c < 0x7f) {
            text.append(c);
          } else {
            text.append(String.format("\\%03o", (int) c));
          }
        }
      }
    }
    return text.append('"').toString();
  }

  /** Returns the lines of a text, each without its line feed; null for content that is no text. */
  private static List<String> lines(Optional<byte[]> content) {
    if (content.isEmpty()) {
      return null;
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content.get())).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
    if (text.indexOf('\0') >= 0) {
      return null;
    }
    List<String> lines = new ArrayList<>();
    int start = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      lines.add(text.substring(start, end));
      start = end + 1;
    }
    if (start < text.length()) {
      lines.add(text.substring(start) + NO_NEWLINE);
    }
    return lines;
  }
}
