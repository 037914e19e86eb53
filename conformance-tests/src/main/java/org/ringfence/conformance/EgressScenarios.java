package org.ringfence.conformance;

import static org.ringfence.conformance.OutsideWorld.ALLOWED;
import static org.ringfence.conformance.OutsideWorld.FORBIDDEN;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.ConformanceCase.Body;
import org.ringfence.conformance.ConformanceCase.NotApplicableException;
import org.ringfence.policy.SandboxPolicy;

/**
 * An allowlist, and attempts to reach hosts around it. What is denied is tried first where it has
 * to succeed; afterwards nobody outside may have seen anything but what was allowed.
 */
final class EgressScenarios {
  static final String GROUP = "egress";
  static final List<String> NEEDS = List.of("network.external");
  private static final String STRICT = "allowlist";
  private static final String OPEN = "every-test-host";
  // The supervisor's, and that of a name that does not exist.
  private static final Set<String> DENIALS = Set.of("DENIED EACCES", "DENIED ENOENT");
  private static final Set<String> LOOKED_UP =
      Set.of("repo.test", "six.test", "alias.test", "a.wild.test", "rebound.test", "flip.test");

  private EgressScenarios() {}

  /** Where what is denied has to succeed. */
  private enum Control {
    /** In a sandbox whose policy names the host too. */
    NAMED,
    /** Without a sandbox. */
    PLAIN,
    /** Nowhere: it would do harm, or needs another network. */
    NONE
  }

  static void addTo(Map<ConformanceCase, Body> all) {
    names(all);
    addresses(all);
    nameServers(all);
    sockets(all);
    serverName(all, "RIGHT", "TLS that names the host passes", "repo.test", true);
    serverName(all, "OTHER", "TLS to an allowed address names another host", "evil.test", false);
    serverName(all, "NONE", "TLS to an allowed name names no host", "none", false);
  }

  private static void names(Map<ConformanceCase, Body> all) {
    works(all, "NAME", "an allowed name is connected to", "visit", "repo.test", "${web}");
    works(all, "NAME-V6", "an allowed name with IPv6 alone", "visit", "six.test", "${web}");
    works(all, "NAME-ALIAS", "an allowed name that is an alias", "visit", "alias.test", "${web}");
    works(all, "NAME-CASE", "an allowed name in mixed case", "visit", "RePo.TeSt", "${web}");
    works(all, "NAME-WILDCARD", "a name below a pattern", "visit", "a.wild.test", "${web}");
    works(
        all,
        "NAME-NONBLOCKING",
        "by a program that does not wait",
        "nonblocking-visit",
        "repo.test",
        "${web}");
    works(
        all,
        "NAME-MANY",
        "by a thousand threads at a time",
        "many-visits",
        "repo.test",
        "${web}",
        "1000");
    denied(
        all,
        "NAME-UNLISTED",
        "a name that no rule lists",
        Control.NAMED,
        "visit",
        "forbidden.test",
        "${web}");
    denied(
        all,
        "NAME-SIMILAR",
        "a name that begins like an allowed one",
        Control.NAMED,
        "visit",
        "repo.test.other.test",
        "${web}");
    denied(
        all,
        "NAME-WILDCARD-ITSELF",
        "the name that a pattern covers the names below of",
        Control.NAMED,
        "visit",
        "wild.test",
        "${web}");
    denied(
        all,
        "NAME-DENY-LIST",
        "a name on the deny list, for all ports, below an allowed pattern",
        Control.NAMED,
        "visit",
        "denied.wild.test",
        "${web}");
    denied(
        all,
        "NAME-PORT",
        "an allowed name on another port",
        Control.NAMED,
        "visit",
        "a.wild.test",
        "${raw}");
    denied(
        all,
        "NAME-REBOUND",
        "an allowed name that leads into a private network",
        Control.NONE,
        "visit",
        "rebound.test",
        "${web}");
    denied(
        all,
        "NAME-FLIPPED",
        "a name that leads elsewhere the second time",
        Control.NONE,
        "look-up-twice-then-visit",
        "flip.test",
        "${web}");
  }

  private static void addresses(Map<ConformanceCase, Body> all) {
    works(
        all,
        "ADDRESS-PINNED",
        "the address of a name that was looked up",
        "look-up-then-visit",
        "repo.test",
        ALLOWED,
        "${web}");
    denied(
        all,
        "ADDRESS-FIRST",
        "that address before the name is looked up",
        Control.PLAIN,
        "visit",
        ALLOWED,
        "${web}");
    denied(
        all,
        "ADDRESS-OTHER",
        "another address after an allowed name",
        Control.NAMED,
        "look-up-then-visit",
        "repo.test",
        FORBIDDEN,
        "${web}");
    denied(
        all,
        "ADDRESS-OTHER-PORT",
        "another port of a looked-up address",
        Control.NAMED,
        "look-up-then-visit",
        "a.wild.test",
        ALLOWED,
        "${raw}");
    denied(
        all,
        "ADDRESS-UDP",
        "a datagram to the address of an allowed name",
        Control.NONE,
        "udp-send",
        "repo.test",
        "${web}");
    denied(
        all,
        "ADDRESS-PRIVATE",
        "an address of a private network",
        Control.NONE,
        "visit",
        "10.11.12.13",
        "443");
    denied(
        all,
        "ADDRESS-METADATA",
        "the address where clouds keep credentials",
        Control.NONE,
        "visit",
        "169.254.169.254",
        "80");
    add(
        all,
        "ADDRESS-OTHER-SANDBOX",
        "what another sandbox has looked up",
        EgressScenarios::otherSandbox);
  }

  private static void nameServers(Map<ConformanceCase, Body> all) {
    works(
        all,
        "DNS-STUB",
        "the local stub is asked for an allowed name",
        "dns-udp",
        "127.0.0.53",
        "repo.test",
        "1");
    works(
        all,
        "DNS-ELSEWHERE",
        "a name server elsewhere is asked for an allowed name",
        "dns-udp",
        "8.8.8.8",
        "repo.test",
        "1");
    works(all, "DNS-TCP", "the same over TCP", "dns-tcp", "9.9.9.9", "repo.test", "1");
    works(
        all,
        "DNS-CASE",
        "the case of letters is not passed on",
        "dns-udp",
        "8.8.8.8",
        "rEpO.tEsT",
        "1");
    denied(
        all,
        "DNS-UNLISTED",
        "a name server elsewhere is asked for another name",
        Control.NAMED,
        "dns-udp",
        "8.8.8.8",
        "forbidden.test",
        "1");
    denied(
        all,
        "DNS-UNLISTED-TCP",
        "the same over TCP",
        Control.NAMED,
        "dns-tcp",
        "8.8.8.8",
        "forbidden.test",
        "1");
    denied(
        all,
        "DNS-TUNNEL",
        "data in names and types of records",
        Control.NAMED,
        "dns-tunnel",
        "tunnel.test");
    denied(
        all,
        "DNS-TUNNEL-BELOW",
        "data in names below an allowed one",
        Control.NAMED,
        "dns-tunnel",
        "repo.test");
  }

  private static void sockets(Map<ConformanceCase, Body> all) {
    denied(
        all,
        "RECONNECT",
        "a connected socket is disconnected and connected elsewhere",
        Control.NAMED,
        "reconnect",
        "repo.test",
        "${web}",
        FORBIDDEN);
    denied(
        all,
        "PASSED-SOCKET",
        "a socket that went through a socket pair",
        Control.NAMED,
        "passed-socket",
        FORBIDDEN,
        "${web}");
    denied(
        all,
        "SWAP-RACE",
        "address and descriptor are swapped while the supervisor looks",
        Control.NONE,
        "swap-race",
        "repo.test",
        "${web}",
        FORBIDDEN,
        "100");
    denied(
        all,
        "ZERO-COPY",
        "data is sent by reference",
        Control.PLAIN,
        "zero-copy",
        ALLOWED,
        "${web}");
    works(
        all,
        "STEERED",
        "a message that asks for another device and route comes where it was decided to go",
        "steered-message");
    denied(
        all,
        "SOURCE-ROUTE",
        "packets are routed by way of another host",
        Control.PLAIN,
        "source-route");
    denied(all, "ROUTING-HEADER", "the same over IPv6", Control.PLAIN, "routing-header");
    denied(
        all,
        "JOIN-GROUP",
        "a multicast group is joined, whose address is data",
        Control.PLAIN,
        "join-group",
        "239.1.2.3");
    add(
        all,
        "LISTEN-BOUND",
        "a server inside is reached from outside the machine",
        stage -> listening(stage, "bound"));
    add(
        all,
        "LISTEN-UNBOUND",
        "the same without being bound first",
        stage -> listening(stage, "unbound"));
  }

  static void add(Map<ConformanceCase, Body> all, String id, String title, Body body) {
    all.put(new ConformanceCase("EGRESS-" + id, GROUP, title, NEEDS), body);
  }

  private static void works(
      Map<ConformanceCase, Body> all, String id, String title, String... probe) {
    add(
        all,
        id,
        title,
        stage -> {
          stage.fixture().world().forget();
          Execution inside = inside(stage, STRICT, probe);
          return inside.ok()
              ? strangers(stage)
              : "expected to succeed, but: " + inside.result() + inside.error();
        });
  }

  private static void denied(
      Map<ConformanceCase, Body> all, String id, String title, Control control, String... probe) {
    add(
        all,
        id,
        title,
        stage -> {
          Execution open =
              switch (control) {
                case NAMED -> inside(stage, OPEN, probe);
                case PLAIN ->
                    Execution.of(new ProcessBuilder(stage.fixture().probe(List.of(probe))).start());
                case NONE -> null;
              };
          if (open != null && !open.ok()) {
            if (control == Control.NAMED) {
              return "the control was to succeed, but: " + open.result() + open.error();
            }
            throw new NotApplicableException(
                "the control does not succeed on this machine: " + open.result());
          }
          stage.fixture().world().forget();
          Execution inside = inside(stage, STRICT, probe);
          if (control == Control.NONE && !DENIALS.contains(inside.result())) {
            // Without a control another error could have causes of its own.
            return "expected one of " + DENIALS + ", but: " + inside.result() + inside.error();
          }
          return inside.denied()
              ? strangers(stage)
              : "expected to be denied, but: " + inside.result() + inside.error();
        });
  }

  /** Where server names are not checked, all of them pass. */
  private static void serverName(
      Map<ConformanceCase, Body> all, String id, String title, String name, boolean passes) {
    all.put(
        new ConformanceCase(
            "EGRESS-SERVER-NAME-" + id,
            GROUP,
            title,
            List.of("network.external", "network.server-name")),
        stage -> {
          String[] probe = {"hello", "repo.test", "${raw}", name};
          Execution control = inside(stage, STRICT, probe);
          if (!control.ok()) {
            return "the control was to succeed, but: " + control.result() + control.error();
          }
          Execution inside = inside(stage, "server-name", probe);
          return inside.ok() == passes ? "" : "it said " + inside.result() + inside.error();
        });
  }

  private static Execution inside(Stage stage, String policy, String... probe) throws Exception {
    return inside(stage, stage.policy(policy), stage.fixture().probe(List.of(probe)));
  }

  static Execution inside(Stage stage, SandboxPolicy policy, List<String> command)
      throws Exception {
    try (Sandbox sandbox = stage.open(policy, NEEDS)) {
      return Execution.of(sandbox.start(SandboxCommand.of(command)));
    }
  }

  /** Nobody outside has seen anything but what was allowed. */
  static String strangers(Stage stage) throws NotApplicableException {
    OutsideWorld world = stage.fixture().world();
    if (world.visits(FORBIDDEN) > 0) {
      return "a server that no name leads to was reached";
    }
    if (world.visits(OutsideWorld.DATAGRAM) > 0) {
      return "a datagram came";
    }
    Set<String> asked = world.asked();
    asked.removeAll(LOOKED_UP);
    return asked.isEmpty() ? "" : "names were looked up: " + asked;
  }

  private static String otherSandbox(Stage stage) throws Exception {
    List<String> visit = stage.fixture().probe(List.of("visit", ALLOWED, "${web}"));
    List<String> lookUp =
        stage.fixture().probe(List.of("look-up-then-visit", "repo.test", ALLOWED, "${web}"));
    try (Sandbox one = stage.open(stage.policy(STRICT), NEEDS);
        Sandbox other = stage.open(stage.policy(STRICT), NEEDS)) {
      if (!Execution.of(one.start(SandboxCommand.of(lookUp))).ok()) {
        return "the control was to succeed";
      }
      if (!Execution.of(one.start(SandboxCommand.of(visit))).ok()) {
        return "what one command has looked up was to count for the next";
      }
      Execution denied = Execution.of(other.start(SandboxCommand.of(visit)));
      return denied.denied() ? "" : "expected to be denied, but: " + denied.result();
    }
  }

  private static String listening(Stage stage, String how) throws Exception {
    List<String> listen = stage.fixture().probe(List.of("listen-everywhere", how));
    String outside = HostServers.outsideAddress();
    Process control = new ProcessBuilder(listen).start();
    if (!HostServers.answers(outside, port(control))) {
      throw new NotApplicableException("no server is reached at " + outside);
    }
    control.getOutputStream().close();
    control.waitFor();
    try (Sandbox sandbox = stage.open(stage.policy(STRICT), NEEDS)) {
      Process inside = sandbox.start(SandboxCommand.of(listen));
      int port = port(inside);
      boolean reached = HostServers.answers(outside, port);
      boolean local = HostServers.answers("127.0.0.1", port);
      inside.getOutputStream().close();
      inside.waitFor();
      return reached
          ? "it was reached at " + outside
          : local ? "" : "it was to be reached over loopback";
    }
  }

  private static int port(Process process) throws java.io.IOException {
    StringBuilder line = new StringBuilder();
    for (int c = process.getInputStream().read(); c >= 0 && c != '\n'; ) {
      line.append((char) c);
      c = process.getInputStream().read();
    }
    if (!line.toString().startsWith("PORT ")) {
      throw new java.io.IOException("it does not listen: " + line);
    }
    return Integer.parseInt(line.substring("PORT ".length()).trim());
  }
}
