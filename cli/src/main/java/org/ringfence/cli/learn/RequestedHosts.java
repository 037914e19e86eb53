package org.ringfence.cli.learn;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.event.Violation;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Reason;

/**
 * The hosts that a command asks for, where a hook denies every host that the policy does not list.
 */
public final class RequestedHosts {
  private static final Pattern TARGET = Pattern.compile("\\[?(.+?)]?:([0-9]{1,5})");

  /** A closed network does not tell the host that a name server is asked for. */
  private static final int DNS = 53;

  private RequestedHosts() {}

  /**
   * Names the host and the port of a denial by such a hook, as a policy would list them.
   *
   * @param denial a denial
   * @param mode the network mode of the user's policy, which the report names
   * @return the denial with the host as its reason; other denials as they are
   */
  public static Violation named(Violation denial, NetworkMode mode) {
    Matcher target = TARGET.matcher(denial.target());
    boolean unlisted =
        denial.reason() instanceof Reason.Listener || denial.reason() instanceof Reason.Unlisted;
    if (!unlisted || !target.matches()) {
      return denial;
    }
    String host = target.group(1);
    int port = Integer.parseInt(target.group(2));
    return new Violation(
        denial.operation(),
        denial.target(),
        denial.pid(),
        denial.executable(),
        mode == NetworkMode.NONE && port != DNS
            ? new Reason.NetworkClosed(host, port)
            : new Reason.Unlisted(host, port),
        denial.certainty(),
        denial.command());
  }
}
