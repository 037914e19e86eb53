package org.ringfence.egress.decision;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.function.Predicate;
import org.ringfence.policy.Decision;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Reason;
import org.ringfence.policy.value.AddressRange;
import org.ringfence.policy.value.HostPattern;

/**
 * Decides on the addresses that allowed names lead to. An address of this machine is special too,
 * in any range: its services take a client that uses it for a neighbour.
 *
 * @param policy the policy
 * @param ofMachine tests whether an address is one of this machine's
 */
public record ResolvedAddresses(NetworkPolicy policy, Predicate<InetAddress> ofMachine) {

  /**
   * Returns the decisions for a policy on this machine.
   *
   * @param policy the policy
   * @return the decisions
   */
  public static ResolvedAddresses of(NetworkPolicy policy) {
    return new ResolvedAddresses(policy, ResolvedAddresses::hasInterface);
  }

  private static boolean hasInterface(InetAddress address) {
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      // An address that Ringfence cannot look up counts as the machine's.
      return true;
    }
  }

  private boolean own(InetAddress address) {
    return !AddressRange.isSpecial(address) && ofMachine.test(address);
  }

  /**
   * Decides on the address of a host that is allowed.
   *
   * @param allowed the decision that allows the host
   * @param address an address of the host
   * @param port the port, 1 to 65535
   * @return the decision given, or the denial of the address
   */
  public Decision evaluate(Decision allowed, InetAddress address, int port) {
    Decision decision = policy.evaluateResolved(allowed, address, port);
    return decision.allowed() && own(address) && !policy.names(address, port)
        ? Decision.deny(
            new Reason.SpecialAddress(HostPattern.literal(address), port),
            "an allowed name resolves to this machine's own address "
                + address.getHostAddress()
                + ", which is not named")
        : decision;
  }

  /**
   * Returns whether an allowed name may resolve to an address at all.
   *
   * @param address the address
   * @return false for a special address, or one of this machine's, that no rule names
   */
  public boolean resolvesTo(InetAddress address) {
    return policy.resolvesTo(address) && (!own(address) || policy.names(address));
  }
}
