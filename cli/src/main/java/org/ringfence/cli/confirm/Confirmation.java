package org.ringfence.cli.confirm;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.text.Printable;

/** Shows a change of a file and asks the user on the terminal to agree to it. */
public final class Confirmation {
  private static final String TERMINAL = "/dev/tty";
  private static final int CONTEXT = 3;

  private final PrintWriter out;

  /**
   * Creates a confirmation.
   *
   * @param out receives the text and the question
   */
  public Confirmation(PrintWriter out) {
    this.out = out;
  }

  /**
   * Shows a file's difference to its earlier content. Characters that control a terminal are
   * escaped.
   *
   * @param file the file's name
   * @param before its earlier content; empty shows the whole file as new
   * @param after its content
   */
  public void show(String file, Optional<String> before, String after) {
    List<String> from = before.map(text -> text.lines().toList()).orElse(List.of());
    List<String> to = after.lines().toList();
    String name = Printable.name(file);
    UnifiedDiffUtils.generateUnifiedDiff(
            before.isEmpty() ? "/dev/null" : name, name, from, DiffUtils.diff(from, to), CONTEXT)
        .stream()
        .map(Printable::line)
        .forEach(out::println);
    out.flush();
  }

  /**
   * Asks on the terminal, until the answer is yes or no. Only yes agrees.
   *
   * @param question the question
   * @param command the command's name, for the error
   * @return true if the user agrees
   * @throws SandboxException if there is no terminal
   */
  public boolean agreed(String question, String command) throws SandboxException {
    try (BufferedReader in =
        new BufferedReader(new FileReader(TERMINAL, Charset.defaultCharset()))) {
      return agreed(question, in);
    } catch (IOException e) {
      throw new SandboxException(
          command + ": there is no terminal to ask on; use --yes to agree to the shown change", e);
    }
  }

  /** Asks a terminal that is open. */
  boolean agreed(String question, BufferedReader in) throws IOException {
    boolean open = true;
    while (open && in.ready()) {
      // Input typed before the question does not answer it.
      open = in.read() >= 0;
    }
    Optional<Boolean> answer = Optional.empty();
    while (answer.isEmpty()) {
      out.print(question + " [y]es or [n]o (default)? ");
      out.flush();
      answer = Answers.YES_OR_NO.of(in.readLine());
      if (answer.isEmpty()) {
        out.println(Answers.UNCLEAR);
      }
    }
    return answer.get();
  }
}
