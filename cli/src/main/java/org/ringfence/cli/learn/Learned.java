package org.ringfence.cli.learn;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.ringfence.event.Violation;
import org.ringfence.policy.proposal.PolicyProposal.Grant;
import org.ringfence.policy.proposal.PolicyProposal.Refusal;
import org.ringfence.text.Printable;

/**
 * The result of 'learn'.
 *
 * @param grants the grants added to the initial policy
 * @param refused the denials of the last run that stay denied
 * @param exit the last run's exit code
 * @param runs the number of runs
 */
public record Learned(List<Grant> grants, List<Refusal> refused, int exit, int runs) {
  /**
   * Prints a summary.
   *
   * @param err receives it
   * @param whole whether each grant and each denial is listed, however many there are
   */
  public void print(PrintWriter err, boolean whole) {
    GrantSummary summary = new GrantSummary(whole);
    List<String> granted = summary.granted(grants);
    List<String> notGranted = summary.refused(refused);
    Stream.of(granted, notGranted)
        .flatMap(List::stream)
        .forEach(line -> err.println("ringfence: " + Printable.of(line)));
    if (granted.size() < grants.size() || notGranted.size() < refused.size()) {
      err.println("ringfence: --verbose lists all of them");
    }
    err.println("ringfence: " + conclusion());
    err.flush();
  }

  /**
   * Returns the JSON of {@code --json}.
   *
   * @param policy the JSON of the policy
   * @return maps, lists, strings, numbers and booleans
   */
  public Map<String, Object> tree(Map<String, Object> policy) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("exitCode", exit);
    tree.put("runs", runs);
    tree.put("works", exit == 0 && refused.isEmpty());
    List<Object> granted = new ArrayList<>();
    for (Grant grant : grants) {
      Map<String, Object> each = tree(grant.denial());
      each.put("grant", grant.what());
      each.put("files", grant.files());
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
   *
   * @param command the program and its arguments
   * @return a few sentences
   */
  public String description(List<String> command) {
    return "Learned from: "
        + Printable.name(command.get(0))
        + ". Granted: "
        + new GrantSummary(false).sentence(grants)
        + ". "
        + Character.toUpperCase(conclusion().charAt(0))
        + conclusion().substring(1)
        + ".";
  }
}
