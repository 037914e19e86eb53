package org.ringfence.cli.learn;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.ringfence.event.Violation;
import org.ringfence.policy.proposal.PolicyProposal.Grant;
import org.ringfence.policy.proposal.PolicyProposal.Refusal;
import org.ringfence.text.Printable;

/** Lines about grants and refusals: few are listed, many of one kind are counted. */
final class GrantSummary {
  /** The most of one kind that are listed. */
  private static final int FEW = 5;

  private static final int EXAMPLES = 3;

  private final boolean whole;

  /**
   * Creates a summary.
   *
   * @param whole whether it lists everything
   */
  GrantSummary(boolean whole) {
    this.whole = whole;
  }

  /** Returns the lines about grants. */
  List<String> granted(List<Grant> grants) {
    List<String> lines = new ArrayList<>();
    grants.stream()
        .collect(Collectors.groupingBy(GrantSummary::kind, LinkedHashMap::new, Collectors.toList()))
        .forEach(
            (kind, all) -> {
              if (isListed(all)) {
                all.forEach(
                    grant -> lines.add("granted: " + grant.what() + " (" + why(grant) + ")"));
              } else {
                lines.add(
                    "granted: " + counted(kind, all.stream().map(GrantSummary::object).toList()));
              }
            });
    return lines;
  }

  /** Returns the lines about refusals. */
  List<String> refused(List<Refusal> refused) {
    Map<String, List<Refusal>> byReason =
        refused.stream()
            .collect(
                Collectors.groupingBy(Refusal::reason, LinkedHashMap::new, Collectors.toList()));
    List<String> lines = new ArrayList<>();
    byReason.forEach(
        (reason, all) -> {
          if (isListed(all)) {
            all.forEach(each -> lines.add("not granted: " + text(each.denial()) + ": " + reason));
          } else {
            String operations =
                all.stream()
                    .map(each -> each.denial().operation())
                    .distinct()
                    .collect(Collectors.joining(", "));
            List<String> targets =
                all.stream().map(each -> Printable.name(each.denial().target())).toList();
            lines.add("not granted: " + counted(operations, targets) + ": " + reason);
          }
        });
    return lines;
  }

  /** Returns the grants in one sentence. */
  String sentence(List<Grant> grants) {
    if (grants.isEmpty()) {
      return "nothing";
    }
    return grants.stream()
        .collect(Collectors.groupingBy(GrantSummary::kind, LinkedHashMap::new, Collectors.toList()))
        .entrySet()
        .stream()
        .map(
            entry ->
                isListed(entry.getValue())
                    ? entry.getValue().stream()
                        .map(Grant::what)
                        .distinct()
                        .collect(Collectors.joining(", "))
                    : counted(
                        entry.getKey(),
                        entry.getValue().stream().map(GrantSummary::object).toList()))
        .collect(Collectors.joining(", "));
  }

  private boolean isListed(List<?> all) {
    return whole || all.size() <= FEW;
  }

  private static String why(Grant grant) {
    return grant.isTree()
        ? "the directory of " + grant.files() + " denied files"
        : text(grant.denial());
  }

  private static String text(Violation denial) {
    return denial.operation() + " " + Printable.name(denial.target());
  }

  /** Returns the verb of a grant: read, write, or the field of a policy. */
  private static String kind(Grant grant) {
    return grant.what().substring(0, grant.what().indexOf(' '));
  }

  private static String object(Grant grant) {
    return grant.what().substring(grant.what().indexOf(' ') + 1);
  }

  private static String counted(String kind, List<String> objects) {
    Path common = common(objects);
    List<String> some = objects.stream().limit(EXAMPLES).toList();
    return kind
        + " "
        + objects.size()
        + (common == null ? ", such as " : " below " + common + ", such as ")
        + String.join(", ", some);
  }

  /** Returns the directory that holds all objects; null for objects that are no paths. */
  private static Path common(List<String> objects) {
    if (!objects.stream().allMatch(each -> each.startsWith("/") || each.startsWith(":"))) {
      return null;
    }
    Path common = Path.of(objects.get(0)).getParent();
    for (String object : objects) {
      while (common != null && !Path.of(object).startsWith(common)) {
        common = common.getParent();
      }
    }
    return common == null || common.getNameCount() == 0 ? null : common;
  }
}
