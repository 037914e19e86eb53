package org.ringfence.windows.bind;

import com.sun.jna.platform.win32.COM.COMException;
import com.sun.jna.platform.win32.COM.COMInvokeException;
import com.sun.jna.platform.win32.Ole32;
import com.sun.jna.platform.win32.WinNT.HRESULT;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.ringfence.windows.plan.FirewallRule;
import org.ringfence.windows.system.Firewall;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

/**
 * Manages the firewall through COM ({@code HNetCfg.FwPolicy2}, {@code HNetCfg.FWRule}), late-bound.
 */
final class NativeFirewall implements Firewall {
  private static final String POLICY = "HNetCfg.FwPolicy2";
  private static final String RULE = "HNetCfg.FWRule";
  private static final Map<Integer, String> PROFILES =
      new TreeMap<>(Map.of(1, "domain", 2, "private", 4, "public"));

  // netfw.h.
  private static final int ALL_PROFILES = 0x7FFFFFFF;
  private static final int BLOCK = 0;
  private static final int IN = 1;
  private static final int OUT = 2;

  private static final int MOST_OF_A_NAME = 64;

  private interface Task<T> {
    T run(FirewallObject policy) throws WindowsCallException;
  }

  /** Runs a call in a COM apartment: the thread's if it has one, otherwise a new one. */
  private static <T> T with(Task<T> task) throws WindowsCallException {
    HRESULT entered = Ole32.INSTANCE.CoInitializeEx(null, Ole32.COINIT_MULTITHREADED);
    boolean own = entered.intValue() >= 0;
    if (!own && entered.intValue() != WindowsError.CHANGED_MODE.code()) {
      throw new WindowsCallException("CoInitializeEx", entered.intValue());
    }
    try (FirewallObject policy = new FirewallObject(POLICY)) {
      return task.run(policy);
    } catch (COMException e) {
      throw new WindowsCallException("INetFwPolicy2", code(e));
    } finally {
      if (own) {
        Ole32.INSTANCE.CoUninitialize();
      }
    }
  }

  private static int code(COMException e) {
    if (e instanceof COMInvokeException invoked
        && invoked.getScode() != null
        && invoked.getScode() != 0) {
      return invoked.getScode();
    }
    return e.getHresult() == null ? WindowsError.NOT_IMPLEMENTED.code() : e.getHresult().intValue();
  }

  @Override
  public Optional<String> problem() throws WindowsCallException {
    return with(
        policy -> {
          if (policy.number("LocalPolicyModifyState") != 0) {
            return Optional.of(
                "a group policy overrides the firewall's local rules (LocalPolicyModifyState "
                    + policy.number("LocalPolicyModifyState")
                    + ")");
          }
          for (Map.Entry<Integer, String> profile : PROFILES.entrySet()) {
            if (!policy.flag("FirewallEnabled", profile.getKey())) {
              return Optional.of("the firewall is off in the profile " + profile.getValue());
            }
          }
          return Optional.empty();
        });
  }

  @Override
  public Optional<FirewallRule.Reading> rule(String name) throws WindowsCallException {
    return with(
        policy -> {
          try (FirewallObject rules = policy.object("Rules")) {
            return reading(rules, name);
          }
        });
  }

  private static Optional<FirewallRule.Reading> reading(FirewallObject rules, String name) {
    try (FirewallObject rule = rules.item(name)) {
      return Optional.of(
          new FirewallRule.Reading(
              rule.flag("Enabled"),
              rule.number("Action") == BLOCK,
              rule.number("Direction") == IN
                  ? FirewallRule.Direction.IN
                  : FirewallRule.Direction.OUT,
              rule.number("Profiles"),
              rule.number("Protocol"),
              rule.text("RemoteAddresses"),
              rule.number("Protocol") == FirewallRule.ANY ? "" : rule.text("RemotePorts"),
              rule.text("LocalUserAuthorizedList")));
    } catch (COMException e) {
      if (code(e) == WindowsError.FILE_NOT_FOUND_RESULT.code()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public void add(FirewallRule rule) throws WindowsCallException {
    with(
        policy -> {
          try (FirewallObject rules = policy.object("Rules");
              FirewallObject made = new FirewallObject(RULE)) {
            // All properties come before adding: an added rule is in force.
            made.set("Name", rule.name());
            made.set("Description", "Closes the network to a sandbox's user.");
            made.set("Grouping", "Ringfence");
            made.set("Protocol", rule.protocol());
            made.set("Direction", rule.direction() == FirewallRule.Direction.IN ? IN : OUT);
            made.set("RemoteAddresses", rule.remoteAddresses());
            if (rule.remotePorts().isPresent()) {
              made.set("RemotePorts", rule.remotePorts().get());
            }
            made.set("Profiles", ALL_PROFILES);
            made.set("Action", BLOCK);
            made.set("LocalUserAuthorizedList", rule.authorizedUsers());
            made.set("Enabled", true);
            removeAll(rules, rule.name());
            rules.add(made);
          }
          return null;
        });
  }

  @Override
  public void remove(String name) throws WindowsCallException {
    with(
        policy -> {
          try (FirewallObject rules = policy.object("Rules")) {
            removeAll(rules, name);
          }
          return null;
        });
  }

  /** Removes all rules of a name, which need not be unique: each call removes one. */
  private static void removeAll(FirewallObject rules, String name) {
    for (int i = 0; i < MOST_OF_A_NAME && reading(rules, name).isPresent(); i++) {
      rules.remove(name);
    }
  }
}
