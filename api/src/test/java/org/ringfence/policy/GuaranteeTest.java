package org.ringfence.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.json.PolicyWriter;
import org.ringfence.policy.value.InvalidPolicyException;

/** The catalogue of guarantees, and the page and the schema generated from it. */
class GuaranteeTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "guarantees.md");
  private static final Path SCHEMA =
      Path.of("src/main/resources/org/ringfence/policy/json/policy.schema.json");
  private static final String HOW =
      "to write it: ./mvnw -pl api -am test -Dtest=GuaranteeTest -Dringfence.test.write=true"
          + " -Dsurefire.failIfNoSpecifiedTests=false";

  private static String document() {
    StringBuilder text =
        new StringBuilder(
            """
            # Guarantees

            Everything that a policy can promise. `ringfence plan` says for each guarantee that a policy asks for
            whether it is ENFORCED, ADVISORY or UNSUPPORTED on this machine, and by which means. A guarantee that is not
            ENFORCED refuses the start, unless the policy accepts it weaker: `"enforcement": {"bestEffort": [ID]}`,
            `--best-effort ID`, `acceptWeaker(Guarantee.X)`. The part of an id before its dot stands for all
            guarantees of the group. The table is made from the enum `org.ringfence.policy.Guarantee`.

            | id | statement | what asks for it |
            |---|---|---|
            """);
    for (Guarantee each : Guarantee.values()) {
      text.append("| `").append(each.id()).append("` | ").append(each.statement());
      text.append(" | ").append(each.asked()).append(" |\n");
    }
    return text.toString();
  }

  @Test
  void guaranteesPageMatchesTheCatalogue() throws IOException {
    if (Boolean.getBoolean("ringfence.test.write")) {
      Files.writeString(DOCUMENT, document());
    }
    assertThat(Files.readString(DOCUMENT)).as(HOW).isEqualTo(document());
  }

  @Test
  void schemaListsEveryGuarantee() throws IOException {
    if (Boolean.getBoolean("ringfence.test.write")) {
      String words =
          Guarantee.names().stream()
              .map(name -> "              \"" + name + "\"")
              .collect(Collectors.joining(",\n"));
      String schema = Files.readString(SCHEMA);
      Files.writeString(
          SCHEMA,
          schema.replaceFirst(
              "(?s)(\"bestEffort\": \\{.*?\"enum\": \\[\n).*?(\n            \\])",
              "$1" + words + "$2"));
    }
    JsonNode listed =
        new ObjectMapper()
            .readTree(Files.readString(SCHEMA))
            .at("/properties/enforcement/properties/bestEffort/items/enum");
    List<String> names = new ArrayList<>();
    listed.forEach(name -> names.add(name.asText()));
    assertThat(names).as(HOW).isEqualTo(Guarantee.names());
  }

  @Test
  void idsAreUniqueAndFoundByIdAndByGroup() {
    assertThat(Guarantee.ids()).doesNotHaveDuplicates();
    for (Guarantee each : Guarantee.values()) {
      assertThat(Guarantee.of(each.id())).isEqualTo(each);
      assertThat(Guarantee.named(each.id())).containsExactly(each);
      assertThat(Guarantee.named(each.group())).contains(each);
    }
  }

  @Test
  void unknownIdErrorSuggestsTheNearestId() {
    assertThatThrownBy(() -> Guarantee.named("limits.memroy"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("use 'limits.memory'");
    String json = "{\n\"enforcement\": {\n\"bestEffort\": [\"limits.memory\", \"file.write\"]}}";
    assertThatThrownBy(() -> PolicyReader.parse("p.json", json))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageStartingWith("p.json:3: enforcement.bestEffort: 'file.write'")
        .hasMessageContaining("use 'files.write'");
  }

  @Test
  void acceptingAGroupAcceptsAllItsGuarantees() {
    SandboxPolicy policy =
        PolicyReader.parse("p.json", "{\"enforcement\": {\"bestEffort\": [\"limits\"]}}");
    assertThat(policy.strictness().weaker()).hasSize(7).contains(Guarantee.LIMITS_MEMORY);
    assertThat(PolicyReader.parse("again", PolicyWriter.write(policy))).isEqualTo(policy);
  }
}
