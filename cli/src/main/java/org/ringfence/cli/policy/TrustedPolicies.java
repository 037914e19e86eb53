package org.ringfence.cli.policy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.ringfence.cli.json.JsonText;

/**
 * The project policies that the user trusts, each with its path, the hash of its content, and the
 * content, which later changes are compared to.
 */
public final class TrustedPolicies {
  private static final String NAME = "trusted-policies.json";

  private final StateDirectory state;

  public TrustedPolicies(StateDirectory state) {
    this.state = state;
  }

  /** Returns the paths with their hashes. */
  public Map<String, String> all() throws IOException {
    Map<String, String> all = new TreeMap<>();
    String text = state.read(NAME).orElse("{}");
    JsonText.read(text).forEach((path, hash) -> all.put(path, String.valueOf(hash)));
    return all;
  }

  /**
   * Requires that the user trusts a policy with this content.
   *
   * @throws UntrustedPolicyException if it is not
   */
  public void demand(ProjectPolicy policy) throws IOException {
    if (!holds(policy)) {
      throw new UntrustedPolicyException(
          policy.file(), all().containsKey(policy.file().toString()));
    }
  }

  /** Returns whether the user trusts a policy as it is. */
  public boolean holds(ProjectPolicy policy) throws IOException {
    return policy.hash().equals(all().get(policy.file().toString()));
  }

  /** Returns the content of a policy that the user trusted last; empty for none. */
  public Optional<String> lastTrusted(Path file) throws IOException {
    String trusted = all().get(file.toString());
    return trusted == null
        ? Optional.empty()
        : state.read(content(file)).filter(text -> hash(text).equals(trusted));
  }

  private static String content(Path file) {
    return "trusted/" + hash(file.toString()) + ".json";
  }

  private static String hash(String text) {
    return ProjectPolicy.hash(text.getBytes(StandardCharsets.UTF_8));
  }

  public void trust(ProjectPolicy policy) throws IOException {
    state.write(content(policy.file()), policy.text());
    Map<String, String> all = all();
    all.put(policy.file().toString(), policy.hash());
    state.write(NAME, JsonText.of(all));
  }

  /** Revokes trust; false when there was none. */
  public boolean untrust(Path file) throws IOException {
    Map<String, String> all = all();
    boolean was = all.remove(file.toString()) != null;
    if (was) {
      state.remove(content(file));
      state.write(NAME, JsonText.of(all));
    }
    return was;
  }
}
