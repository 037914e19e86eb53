package org.ringfence.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.ringfence.cli.json.JsonText;

/** The project policies that the user trusts, each with its path and the hash of its content. */
final class TrustedPolicies {
  private static final String NAME = "trusted-policies.json";

  private final StateDirectory state;

  TrustedPolicies(StateDirectory state) {
    this.state = state;
  }

  /** Returns the paths with their hashes. */
  Map<String, String> all() throws IOException {
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
  void demand(ProjectPolicy policy) throws IOException {
    String trusted = all().get(policy.file().toString());
    if (!policy.hash().equals(trusted)) {
      throw new UntrustedPolicyException(policy.file(), trusted != null);
    }
  }

  void trust(ProjectPolicy policy) throws IOException {
    Map<String, String> all = all();
    all.put(policy.file().toString(), policy.hash());
    state.write(NAME, JsonText.of(all));
  }

  /** Revokes trust; false when there was none. */
  boolean untrust(Path file) throws IOException {
    Map<String, String> all = all();
    boolean was = all.remove(file.toString()) != null;
    if (was) {
      state.write(NAME, JsonText.of(all));
    }
    return was;
  }
}
