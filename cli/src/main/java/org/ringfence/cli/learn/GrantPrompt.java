package org.ringfence.cli.learn;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.ringfence.cli.confirm.Answers;
import org.ringfence.policy.proposal.PolicyProposal.Grant;
import org.ringfence.text.Printable;

/** Asks the user at the terminal, one by one, about grants that need a confirmation. */
public final class GrantPrompt implements Predicate<Grant> {
  private static final String TERMINAL = "/dev/tty";

  private final BufferedReader in;
  private final PrintWriter out;
  private final Set<String> denied = new HashSet<>();

  GrantPrompt(BufferedReader in, PrintWriter out) {
    this.in = in;
    this.out = out;
  }

  /**
   * Asks at the terminal when standard input is one; otherwise every answer is no.
   *
   * @return true for a grant that the user confirms
   */
  public static Predicate<Grant> whereSomeoneSits() {
    try {
      return standardInputIsTerminal()
          ? new GrantPrompt(
              new BufferedReader(new FileReader(TERMINAL, Charset.defaultCharset())),
              new PrintWriter(new FileWriter(TERMINAL, Charset.defaultCharset()), true))
          : grant -> false;
    } catch (IOException e) {
      return grant -> false;
    }
  }

  private static boolean standardInputIsTerminal() {
    try {
      String input = Path.of("/proc/self/fd/0").toRealPath().toString();
      return input.startsWith("/dev/pts/") || input.startsWith("/dev/tty");
    } catch (IOException e) {
      // Elsewhere the JVM reports it, though only when standard output is a terminal as well.
      return System.console() != null && Runtime.version().feature() < 22;
    }
  }

  @Override
  public boolean test(Grant grant) {
    if (denied.contains(grant.what())) {
      return false;
    }
    try {
      boolean open = true;
      while (open && in.ready()) {
        // Input typed before the question does not answer it.
        open = in.read() >= 0;
      }
      out.print(
          "ringfence: "
              + grant.denial().operation()
              + " "
              + Printable.name(grant.denial().target())
              + (grant.isTree()
                  ? " was denied, as were " + (grant.files() - 1) + " more files of its directory"
                  : " was denied")
              + "\n");
      Optional<Boolean> answer = asked(grant);
      while (answer.isEmpty()) {
        out.println("  " + Answers.UNCLEAR);
        answer = asked(grant);
      }
      boolean yes = answer.get();
      if (!yes) {
        denied.add(grant.what());
      }
      return yes;
    } catch (IOException e) {
      return false;
    }
  }

  private Optional<Boolean> asked(Grant grant) throws IOException {
    out.print(
        "  grant "
            + Printable.name(grant.what())
            + " in the next run and in the policy? [y]es or [n]o (default)? ");
    out.flush();
    return Answers.YES_OR_NO.of(in.readLine());
  }
}
