package org.ringfence.macos.plan;

import static org.ringfence.macos.plan.Sbpl.form;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ringfence.macos.plan.SeatbeltProfile.Rule;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.value.ProcessGrant;

/**
 * The services of macOS that a policy opens: their rules, and their price. The names are those of
 * profiles that others use on Macs (srt: trustd, Metal; Chromium: the keychain). Pure.
 */
final class OpenedServices {
  private static final Map<ProcessGrant, List<String>> LOOKED_UP =
      Map.of(
          ProcessGrant.TRUSTD, List.of("com.apple.trustd", "com.apple.trustd.agent"),
          ProcessGrant.KEYCHAIN, List.of("com.apple.SecurityServer", "com.apple.securityd.xpc"),
          ProcessGrant.GPU, List.of("com.apple.MTLCompilerService"),
          ProcessGrant.FSEVENTS, List.of("com.apple.FSEvents"));

  // The classes of Metal on Apple silicon.
  private static final List<String> DRIVERS =
      List.of("AGXDeviceUserClient", "IOGPUDeviceUserClient", "IOSurfaceRootUserClient");

  private OpenedServices() {}

  private static Set<ProcessGrant> sorted(Collection<ProcessGrant> grants) {
    Set<ProcessGrant> all = EnumSet.noneOf(ProcessGrant.class);
    all.addAll(grants);
    return all;
  }

  /** Returns the rules that open them. */
  static List<Rule> rules(SandboxPolicy policy) {
    List<Rule> rules = new ArrayList<>();
    for (ProcessGrant grant : sorted(policy.processGrants())) {
      String origin = "process.allow " + grant.word();
      for (String name : LOOKED_UP.getOrDefault(grant, List.of())) {
        rules.add(rule(origin, "mach-lookup", form("global-name", new Sbpl.Text(name))));
      }
      if (grant == ProcessGrant.GPU) {
        for (String driver : DRIVERS) {
          Sbpl.Form client = form("iokit-user-client-class", new Sbpl.Text(driver));
          rules.add(rule(origin, "iokit-open", client));
        }
      } else if (grant == ProcessGrant.PS) {
        rules.add(
            rule(
                origin,
                "process-exec*",
                form("literal", new Sbpl.Text("/bin/ps")),
                form("with", new Sbpl.Symbol("no-sandbox"))));
      }
    }
    return rules;
  }

  private static Rule rule(String origin, String operation, Sbpl.Form... parts) {
    List<Sbpl> all = new ArrayList<>(List.of(new Sbpl.Symbol(operation)));
    all.addAll(List.of(parts));
    return new Rule(origin, form("allow", all));
  }

  /** Returns what a service that connects in a command's name takes from a guarantee. */
  private static String fetches(Guarantee guarantee) {
    return switch (guarantee) {
      case NETWORK_EXTERNAL ->
          "trustd fetches for a command what a certificate names, from any host";
      case NETWORK_HOST_LOOPBACK ->
          "trustd fetches for a command what a certificate names, from any port of loopback, too";
      case NETWORK_SERVER_NAME ->
          "trustd fetches for a command what a certificate names, past the egress proxy, which"
              + " checks the name";
      default -> "";
    };
  }

  /** Returns why a guarantee holds in part only; empty if the opened services leave it alone. */
  static String price(Guarantee guarantee, SandboxPolicy policy) {
    List<String> prices = new ArrayList<>();
    for (ProcessGrant grant : sorted(policy.processGrants())) {
      String price =
          switch (grant) {
            case TRUSTD -> policy.network().mode() == NetworkMode.FULL ? "" : fetches(guarantee);
            case KEYCHAIN ->
                guarantee == Guarantee.PROCESS_PRIVILEGES
                    ? "the keychain gives out items that it gives to any program of the user"
                    : "";
            case GPU ->
                guarantee == Guarantee.PROCESS_PRIVILEGES
                    ? "drivers of the graphics processor are reached, and a service compiles for it"
                    : "";
            case FSEVENTS ->
                guarantee == Guarantee.FILES_READ || guarantee == Guarantee.FILES_DENY_GLOBS
                    ? "names of files that change are seen, also of hidden ones"
                    : "";
            case PS ->
                guarantee == Guarantee.PROCESS_ISOLATION
                    ? "ps runs outside the sandbox, and shows arguments and environments of the"
                        + " user's processes"
                    : guarantee == Guarantee.PROCESS_PRIVILEGES
                        ? "ps is a setuid program, and runs outside the sandbox"
                        : "";
            case PTRACE, SYSV_IPC -> "";
          };
      if (!price.isEmpty()) {
        prices.add(price);
      }
    }
    return String.join("; ", prices);
  }
}
