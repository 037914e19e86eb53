package org.ringfence.windows.setup;

import java.util.List;
import org.ringfence.windows.acl.Sid;

/**
 * A request for set-up.
 *
 * @param user the user that will open sandboxes, from the token
 * @param home the directory of that user's installation
 * @param network whether the network is closed to the offline user, which needs the firewall
 * @param rotate whether passwords are set again although the accounts exist
 * @param offlinePassword the password of the offline user
 * @param onlinePassword the password of the online user
 * @param javaHome the JVM that the runner runs in
 * @param libraries files and directories of the runner's class path
 */
public record SetupRequest(
    Sid user,
    String home,
    boolean network,
    boolean rotate,
    String offlinePassword,
    String onlinePassword,
    String javaHome,
    List<String> libraries) {
  /** Copies the list. */
  public SetupRequest {
    libraries = List.copyOf(libraries);
  }

  /** Returns the request with a closed network. */
  SetupRequest withNetwork() {
    return new SetupRequest(
        user, home, true, rotate, offlinePassword, onlinePassword, javaHome, libraries);
  }

  /** Omits the passwords. */
  @Override
  public String toString() {
    return "SetupRequest[user=" + user + ", home=" + home + ", network=" + network + "]";
  }
}
