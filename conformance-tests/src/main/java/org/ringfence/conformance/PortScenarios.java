package org.ringfence.conformance;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.ConformanceCase.Body;
import org.ringfence.conformance.ConformanceCase.NotApplicableException;
import org.ringfence.conformance.probe.LibC;

/**
 * Ports of the host's loopback that go from a server of the sandbox to one of the host, and ports
 * that both want.
 */
final class PortScenarios {
  private static final String GROUP = "ports";
  private static final List<String> NEEDS = List.of("network.external", "network.own-loopback");
  private static final int LOOK_MILLIS = 20;
  private static final int PATIENCE_MILLIS = 20_000;

  private PortScenarios() {}

  static void addTo(Map<ConformanceCase, Body> all) {
    add(
        all,
        "PORT-WAITING",
        "a connection that waits for a server inside is never made to one of the host",
        stage -> handedOver(stage, "waiting-connection", true));
    add(
        all,
        "PORT-STALE-UDP",
        "a socket that was connected to one inside sends nothing to a service of the host",
        stage -> handedOver(stage, "stale-datagrams", false));
    add(
        all,
        "PORT-SHARED-UDP",
        "no socket inside gets datagrams of a service of the host",
        PortScenarios::sharedDatagrams);
    add(
        all,
        "PORT-SHARED-TCP",
        "no socket inside gets connections of a service of the host",
        PortScenarios::sharedConnections);
    add(
        all,
        "PORT-OWN-RESTART",
        "servers inside are started again on their ports",
        stage -> {
          Execution inside = inside(stage, List.of("own-restart"));
          return inside.ok() ? "" : "expected to succeed, but: " + inside.result();
        });
  }

  private static void add(Map<ConformanceCase, Body> all, String id, String title, Body body) {
    all.put(new ConformanceCase(id, GROUP, title, NEEDS), body);
  }

  private static Execution inside(Stage stage, List<String> probe) throws Exception {
    stage.fixture().reset();
    try (Sandbox sandbox = stage.open(stage.policy("allowlist"), NEEDS)) {
      return Execution.of(sandbox.start(SandboxCommand.of(stage.fixture().probe(probe))));
    }
  }

  private static Process outside(Stage stage, List<String> probe) throws IOException {
    stage.fixture().reset();
    return new ProcessBuilder(stage.fixture().probe(probe))
        .directory(stage.fixture().workspace().toFile())
        .start();
  }

  private static void onlyLinux() throws NotApplicableException {
    if (!LibC.LINUX) {
      throw new NotApplicableException("the ways to share a port are those of Linux");
    }
  }

  private static String handedOver(Stage stage, String operation, boolean tcp) throws Exception {
    onlyLinux();
    Path ready = stage.fixture().workspace().resolve("ready");
    Path go = stage.fixture().workspace().resolve("go");
    List<String> probe = List.of(operation, ready.toString(), go.toString());
    int control = visits(outside(stage, probe), ready, go, tcp);
    if (control < 1) {
      throw new NotApplicableException("the control reaches nobody on this machine");
    }
    stage.fixture().reset();
    int visits;
    try (Sandbox sandbox = stage.open(stage.policy("allowlist"), NEEDS)) {
      visits =
          visits(sandbox.start(SandboxCommand.of(stage.fixture().probe(probe))), ready, go, tcp);
    }
    return visits <= 0 ? "" : "a service of the host was reached " + visits + " times";
  }

  /** How many came to a service that takes the port; -1 when it cannot have it. */
  private static int visits(Process probe, Path ready, Path go, boolean tcp) throws Exception {
    for (int i = 0; i < PATIENCE_MILLIS / LOOK_MILLIS && !Files.exists(ready); i++) {
      Thread.sleep(LOOK_MILLIS);
    }
    InetSocketAddress address =
        new InetSocketAddress("127.0.0.1", Integer.parseInt(Files.readString(ready)));
    AtomicInteger visits = new AtomicInteger();
    try (AutoCloseable service = tcp ? accepting(address, visits) : receiving(address, visits)) {
      Files.createFile(go);
      Execution.of(probe);
      // What was sent before the probe ended is there, or is on its way through this machine.
      Thread.sleep(LOOK_MILLIS);
      return visits.get();
    } catch (java.net.BindException e) {
      Files.createFile(go);
      Execution.of(probe);
      return -1;
    }
  }

  private static AutoCloseable accepting(InetSocketAddress address, AtomicInteger visits)
      throws IOException {
    ServerSocket server = new ServerSocket();
    server.setReuseAddress(true);
    server.bind(address);
    background(
        () -> {
          while (true) {
            server.accept();
            visits.incrementAndGet();
          }
        });
    return server;
  }

  private static AutoCloseable receiving(InetSocketAddress address, AtomicInteger visits)
      throws IOException {
    DatagramSocket server = new DatagramSocket(address);
    background(
        () -> {
          while (true) {
            server.receive(new DatagramPacket(new byte[1], 1));
            visits.incrementAndGet();
          }
        });
    return server;
  }

  private interface Loop {
    void run() throws IOException;
  }

  private static void background(Loop loop) {
    Thread thread =
        new Thread(
            () -> {
              try {
                loop.run();
              } catch (IOException e) {
                // The service has ended.
                return;
              }
            },
            "host-service");
    thread.setDaemon(true);
    thread.start();
  }

  private static String sharedDatagrams(Stage stage) throws Exception {
    onlyLinux();
    for (String at : List.of("0.0.0.0", "127.0.0.1")) {
      try (DatagramChannel service = DatagramChannel.open(java.net.StandardProtocolFamily.INET)) {
        service.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        service.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        service.bind(new InetSocketAddress(at, 0));
        int port = ((InetSocketAddress) service.getLocalAddress()).getPort();
        for (String host : List.of("::", "0.0.0.0", "127.0.0.1")) {
          String problem = shared(stage, "udp", host, port);
          if (!problem.isEmpty()) {
            return problem;
          }
        }
        if (!gets(service.socket(), port)) {
          return "the service does not get its own datagram";
        }
      }
    }
    return "";
  }

  private static boolean gets(DatagramSocket service, int port) throws IOException {
    service.setSoTimeout(PATIENCE_MILLIS);
    try (DatagramSocket client = new DatagramSocket()) {
      client.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName("127.0.0.1"), port));
      service.receive(new DatagramPacket(new byte[1], 1));
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  private static String sharedConnections(Stage stage) throws Exception {
    onlyLinux();
    try (ServerSocketChannel service = ServerSocketChannel.open()) {
      service.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      service.bind(new InetSocketAddress("127.0.0.1", 0));
      int port = service.socket().getLocalPort();
      for (String host : List.of("127.0.0.1", "0.0.0.0", "::1")) {
        String problem = shared(stage, "tcp", host, port);
        if (!problem.isEmpty()) {
          return problem;
        }
      }
    }
    return "";
  }

  private static String shared(Stage stage, String type, String host, int port) throws Exception {
    List<String> probe = List.of("share-port", type, host, Integer.toString(port));
    Execution control = Execution.of(outside(stage, probe));
    if (!control.ok()) {
      throw new NotApplicableException("the control cannot share a port: " + control.result());
    }
    Execution inside = inside(stage, probe);
    return inside.result().startsWith("DENIED")
        ? ""
        : type + " " + host + " was to be denied, but: " + inside.result();
  }
}
