package org.ringfence.policy.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The policy reference page documents every field of the schema. */
class PolicyReferenceTest {
  private static final Path PAGE = Path.of("..", "docs", "policy.md");

  @Test
  void policyPageDocumentsEverySchemaField() throws IOException {
    Set<String> fields = new TreeSet<>();
    try (var schema = PolicyReader.class.getResourceAsStream("policy.schema.json")) {
      collect(new ObjectMapper().readTree(schema), fields);
    }
    String page = Files.readString(PAGE);
    assertThat(fields)
        .contains("files", "network", "wallTime")
        .allSatisfy(
            field ->
                assertThat(page)
                    .containsPattern("[`\"]([\\w.]+\\.)?" + Pattern.quote(field) + "\\b"));
  }

  private static void collect(JsonNode node, Set<String> fields) {
    node.path("properties").fieldNames().forEachRemaining(fields::add);
    node.forEach(each -> collect(each, fields));
  }
}
