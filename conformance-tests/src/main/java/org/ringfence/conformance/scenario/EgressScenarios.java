package org.ringfence.conformance.scenario;

import static org.ringfence.conformance.stage.OutsideWorld.ALLOWED;
import static org.ringfence.conformance.stage.OutsideWorld.FORBIDDEN;

import java.util.List;
import java.util.Set;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.HostServers;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.OutsideWorld;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.SandboxPolicy;

/**
 * An allowlist, and attempts to bypass it. Each denied attempt first runs where it has to succeed;
 * afterwards no server outside may have seen any contact but the allowed ones.
 */
public final class EgressScenarios {
  static final String GROUP = "egress";
  static final List<String> NEEDS = List.of("network.external");
  private static final String STRICT = "allowlist";
  private static final String OPEN = "every-test-host";
  // The supervisor's error, and the error of a name that does not exist.
  private static final Set<String> DENIALS = Set.of("DENIED EACCES", "DENIED ENOENT");
  private static final Set<String> LOOKED_UP =
      Set.of("repo.test", "six.test", "alias.test", "a.wild.test", "rebound.test", "flip.test");

  private EgressScenarios() {}

  /** Where a denied attempt has to succeed. */
  private enum Control {
    /** In a sandbox whose policy names the host too. */
    NAMED,
    /** Without a sandbox. */
    PLAIN,
    /** Nowhere: it would do harm, or needs another network. */
    NONE
  }

  public static void addTo(List<ConformanceCase> all) {
    names(all);
    addresses(all);
    nameServers(all);
    sockets(all);
    serverName(all, "RIGHT", "TLS that names the host passes", "repo.test", true);
    serverName(
        all, "OTHER", "TLS to an allowed address cannot name another host", "evil.test", false);
    serverName(all, "NONE", "TLS to an allowed name that names no host is ended", "none", false);
  }

  private static void names(List<ConformanceCase> all) {
    works(all, "NAME", "an allowed name can be connected to", "visit", "repo.test", "${web}");
    works(
        all,
        "NAME-V6",
        "an allowed name that has IPv6 alone can be connected to",
        "visit",
        "six.test",
        "${web}");
    works(
        all,
        "NAME-ALIAS",
        "an allowed name that is an alias can be connected to",
        "visit",
        "alias.test",
        "${web}");
    works(
        all,
        "NAME-CASE",
        "an allowed name in mixed case can be connected to",
        "visit",
        "RePo.TeSt",
        "${web}");
    works(
        all,
        "NAME-WILDCARD",
        "a name below an allowed pattern can be connected to",
        "visit",
        "a.wild.test",
        "${web}");
    works(
        all,
        "NAME-NONBLOCKING",
        "a program that does not wait connects to an allowed name",
        "nonblocking-visit",
        "repo.test",
        "${web}");
    works(
        all,
        "NAME-MANY",
        "a thousand threads connect to an allowed name at a time",
        "many-visits",
        "repo.test",
        "${web}",
        "1000");
    denied(
        all,
        "NAME-UNLISTED",
        "a name that no rule lists cannot be connected to",
        Control.NAMED,
        "visit",
        "forbidden.test",
        "${web}");
    denied(
        all,
        "NAME-SIMILAR",
        "a name that begins like an allowed one cannot be connected to",
        Control.NAMED,
        "visit",
        "repo.test.other.test",
        "${web}");
    denied(
        all,
        "NAME-WILDCARD-ITSELF",
        "a pattern for the names below a name does not allow that name itself",
        Control.NAMED,
        "visit",
        "wild.test",
        "${web}");
    denied(
        all,
        "NAME-DENY-LIST",
        "a name on the deny list cannot be connected to on any port",
        Control.NAMED,
        "visit",
        "denied.wild.test",
        "${web}");
    denied(
        all,
        "NAME-PORT",
        "an allowed name cannot be connected to on another port",
        Control.NAMED,
        "visit",
        "a.wild.test",
        "${raw}");
    denied(
        all,
        "NAME-REBOUND",
        "an allowed name that leads into a private network cannot be connected to",
        Control.NONE,
        "visit",
        "rebound.test",
        "${web}");
    denied(
        all,
        "NAME-FLIPPED",
        "a name that leads elsewhere the second time leads to no other host",
        Control.NONE,
        "look-up-twice-then-visit",
        "flip.test",
        "${web}");
  }

  private static void addresses(List<ConformanceCase> all) {
    works(
        all,
        "ADDRESS-PINNED",
        "the address of an allowed name that was looked up can be connected to",
        "look-up-then-visit",
        "repo.test",
        ALLOWED,
        "${web}");
    denied(
        all,
        "ADDRESS-FIRST",
        "the address of an allowed name cannot be connected to before the name is looked up",
        Control.PLAIN,
        "visit",
        ALLOWED,
        "${web}");
    denied(
        all,
        "ADDRESS-OTHER",
        "an address of no allowed name cannot be connected to after an allowed name was looked up",
        Control.NAMED,
        "look-up-then-visit",
        "repo.test",
        FORBIDDEN,
        "${web}");
    denied(
        all,
        "ADDRESS-OTHER-PORT",
        "another port of a looked-up address cannot be connected to",
        Control.NAMED,
        "look-up-then-visit",
        "a.wild.test",
        ALLOWED,
        "${raw}");
    denied(
        all,
        "ADDRESS-UDP",
        "no datagram goes to the address of an allowed name",
        Control.NONE,
        "udp-send",
        "repo.test",
        "${web}");
    denied(
        all,
        "ADDRESS-PRIVATE",
        "an address of a private network cannot be connected to",
        Control.NONE,
        "visit",
        "10.11.12.13",
        "443");
    denied(
        all,
        "ADDRESS-METADATA",
        "the address where clouds keep credentials cannot be connected to",
        Control.NONE,
        "visit",
        "169.254.169.254",
        "80");
    add(
        all,
        "ADDRESS-OTHER-SANDBOX",
        "an address that another sandbox has looked up cannot be connected to",
        EgressScenarios::otherSandbox);
  }

  private static void nameServers(List<ConformanceCase> all) {
    works(
        all,
        "DNS-STUB",
        "the local stub answers for an allowed name",
        "dns-udp",
        "127.0.0.53",
        "repo.test",
        "1");
    works(
        all,
        "DNS-ELSEWHERE",
        "a question to a name server elsewhere is answered for an allowed name",
        "dns-udp",
        "8.8.8.8",
        "repo.test",
        "1");
    works(
        all,
        "DNS-TCP",
        "a question over TCP to a name server elsewhere is answered for an allowed name",
        "dns-tcp",
        "9.9.9.9",
        "repo.test",
        "1");
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
        "no name server elsewhere hears of another name",
        Control.NAMED,
        "dns-udp",
        "8.8.8.8",
        "forbidden.test",
        "1");
    denied(
        all,
        "DNS-UNLISTED-TCP",
        "no name server elsewhere hears of another name over TCP",
        Control.NAMED,
        "dns-tcp",
        "8.8.8.8",
        "forbidden.test",
        "1");
    denied(
        all,
        "DNS-TUNNEL",
        "no data leaves in names and types of records",
        Control.NAMED,
        "dns-tunnel",
        "tunnel.test");
    denied(
        all,
        "DNS-TUNNEL-BELOW",
        "no data leaves in names below an allowed one",
        Control.NAMED,
        "dns-tunnel",
        "repo.test");
  }

  private static void sockets(List<ConformanceCase> all) {
    denied(
        all,
        "RECONNECT",
        "a connected socket cannot be connected elsewhere",
        Control.NAMED,
        "reconnect",
        "repo.test",
        "${web}",
        FORBIDDEN);
    denied(
        all,
        "PASSED-SOCKET",
        "a socket that went through a socket pair reaches nothing that is not allowed",
        Control.NAMED,
        "passed-socket",
        FORBIDDEN,
        "${web}");
    denied(
        all,
        "SWAP-RACE",
        "an address or a descriptor that is swapped while the supervisor looks reaches nothing else",
        Control.NONE,
        "swap-race",
        "repo.test",
        "${web}",
        FORBIDDEN,
        "100");
    denied(
        all,
        "ZERO-COPY",
        "data cannot be sent by reference",
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
        "packets cannot be routed by way of another host",
        Control.PLAIN,
        "source-route");
    denied(
        all,
        "ROUTING-HEADER",
        "packets cannot be routed by way of another host over IPv6",
        Control.PLAIN,
        "routing-header");
    denied(
        all,
        "JOIN-GROUP",
        "a multicast group, whose address is data, cannot be joined",
        Control.PLAIN,
        "join-group",
        "239.1.2.3");
    add(
        all,
        "LISTEN-BOUND",
        "a server inside is not reached from outside the machine",
        stage -> listening(stage, "bound"));
    add(
        all,
        "LISTEN-UNBOUND",
        "a server inside that did not bind first is not reached from outside the machine",
        stage -> listening(stage, "unbound"));
  }

  static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(new ConformanceCase("EGRESS-" + id, GROUP, title, NEEDS, body));
  }

  private static void works(List<ConformanceCase> all, String id, String title, String... probe) {
    add(
        all,
        id,
        title,
        stage -> {
          stage.posix().world().forget();
          CapturedProcess inside = inside(stage, STRICT, probe);
          return inside.ok()
              ? strangers(stage)
              : Outcome.failed("expected to succeed, but: " + inside.result() + inside.error());
        });
  }

  private static void denied(
      List<ConformanceCase> all, String id, String title, Control control, String... probe) {
    add(
        all,
        id,
        title,
        stage -> {
          CapturedProcess open =
              switch (control) {
                case NAMED -> inside(stage, OPEN, probe);
                case PLAIN ->
                    CapturedProcess.of(
                        new ProcessBuilder(stage.posix().probe(List.of(probe))).start());
                case NONE -> null;
              };
          if (open != null && !open.ok()) {
            if (control == Control.NAMED) {
              return Outcome.failed(
                  "the control was to succeed, but: " + open.result() + open.error());
            }
            throw NotShownException.skipped(
                "the control does not succeed on this machine: " + open.result());
          }
          stage.posix().world().forget();
          CapturedProcess inside = inside(stage, STRICT, probe);
          if (control == Control.NONE && !DENIALS.contains(inside.result())) {
            // Without a control, another error could have other causes.
            return Outcome.failed(
                "expected one of " + DENIALS + ", but: " + inside.result() + inside.error());
          }
          return inside.denied()
              ? strangers(stage)
              : Outcome.failed("expected to be denied, but: " + inside.result() + inside.error());
        });
  }

  /** Where the backend does not check server names, all of them pass. */
  private static void serverName(
      List<ConformanceCase> all, String id, String title, String name, boolean passes) {
    all.add(
        new ConformanceCase(
            "EGRESS-SERVER-NAME-" + id,
            GROUP,
            title,
            List.of("network.external", "network.server-name"),
            stage -> {
              String[] probe = {"hello", "repo.test", "${raw}", name};
              CapturedProcess control = inside(stage, STRICT, probe);
              if (!control.ok()) {
                return Outcome.failed(
                    "the control was to succeed, but: " + control.result() + control.error());
              }
              CapturedProcess inside = inside(stage, "server-name", probe);
              return inside.ok() == passes
                  ? Outcome.passed()
                  : Outcome.failed("it said " + inside.result() + inside.error());
            }));
  }

  private static CapturedProcess inside(TestContext stage, String policy, String... probe)
      throws Exception {
    return inside(stage, stage.policy(policy), stage.posix().probe(List.of(probe)));
  }

  static CapturedProcess inside(TestContext stage, SandboxPolicy policy, List<String> command)
      throws Exception {
    try (Sandbox sandbox = stage.open(policy, NEEDS)) {
      return CapturedProcess.of(sandbox.start(SandboxCommand.of(command)));
    }
  }

  /** Checks that servers outside have seen only allowed contacts. */
  static Outcome strangers(TestContext stage) throws NotShownException {
    OutsideWorld world = stage.posix().world();
    if (world.visits(FORBIDDEN) > 0) {
      return Outcome.failed("a server that no name leads to was reached");
    }
    if (world.visits(OutsideWorld.DATAGRAM) > 0) {
      return Outcome.failed("a datagram came");
    }
    Set<String> asked = world.asked();
    asked.removeAll(LOOKED_UP);
    return asked.isEmpty() ? Outcome.passed() : Outcome.failed("names were looked up: " + asked);
  }

  private static Outcome otherSandbox(TestContext stage) throws Exception {
    List<String> visit = stage.posix().probe(List.of("visit", ALLOWED, "${web}"));
    List<String> lookUp =
        stage.posix().probe(List.of("look-up-then-visit", "repo.test", ALLOWED, "${web}"));
    try (Sandbox one = stage.open(stage.policy(STRICT), NEEDS);
        Sandbox other = stage.open(stage.policy(STRICT), NEEDS)) {
      if (!CapturedProcess.of(one.start(SandboxCommand.of(lookUp))).ok()) {
        return Outcome.failed("the control was to succeed");
      }
      if (!CapturedProcess.of(one.start(SandboxCommand.of(visit))).ok()) {
        return Outcome.failed("a name that one command has looked up was to count for the next");
      }
      CapturedProcess denied = CapturedProcess.of(other.start(SandboxCommand.of(visit)));
      return denied.denied()
          ? Outcome.passed()
          : Outcome.failed("expected to be denied, but: " + denied.result());
    }
  }

  private static Outcome listening(TestContext stage, String how) throws Exception {
    List<String> listen = stage.posix().probe(List.of("listen-everywhere", how));
    String outside = HostServers.outsideAddress();
    Process control = new ProcessBuilder(listen).start();
    if (!HostServers.answers(outside, port(control))) {
      throw NotShownException.skipped("no server is reached at " + outside);
    }
    control.getOutputStream().close();
    control.waitFor();
    try (Sandbox sandbox = stage.open(stage.policy(STRICT), NEEDS)) {
      Process inside = sandbox.start(SandboxCommand.of(listen));
      int port = port(inside);
      boolean reached = HostServers.answers(outside, port);
      // Where the sandbox has a separate loopback, only its commands reach the server.
      boolean local =
          HostServers.answers("127.0.0.1", port)
              || CapturedProcess.of(
                      sandbox.start(SandboxCommand.of(stage.posix().probe(visit(port)))))
                  .ok();
      inside.getOutputStream().close();
      inside.waitFor();
      return reached
          ? Outcome.failed("it was reached at " + outside)
          : local ? Outcome.passed() : Outcome.failed("it was to be reached over loopback");
    }
  }

  private static List<String> visit(int port) {
    return List.of("tcp-connect", "127.0.0.1", Integer.toString(port));
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
