package org.ringfence.macos.plan;

import java.util.List;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Lowers the guarantees of a plan that measurements on real Macs, made by other projects,
 * contradict, and says of each that it has not been tried on one. Pure.
 */
final class SeatbeltDoubts {
  private final NetworkPolicy network;

  SeatbeltDoubts(EffectivePolicy effective) {
    this.network = effective.policy().network();
  }

  /** Returns the guarantees, each at the level known to hold. */
  List<PlannedGuarantee> apply(List<PlannedGuarantee> planned) {
    return planned.stream()
        .map(this::lowered)
        .map(guarantee -> guarantee.withVerification(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM))
        .toList();
  }

  private PlannedGuarantee lowered(PlannedGuarantee guarantee) {
    boolean serves = network.ownLoopback() || !network.publish().isEmpty();
    return guarantee.level() == Enforcement.ENFORCED
            && guarantee.guarantee() == Guarantee.NETWORK_EXTERNAL
            && serves
        ? guarantee.weakened(
            "a server inside may listen on every address, and other machines reach it there",
            "network.ownLoopback false, no published port")
        : guarantee;
  }
}
