package org.ringfence.egress.proxy;

import java.nio.charset.StandardCharsets;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.value.InvalidPolicyException;

/** A policy is read, or refused as none. */
public final class PolicyFuzz {
  private PolicyFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    try {
      PolicyReader.parse("fuzz", new String(input, StandardCharsets.UTF_8));
    } catch (InvalidPolicyException e) {
      // Every other exception is a fault, and so is a message that cannot be made.
      e.getMessage();
    }
  }
}
