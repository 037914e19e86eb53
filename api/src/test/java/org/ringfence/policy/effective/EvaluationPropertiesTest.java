package org.ringfence.policy.effective;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;

/** Compares the evaluation with a naive implementation of the documented rule. */
@ExtendWith(InstancioExtension.class)
class EvaluationPropertiesTest {
  private static final PathContext PLACES = PathContext.of(PathStyle.POSIX, "/ws", "/home/me");

  private static final Generator<String> PATHS =
      random ->
          "/" + String.join("/", Inputs.lists(Inputs.of("a", "b", "c"), 1, 5).generate(random));

  private static final Generator<Map<String, Access>> RULES =
      random -> {
        Map<String, Access> rules = new TreeMap<>();
        for (String path : Inputs.lists(PATHS, 0, 6).generate(random)) {
          rules.put(path, random.oneOf(Access.values()));
        }
        return rules;
      };

  private record Question(Map<String, Access> rules, String denied, String path) {}

  private static final Generator<Question> QUESTIONS =
      random ->
          new Question(RULES.generate(random), PATHS.generate(random), PATHS.generate(random));

  @Test
  void evaluationAgreesWithNaiveImplementation() {
    Property.forAll(
        QUESTIONS,
        question -> assertAgreesWithNaiveImplementation(question.rules(), question.path()));
  }

  private static void assertAgreesWithNaiveImplementation(Map<String, Access> rules, String path) {
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

  @Test
  void writablePathIsReadable() {
    Property.forAll(
        QUESTIONS,
        question -> {
          EffectivePolicy policy = policy(question.rules());
          if (policy.evaluate(question.path(), Operation.WRITE).allowed()) {
            assertThat(policy.evaluate(question.path(), Operation.READ).allowed()).isTrue();
          }
        });
  }

  @Test
  void denyingOnePathGrantsNoOther() {
    Property.forAll(
        QUESTIONS,
        question ->
            assertDenialGrantsNothing(question.rules(), question.denied(), question.path()));
  }

  private static void assertDenialGrantsNothing(
      Map<String, Access> rules, String denied, String path) {
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
    PolicyBuilder builder = SandboxPolicy.builder().protectedNames(ProtectedNames.OFF);
    rules.forEach((path, access) -> builder.rule(path, access, MissingPath.SKIP));
    return EffectivePolicy.of(builder.build(), PLACES);
  }
}
