package org.ringfence.linux.probe;

import java.io.IOException;
import org.ringfence.linux.cgroup.SandboxCgroup;
import org.ringfence.linux.cgroup.UserSystemd;
import org.ringfence.linux.plan.HostFacts.CgroupParent;

/**
 * Looks for systemd's manager of this user, which makes scopes where no cgroup is delegated to this
 * JVM.
 */
public final class ScopeProbe {
  private ScopeProbe() {}

  /**
   * Looks whether there is a manager, without asking it.
   *
   * @return a clause for people
   */
  public static String manager() {
    try {
      UserSystemd.find();
      return "systemd's user manager is tried when a policy limits memory or processes";
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  /**
   * Has a scope made, puts a process into a group with limits there, and ends both.
   *
   * @return the place, or why it is none
   */
  public static CgroupParent trial() {
    try {
      SandboxCgroup.tryOut(UserSystemd.find());
      return new CgroupParent.UserScope();
    } catch (IOException e) {
      return CgroupParent.none(e.getMessage());
    }
  }
}
