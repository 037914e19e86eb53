package org.ringfence.macos.plan;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Lowers the guarantees of a plan that opened services weaken, or that measurements on real Macs,
 * made by other projects, contradict, and says of each that it has not been tried on one. Pure.
 */
final class SeatbeltDoubts {
  private final SandboxPolicy policy;

  SeatbeltDoubts(EffectivePolicy effective) {
    this.policy = effective.policy();
  }

  /** Returns the guarantees, each at the level known to hold. */
  List<PlannedGuarantee> apply(List<PlannedGuarantee> planned) {
    return planned.stream()
        .map(this::lowered)
        .map(guarantee -> guarantee.withVerification(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM))
        .toList();
  }

  private PlannedGuarantee lowered(PlannedGuarantee guarantee) {
    List<String> reasons = new ArrayList<>();
    List<String> remedies = new ArrayList<>();
    String price = OpenedServices.price(guarantee.guarantee(), policy);
    if (!price.isEmpty()) {
      reasons.add(price);
      remedies.add("process.allow without it");
    }
    NetworkPolicy network = policy.network();
    boolean serves = network.ownLoopback() || !network.publish().isEmpty();
    if (guarantee.guarantee() == Guarantee.NETWORK_EXTERNAL && serves) {
      reasons.add("a server inside may listen on every address, and other machines reach it there");
      remedies.add("network.ownLoopback false, no published port");
    }
    return reasons.isEmpty()
        ? guarantee
        : guarantee.weakened(String.join("; ", reasons), String.join("; ", remedies));
  }
}
