package org.ringfence.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.ringfence.Backends;
import org.ringfence.SandboxException;
import org.ringfence.event.Printable;
import org.ringfence.policy.Decision;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.InvalidPolicyException;
import org.ringfence.policy.Operation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Answers what a policy says. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says whether a policy allows a path or a host, and by which rule.",
      "For a path: reading and writing; exits with 1 unless both are allowed.",
      "For HOST:PORT: connecting; exits with 1 unless it is allowed.",
      "With --backend restricted-token also what Windows would let, by a model of its access"
          + " check: there the two differ.",
      ""
    })
final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Parameters(paramLabel = "PATH|HOST:PORT", description = "A path, or a host with a port.")
  private String target;

  @Override
  public Integer call() throws Exception {
    EffectivePolicy policy = options.effective();
    PrintWriter out = spec.commandLine().getOut();
    boolean allowed;
    if (isHost(target)) {
      int colon = target.lastIndexOf(':');
      String host = target.substring(0, colon).replaceFirst("^\\[(.*)]$", "$1");
      allowed = print(out, "connect", policy.evaluate(host, port(target.substring(colon + 1))));
    } else {
      String path = Path.of(target).toAbsolutePath().normalize().toString();
      boolean read = print(out, "read", policy.check(path, Operation.READ));
      allowed = print(out, "write", policy.check(path, Operation.WRITE)) && read;
      printOutlook(out, policy, path);
    }
    out.flush();
    return allowed ? ExitCode.OK : ExitCode.NO;
  }

  /** Of a backend that is asked for: what it really lets, where that may be something else. */
  private void printOutlook(PrintWriter out, EffectivePolicy policy, String path)
      throws SandboxException {
    if (options.backend() == null) {
      return;
    }
    Backends.load()
        .byId(options.backend())
        .outlook(policy, path)
        .forEach(
            (operation, let) ->
                out.println(
                    options.backend()
                        + ", by the model of its access check: "
                        + operation
                        + (let ? " is let" : " is not let")));
  }

  private static boolean isHost(String text) {
    return !text.startsWith("/")
        && !text.startsWith(".")
        && text.matches(".*:[0-9]{1,9}")
        && !text.matches("[A-Za-z]:[\\\\/].*");
  }

  private static int port(String digits) {
    int port = Integer.parseInt(digits);
    if (port < 1 || port > 65535) {
      throw new InvalidPolicyException("port", digits, "a port from 1 to 65535");
    }
    return port;
  }

  private static boolean print(PrintWriter out, String what, Decision decision) {
    String answer =
        Palette.ofThisTerminal()
            .answer(decision.allowed(), decision.allowed() ? "allowed" : "denied ");
    out.println(
        String.format("%-8s", what)
            + answer
            + "  by "
            + Printable.of(decision.rule())
            + (decision.reason().isEmpty() ? "" : ": " + decision.reason()));
    return decision.allowed();
  }
}
