package org.ringfence.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The evaluation against a naive reading of the rule in the documentation. */
class EvaluationPropertiesTest {
  private static final Places PLACES = Places.of(PathStyle.POSIX, "/ws", "/home/me");

  @Property
  void agreesWithTheNaiveReading(
      @ForAll("rules") Map<String, Access> rules, @ForAll("paths") String path) {
    EffectivePolicy policy = policy(rules);
    Access naive = Access.READ;
    int longest = -1;
    for (Map.Entry<String, Access> rule : rules.entrySet()) {
      String prefix = rule.getKey();
      boolean matches = path.equals(prefix) || path.startsWith(prefix + "/");
      if (matches && prefix.length() > longest) {
        longest = prefix.length();
        naive = rule.getValue();
      }
    }
    for (Operation operation : Operation.values()) {
      assertThat(policy.evaluate(path, operation).allowed()).isEqualTo(naive.permits(operation));
    }
  }

  @Property
  void writingImpliesReading(
      @ForAll("rules") Map<String, Access> rules, @ForAll("paths") String path) {
    EffectivePolicy policy = policy(rules);
    if (policy.evaluate(path, Operation.WRITE).allowed()) {
      assertThat(policy.evaluate(path, Operation.READ).allowed()).isTrue();
    }
  }

  @Property
  void denyingAPathNeverGrants(
      @ForAll("rules") Map<String, Access> rules,
      @ForAll("paths") String denied,
      @ForAll("paths") String path) {
    EffectivePolicy before = policy(rules);
    Map<String, Access> more = new TreeMap<>(rules);
    more.put(denied, Access.NONE);
    EffectivePolicy after = policy(more);
    for (Operation operation : Operation.values()) {
      boolean belowDenied = path.equals(denied) || path.startsWith(denied + "/");
      boolean lost =
          before.evaluate(path, operation).allowed() && !after.evaluate(path, operation).allowed();
      boolean gained =
          !before.evaluate(path, operation).allowed() && after.evaluate(path, operation).allowed();
      assertThat(gained).isFalse();
      assertThat(lost).isIn(false, belowDenied);
    }
  }

  private static EffectivePolicy policy(Map<String, Access> rules) {
    SandboxPolicy.Builder builder = SandboxPolicy.builder().protectedNames(ProtectedNames.OFF);
    rules.forEach((path, access) -> builder.rule(path, access, MissingPath.SKIP));
    return builder.build().in(PLACES);
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of("a", "b", "c")
        .list()
        .ofMinSize(1)
        .ofMaxSize(5)
        .map(parts -> "/" + String.join("/", parts));
  }

  @Provide
  Arbitrary<Map<String, Access>> rules() {
    Arbitrary<Map.Entry<String, Access>> rule =
        Combinators.combine(paths(), Arbitraries.of(Access.class)).as(Map::entry);
    return rule.list()
        .ofMaxSize(6)
        .map(
            list -> {
              Map<String, Access> all = new TreeMap<>();
              for (Map.Entry<String, Access> entry : List.copyOf(list)) {
                all.put(entry.getKey(), entry.getValue());
              }
              return all;
            });
  }
}
