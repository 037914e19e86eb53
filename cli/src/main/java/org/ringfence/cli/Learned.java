package org.ringfence.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;
import org.ringfence.event.Printable;
import org.ringfence.policy.PolicyProposal.Grant;
import org.ringfence.policy.PolicyProposal.Refusal;

/**
 * What 'learn' has found out.
 *
 * @param grants what the policy grants more than the one that it began with
 * @param refused what the last run was denied, and is not granted
 * @param exit the last run's exit code
 */
record Learned(List<Grant> grants, List<Refusal> refused, int exit) {
  private static final int SHOWN = 100;

  void print(PrintWriter err) {
    grants.forEach(
        grant ->
            err.println(
                "ringfence: granted: "
                    + Printable.of(grant.what())
                    + " ("
                    + Printable.of(grant.denial().operation() + " " + grant.denial().target())
                    + ")"));
    refused.stream()
        .limit(SHOWN)
        .forEach(
            refusal ->
                err.println(
                    "ringfence: not granted: "
                        + Printable.of(
                            refusal.denial().operation() + " " + refusal.denial().target())
                        + ": "
                        + Printable.of(refusal.reason())));
    if (refused.size() > SHOWN) {
      err.println("ringfence: not granted: " + (refused.size() - SHOWN) + " more");
    }
    err.println("ringfence: " + conclusion());
    err.flush();
  }

  private String conclusion() {
    if (exit != 0) {
      return "under this policy the command still ends with " + exit;
    }
    return refused.isEmpty()
        ? "under this policy the command works"
        : "under this policy the command exits with 0, though "
            + (refused.size() == 1 ? "one operation stays" : refused.size() + " operations stay")
            + " denied: look whether its result is whole";
  }

  /**
   * For the policy itself, without arguments, which may be secret: its reader sees what it grants,
   * and what the command did not get.
   */
  String description(List<String> command) {
    return "Learned from: "
        + Printable.of(command.get(0))
        + ". Granted: "
        + (grants.isEmpty()
            ? "nothing"
            : grants.stream()
                .map(grant -> Printable.of(grant.what()))
                .distinct()
                .collect(Collectors.joining(", ")))
        + ". "
        + Character.toUpperCase(conclusion().charAt(0))
        + conclusion().substring(1)
        + ".";
  }
}
