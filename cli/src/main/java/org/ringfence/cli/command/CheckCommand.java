package org.ringfence.cli.command;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.ringfence.Backends;
import org.ringfence.SandboxException;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.policy.PolicyOptions;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.terminal.Palette;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.AccessPredictor;
import org.ringfence.text.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reports the policy's decision on a path or host. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says whether a policy allows a path or a host, and by which rule.",
      "For a path: reading and writing; exits with 1 unless both are allowed.",
      "For a host: connecting to PORT, or to 80 and 443; exits with 1 unless all of it is allowed."
          + " A word with a dot in it that names no file here is taken for a host.",
      "With --backend restricted-token also the access that Windows would give, by a model of its access"
          + " check: there the two differ.",
      ""
    })
public final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions options;

  @Option(names = "--json", description = "Print JSON; docs/json.md describes it.")
  private boolean json;

  @Parameters(
      paramLabel = "PATH|HOST[:PORT]",
      description = "A path, also ~/… and :home/…, or a host.")
  private String target;

  @Override
  public Integer call() throws Exception {
    EffectivePolicy policy = options.effective();
    PrintWriter out = spec.commandLine().getOut();
    boolean allowed = true;
    CheckTarget asked = CheckTarget.of(target, policy);
    if (json) {
      return printJson(out, asked, policy);
    }
    if (asked instanceof CheckTarget.Host host) {
      if (!host.note().isEmpty()) {
        out.println(Printable.of(host.note()));
      }
      for (int port : host.ports()) {
        String what = host.ports().size() == 1 ? "connect" : "connect to port " + port;
        allowed &= print(out, what, policy.evaluate(host.name(), port));
      }
    } else if (asked instanceof CheckTarget.File file) {
      allowed = print(out, "read", policy.check(file.path(), Operation.READ));
      allowed &= print(out, "write", policy.check(file.path(), Operation.WRITE));
      printOutlook(out, policy, file.path());
    }
    out.flush();
    return allowed ? ExitCode.OK : ExitCode.NO;
  }

  private int printJson(PrintWriter out, CheckTarget asked, EffectivePolicy policy) {
    List<Object> answers = new ArrayList<>();
    boolean allowed = true;
    if (asked instanceof CheckTarget.Host host) {
      for (int port : host.ports()) {
        Decision decision = policy.evaluate(host.name(), port);
        Map<String, Object> answer = tree("connect", decision);
        answer.put("port", port);
        answers.add(answer);
        allowed &= decision.allowed();
      }
    } else if (asked instanceof CheckTarget.File file) {
      for (Operation operation : List.of(Operation.READ, Operation.WRITE)) {
        Decision decision = policy.check(file.path(), operation);
        answers.add(tree(operation.name().toLowerCase(Locale.ROOT), decision));
        allowed &= decision.allowed();
      }
    }
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("target", target);
    tree.put("allowed", allowed);
    tree.put("answers", answers);
    out.print(JsonText.of(tree));
    out.flush();
    return allowed ? ExitCode.OK : ExitCode.NO;
  }

  private static Map<String, Object> tree(String operation, Decision decision) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("operation", operation);
    tree.put("allowed", decision.allowed());
    tree.put("rule", decision.rule());
    tree.put("explanation", decision.explanation());
    return tree;
  }

  /**
   * Prints the access that the requested backend really permits, where it may differ from the
   * policy.
   */
  private void printOutlook(PrintWriter out, EffectivePolicy policy, String path)
      throws SandboxException {
    if (options.backend() == null) {
      return;
    }
    Backends.load()
        .byId(options.backend())
        .extension(AccessPredictor.class)
        .map(predictor -> predictor.predict(policy, path))
        .orElse(Map.of())
        .forEach(
            (operation, let) ->
                out.println(
                    options.backend()
                        + ", by the model of its access check: "
                        + operation
                        + (let ? " is let" : " is not let")));
  }

  private static boolean print(PrintWriter out, String what, Decision decision) {
    String answer =
        Palette.ofThisTerminal()
            .answer(decision.allowed(), decision.allowed() ? "allowed" : "denied ");
    out.println(
        String.format("%-7s ", what)
            + answer
            + "  by "
            + Printable.of(decision.rule())
            + (decision.explanation().isEmpty() ? "" : ": " + decision.explanation()));
    return decision.allowed();
  }
}
