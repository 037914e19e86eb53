package org.ringfence.windows.setup.state;

import java.util.List;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;

/**
 * A client whose set-up is complete. Set-up writes the record last and removes it first, so that
 * its presence proves that every part exists.
 *
 * @param accounts the names of its accounts
 * @param user the client's user, from the token
 * @param home the directory of that user's installation
 * @param version the version that set it up
 * @param network whether set-up closed the network to the offline user; otherwise that user stays
 *     disabled, and only policies about files can be enforced
 * @param group the group of both users
 * @param offline the user without a network
 * @param online the user with one
 * @param javaHome the JVM that the runner runs in
 * @param runner the directory of the runner's libraries
 */
public record ClientRecord(
    ClientAccounts accounts,
    Sid user,
    String home,
    String version,
    boolean network,
    Sid group,
    Sid offline,
    Sid online,
    String javaHome,
    String runner) {
  /**
   * Returns the accounts, for a plan.
   *
   * @return SIDs and ports
   */
  public Accounts sids() {
    return new Accounts(group, offline, online, accounts);
  }

  /**
   * Returns the names of both users.
   *
   * @return offline, then online
   */
  public List<String> users() {
    return List.of(accounts.offline(), accounts.online());
  }
}
