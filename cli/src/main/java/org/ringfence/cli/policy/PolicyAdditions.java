package org.ringfence.cli.policy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ringfence.cli.json.JsonText;

/** Merges additions into a policy's JSON. */
public final class PolicyAdditions {
  private final String workspace;

  /**
   * For the policy of a workspace.
   *
   * @param workspace its path, which rules write as {@code :workspace}
   */
  public PolicyAdditions(String workspace) {
    this.workspace = workspace;
  }

  /**
   * Adds to a policy: lists grow, and an addition overrides the policy's value of the same key.
   *
   * @param policy the JSON of a policy
   * @param additions the JSON of policies, one addition each
   * @return the JSON of the larger policy
   * @throws IOException if one of them is not plain JSON
   */
  public String added(String policy, List<String> additions) throws IOException {
    Map<String, Object> tree = JsonText.read(policy);
    for (String addition : additions) {
      add(tree, JsonText.read(addition));
    }
    return JsonText.of(tree);
  }

  @SuppressWarnings("unchecked") // JSON objects
  private void add(Map<String, Object> tree, Map<String, Object> more) {
    more.forEach(
        (given, value) -> {
          String key =
              given.equals(workspace) || given.startsWith(workspace + "/")
                  ? ":workspace" + given.substring(workspace.length())
                  : given;
          Object there = tree.get(key);
          if (value instanceof Map<?, ?> object) {
            Map<String, Object> inner =
                there instanceof Map<?, ?> old
                    ? (Map<String, Object>) old
                    : new LinkedHashMap<String, Object>();
            tree.put(key, inner);
            add(inner, (Map<String, Object>) object);
          } else if (value instanceof List<?> list && there instanceof List<?> old) {
            List<Object> all = new ArrayList<>(old);
            list.stream().filter(one -> !all.contains(one)).forEach(all::add);
            tree.put(key, all);
          } else {
            tree.put(key, value);
          }
        });
  }
}
