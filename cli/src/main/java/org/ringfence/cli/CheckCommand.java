package org.ringfence.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
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
    }
    out.flush();
    return allowed ? ExitCode.OK : ExitCode.NO;
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
            + decision.rule()
            + (decision.reason().isEmpty() ? "" : ": " + decision.reason()));
    return decision.allowed();
  }
}
