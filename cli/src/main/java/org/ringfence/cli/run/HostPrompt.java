package org.ringfence.cli.run;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.ringfence.SandboxException;
import org.ringfence.cli.confirm.Answers;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.text.Printable;

/** Asks the user at the terminal about hosts that the policy does not list. */
public final class HostPrompt {
  public static final int PATIENCE_SECONDS = 60;
  public static final Duration PATIENCE = Duration.ofSeconds(PATIENCE_SECONDS);
  private static final String TERMINAL = "/dev/tty";
  private static final long LOOK_MILLIS = 50;
  private static final Answers<HostVerdict> ANSWERS =
      new Answers<>(
          Map.of(
              "y", HostVerdict.ALLOW_ONCE,
              "yes", HostVerdict.ALLOW_ONCE,
              "o", HostVerdict.ALLOW_ONCE,
              "once", HostVerdict.ALLOW_ONCE,
              "s", HostVerdict.ALLOW_FOR_SANDBOX,
              "sandbox", HostVerdict.ALLOW_FOR_SANDBOX,
              "n", HostVerdict.DENY,
              "no", HostVerdict.DENY,
              "d", HostVerdict.DENY,
              "deny", HostVerdict.DENY),
          HostVerdict.DENY);

  private final BufferedReader in;
  private final PrintWriter out;

  HostPrompt(BufferedReader in, PrintWriter out) {
    this.in = in;
    this.out = out;
  }

  /** Opens the terminal of this JVM, whatever its streams are. */
  public static HostPrompt onTerminal() throws SandboxException {
    try {
      return new HostPrompt(
          // A stream of java.nio.file does not report how many bytes are available.
          new BufferedReader(new FileReader(TERMINAL, Charset.defaultCharset())),
          new PrintWriter(new FileWriter(TERMINAL, Charset.defaultCharset()), true));
    } catch (IOException e) {
      throw new SandboxException("--ask: there is no terminal to ask on", e);
    }
  }

  public HostVerdict decide(HostRequest request) {
    try {
      while (in.ready()) {
        // Input typed before the question does not answer it.
        in.read();
      }
      out.print(
          "\nringfence: "
              + (request.executable().isEmpty()
                  ? "a process"
                  : Printable.name(request.executable()))
              + " ("
              + request.pid()
              + ") wants to connect to "
              + Printable.of(request.authority()));
      Optional<HostVerdict> verdict = asked();
      while (verdict.isEmpty()) {
        out.print("  " + Answers.UNCLEAR);
        verdict = asked();
      }
      return verdict.get();
    } catch (IOException e) {
      return HostVerdict.DENY;
    } catch (InterruptedException e) {
      out.println("\n  no answer came: denied");
      Thread.currentThread().interrupt();
      return HostVerdict.DENY;
    }
  }

  private Optional<HostVerdict> asked() throws IOException, InterruptedException {
    out.print("\n  [y]es once, for this [s]andbox, or [n]o (default)? ");
    out.flush();
    while (!in.ready()) {
      Thread.sleep(LOOK_MILLIS);
    }
    return ANSWERS.of(in.readLine());
  }
}
