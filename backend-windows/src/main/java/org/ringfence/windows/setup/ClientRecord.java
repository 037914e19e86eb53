package org.ringfence.windows.setup;

import java.util.List;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.DedicatedUserPlan.Accounts;
import org.ringfence.windows.plan.Sid;

/**
 * A client whose accounts have been set up. That it is on the disk means that everything of it is
 * there: it is written last and removed first.
 *
 * @param accounts what its accounts are called
 * @param user the user whose it is, as the token had it
 * @param home the directory of that user's installation
 * @param version the version that set it up
 * @param network whether the network was closed to the offline user; otherwise that user stays
 *     disabled, and policies about files alone can be held
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
   * The accounts, for a plan.
   *
   * @return SIDs and ports
   */
  public Accounts sids() {
    return new Accounts(group, offline, online, accounts);
  }

  /**
   * The names of both users.
   *
   * @return offline, then online
   */
  public List<String> users() {
    return List.of(accounts.offline(), accounts.online());
  }
}
