package org.ringfence.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.ringfence.event.Printable;
import org.ringfence.event.Violation;
import org.ringfence.policy.PolicyProposal.Grant;
import org.ringfence.policy.PolicyProposal.Refusal;

/**
 * The result of 'learn'.
 *
 * @param grants the grants added to the initial policy
 * @param refused the denials of the last run that stay denied
 * @param exit the last run's exit code
 * @param runs the number of runs
 */
record Learned(List<Grant> grants, List<Refusal> refused, int exit, int runs) {
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

  /** Returns the JSON of {@code --json}. */
  Map<String, Object> tree(Map<String, Object> policy) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("exitCode", exit);
    tree.put("runs", runs);
    tree.put("works", exit == 0 && refused.isEmpty());
    List<Object> granted = new ArrayList<>();
    for (Grant grant : grants) {
      Map<String, Object> each = tree(grant.denial());
      each.put("grant", grant.what());
      granted.add(each);
    }
    tree.put("granted", granted);
    List<Object> notGranted = new ArrayList<>();
    for (Refusal refusal : refused) {
      Map<String, Object> each = tree(refusal.denial());
      each.put("reason", refusal.reason());
      notGranted.add(each);
    }
    tree.put("notGranted", notGranted);
    tree.put("policy", policy);
    return tree;
  }

  private static Map<String, Object> tree(Violation denial) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("operation", denial.operation());
    tree.put("target", denial.target());
    return tree;
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
   * Describes the policy, without arguments, which may be secret: the grants, and the accesses that
   * stay denied.
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
