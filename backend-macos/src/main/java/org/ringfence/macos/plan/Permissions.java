package org.ringfence.macos.plan;

import static org.ringfence.macos.plan.Sbpl.form;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.macos.plan.SeatbeltProfile.Rule;

/**
 * Turns rules of which the last match decides into permissions alone: each permission leaves out
 * the places that a later rule denies. Their order has no meaning then, and neither has the
 * precedence between operations and their wildcards, on which measurements on real Macs differ. All
 * that no permission names is denied by the profile's default. Pure; not thread-safe.
 */
final class Permissions {
  /** The operations of a wildcard that a denial may name on its own, and others as common. */
  private static final Map<String, List<String>> MEMBERS =
      Map.of(
          "file-read*",
          List.of("file-read-data", "file-read-metadata", "file-read-xattr"),
          "file-write*",
          List.of(
              "file-write-create",
              "file-write-data",
              "file-write-flags",
              "file-write-mode",
              "file-write-owner",
              "file-write-times",
              "file-write-unlink",
              "file-write-xattr"));

  /** An ordered rule. */
  private record Ordered(String origin, boolean allows, List<String> operations, Sbpl.Form where) {}

  /** A part of the file system: a path, or everything below it, too. */
  private record Area(String path, boolean deep) {
    boolean holds(Area other) {
      return path.equals(other.path)
          ? deep || !other.deep
          : deep && (path.equals("/") || other.path.startsWith(path + "/"));
    }

    boolean meets(Area other) {
      return holds(other) || other.holds(this);
    }
  }

  private final Map<String, String> parameters;
  private final List<Ordered> ordered = new ArrayList<>();

  /**
   * Begins with no rule.
   *
   * @param parameters the values of the parameters that filters name, also of later ones
   */
  Permissions(Map<String, String> parameters) {
    this.parameters = parameters;
  }

  /** Adds a rule that wins over all before it. */
  void add(String origin, boolean allows, List<String> operations, Sbpl.Form where) {
    ordered.add(new Ordered(origin, allows, List.copyOf(operations), where));
  }

  /** Returns the permissions that together allow exactly what the rules did. */
  List<Rule> rules() {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < ordered.size(); i++) {
      Ordered rule = ordered.get(i);
      if (rule.allows()) {
        List<Ordered> later = ordered.subList(i + 1, ordered.size());
        Map<Set<Sbpl.Form>, List<String>> alike = new LinkedHashMap<>();
        for (String operation : rule.operations()) {
          Set<Sbpl.Form> all = denied(rule.where(), later, operation, true);
          add(alike, all, operation);
          for (String member : MEMBERS.getOrDefault(operation, List.of())) {
            // Beside the wildcard: a member that any rule names may be decided by such rules alone.
            add(alike, denied(rule.where(), later, member, false), member);
          }
        }
        alike.forEach(
            (denials, operations) ->
                permission(rule.where(), denials)
                    .ifPresent(where -> rules.add(rule(rule.origin(), operations, where))));
      }
    }
    return rules;
  }

  private static void add(
      Map<Set<Sbpl.Form>, List<String>> alike, Set<Sbpl.Form> denials, String operation) {
    alike.computeIfAbsent(denials, each -> new ArrayList<>()).add(operation);
  }

  private static Rule rule(String origin, List<String> operations, Sbpl.Form where) {
    List<Sbpl> parts = new ArrayList<>();
    operations.forEach(operation -> parts.add(new Sbpl.Symbol(operation)));
    parts.add(where);
    return new Rule(origin, form("allow", parts));
  }

  /** Returns the later denials of an operation, or of any of its members, that meet a place. */
  private Set<Sbpl.Form> denied(
      Sbpl.Form where, List<Ordered> later, String operation, boolean ofMembers) {
    Set<Sbpl.Form> denials = new LinkedHashSet<>();
    for (Ordered rule : later) {
      boolean concerned =
          rule.operations().stream()
              .anyMatch(
                  denied -> covers(denied, operation) || (ofMembers && covers(operation, denied)));
      if (!rule.allows() && concerned && mayMeet(where, rule.where())) {
        denials.add(rule.where());
      }
    }
    return denials;
  }

  private static boolean covers(String operation, String other) {
    return operation.equals(other)
        || operation.endsWith("*")
            && other.startsWith(operation.substring(0, operation.length() - 1));
  }

  /** Returns a place without the denials; empty when nothing is left. */
  private Optional<Sbpl.Form> permission(Sbpl.Form where, Set<Sbpl.Form> denials) {
    List<Sbpl> all = new ArrayList<>();
    all.add(where);
    for (Sbpl.Form denial : denials) {
      Optional<Sbpl.Form> rest = without(where, denial);
      if (rest.isEmpty()) {
        return Optional.empty();
      }
      all.add(rest.get());
    }
    return Optional.of(all.size() == 1 ? where : form("require-all", all));
  }

  /** Returns the filter that leaves a denial out of a place; empty when it takes all of it. */
  private Optional<Sbpl.Form> without(Sbpl.Form where, Sbpl.Form denial) {
    if (!head(denial).equals("require-all")) {
      return within(where, denial) ? Optional.empty() : Optional.of(not(denial));
    }
    List<Sbpl> ways = new ArrayList<>();
    for (Sbpl part : rest(denial)) {
      // A part that holds all of the place excludes nothing of it.
      if (!within(where, (Sbpl.Form) part)) {
        ways.add(not((Sbpl.Form) part));
      }
    }
    return ways.isEmpty()
        ? Optional.empty()
        : Optional.of(ways.size() == 1 ? (Sbpl.Form) ways.get(0) : form("require-any", ways));
  }

  /** Returns the opposite of a filter, with negations of simple filters alone. */
  private static Sbpl.Form not(Sbpl.Form filter) {
    return switch (head(filter)) {
      case "require-not" -> (Sbpl.Form) rest(filter).get(0);
      case "require-any" -> form("require-all", negated(filter));
      case "require-all" -> form("require-any", negated(filter));
      default -> form("require-not", filter);
    };
  }

  private static List<Sbpl> negated(Sbpl.Form filter) {
    return rest(filter).stream().<Sbpl>map(part -> not((Sbpl.Form) part)).toList();
  }

  private boolean mayMeet(Sbpl.Form one, Sbpl.Form other) {
    List<Area> areas = areas(one);
    List<Area> others = areas(other);
    return areas.isEmpty()
        || others.isEmpty()
        || areas.stream().anyMatch(each -> others.stream().anyMatch(each::meets));
  }

  /** Returns whether a filter of one path, or of several, holds all of a place. */
  private boolean within(Sbpl.Form where, Sbpl.Form filter) {
    if (!Set.of("subpath", "literal", "require-any").contains(head(filter))) {
      return false;
    }
    List<Area> areas = areas(where);
    List<Area> holding = areas(filter);
    return !areas.isEmpty()
        && areas.stream().allMatch(each -> holding.stream().anyMatch(more -> more.holds(each)));
  }

  /** Returns the areas outside which a filter matches nothing; empty when it has none. */
  private List<Area> areas(Sbpl.Form filter) {
    return switch (head(filter)) {
      case "subpath" -> List.of(new Area(text(rest(filter).get(0)), true));
      case "literal" -> List.of(new Area(text(rest(filter).get(0)), false));
      case "require-all" ->
          rest(filter).stream()
              .map(part -> areas((Sbpl.Form) part))
              .filter(found -> !found.isEmpty())
              .findFirst()
              .orElse(List.of());
      case "require-any" -> {
        List<List<Area>> each = rest(filter).stream().map(part -> areas((Sbpl.Form) part)).toList();
        yield each.stream().anyMatch(List::isEmpty)
            ? List.of()
            : each.stream().flatMap(List::stream).toList();
      }
      default -> List.of();
    };
  }

  private String text(Sbpl path) {
    if (path instanceof Sbpl.Text text) {
      return text.text();
    }
    return parameters.get(((Sbpl.Text) rest((Sbpl.Form) path).get(0)).text());
  }

  private static String head(Sbpl.Form form) {
    return ((Sbpl.Symbol) form.parts().get(0)).name();
  }

  private static List<Sbpl> rest(Sbpl.Form form) {
    return form.parts().subList(1, form.parts().size());
  }
}
