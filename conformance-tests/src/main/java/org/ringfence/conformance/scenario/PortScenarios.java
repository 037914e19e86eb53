package org.ringfence.conformance.scenario;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.Patience;
import org.ringfence.conformance.stage.TestContext;

/**
 * Ports of the host's loopback that pass from a server of the sandbox to one of the host, and ports
 * that both request.
 */
public final class PortScenarios {
  private static final String GROUP = "ports";
  private static final List<String> NEEDS = List.of("network.external", "network.own-loopback");
  private static final Patience PATIENCE = Patience.forProcesses(Duration.ofSeconds(20));
  private static final int REPLY_MILLIS = 20_000;
  // The probe's have one.
  private static final int OWN_BYTES = 7;
  // The kernel distributes connections by their ports.
  private static final int ATTEMPTS = 16;

  private PortScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
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
          CapturedProcess inside = inside(stage, List.of("own-restart"));
          return inside.ok()
              ? Outcome.passed()
              : Outcome.failed("expected to succeed, but: " + inside.result());
        });
  }

  private static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(new ConformanceCase(id, GROUP, title, NEEDS, body));
  }

  private static CapturedProcess inside(TestContext stage, List<String> probe) throws Exception {
    stage.posix().reset();
    try (Sandbox sandbox = stage.open(stage.policy("allowlist"), NEEDS)) {
      return CapturedProcess.of(sandbox.start(SandboxCommand.of(stage.posix().probe(probe))));
    }
  }

  private static Process outside(TestContext stage, List<String> probe) throws IOException {
    stage.posix().reset();
    return new ProcessBuilder(stage.posix().probe(probe))
        .directory(stage.posix().workspace().toFile())
        .start();
  }

  private static void onlyLinux() throws NotShownException {
    if (!NativeCalls.LINUX) {
      throw NotShownException.skipped("the ways to share a port are those of Linux");
    }
  }

  private static Outcome handedOver(TestContext stage, String operation, boolean tcp)
      throws Exception {
    onlyLinux();
    Path ready = stage.posix().workspace().resolve("ready");
    Path go = stage.posix().workspace().resolve("go");
    List<String> probe = List.of(operation, ready.toString(), go.toString());
    int control = visits(outside(stage, probe), ready, go, tcp);
    if (control < 1) {
      throw NotShownException.skipped("the control reaches no server on this machine");
    }
    stage.posix().reset();
    int visits;
    try (Sandbox sandbox = stage.open(stage.policy("allowlist"), NEEDS)) {
      visits = visits(sandbox.start(SandboxCommand.of(stage.posix().probe(probe))), ready, go, tcp);
    }
    return visits <= 0
        ? Outcome.passed()
        : Outcome.failed("a service of the host was reached " + visits + " times");
  }

  /** Returns the number of contacts of a service that takes the port; -1 when it cannot have it. */
  private static int visits(Process probe, Path ready, Path go, boolean tcp) throws Exception {
    if (!PATIENCE.until(() -> Files.exists(ready))) {
      probe.destroyForcibly();
      throw new IOException("the probe does not come to its port");
    }
    InetSocketAddress address =
        new InetSocketAddress("127.0.0.1", Integer.parseInt(Files.readString(ready)));
    try (Service service = tcp ? accepting(address) : receiving(address)) {
      Files.createFile(go);
      CapturedProcess.of(probe);
      return service.visits();
    } catch (java.net.BindException e) {
      Files.createFile(go);
      CapturedProcess.of(probe);
      return -1;
    }
  }

  /** A service of the host. */
  private interface Service extends AutoCloseable {
    /** Returns the number of contacts before this call, which adds a visit behind theirs. */
    int visits() throws IOException, InterruptedException;

    @Override
    void close() throws IOException;
  }

  private static Service accepting(InetSocketAddress address) throws IOException {
    ServerSocket server = new ServerSocket();
    server.setReuseAddress(true);
    server.bind(address);
    AtomicInteger visits = new AtomicInteger();
    background(
        () -> {
          while (true) {
            try (Socket one = server.accept()) {
              visits.incrementAndGet();
            }
          }
        });
    return new Service() {
      @Override
      public int visits() throws IOException {
        try (Socket own = new Socket(address.getAddress(), address.getPort())) {
          // The end comes after the service has counted.
          own.getInputStream().read();
        }
        return visits.get() - 1;
      }

      @Override
      public void close() throws IOException {
        server.close();
      }
    };
  }

  private static Service receiving(InetSocketAddress address) throws IOException {
    DatagramSocket server = new DatagramSocket(address);
    AtomicInteger visits = new AtomicInteger();
    AtomicInteger own = new AtomicInteger();
    background(
        () -> {
          while (true) {
            DatagramPacket packet = new DatagramPacket(new byte[OWN_BYTES], OWN_BYTES);
            server.receive(packet);
            (packet.getLength() == OWN_BYTES ? own : visits).incrementAndGet();
          }
        });
    return new Service() {
      @Override
      public int visits() throws IOException, InterruptedException {
        try (DatagramSocket client = new DatagramSocket()) {
          client.send(new DatagramPacket(new byte[OWN_BYTES], OWN_BYTES, address));
        }
        if (!PATIENCE.until(() -> own.get() > 0)) {
          throw new IOException("a datagram of the suite's own does not reach its service");
        }
        return visits.get();
      }

      @Override
      public void close() {
        server.close();
      }
    };
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

  private static Outcome sharedDatagrams(TestContext stage) throws Exception {
    onlyLinux();
    AtomicInteger controls = new AtomicInteger();
    for (String at : List.of("0.0.0.0", "127.0.0.1")) {
      try (DatagramChannel service = DatagramChannel.open(java.net.StandardProtocolFamily.INET)) {
        service.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        service.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        service.bind(new InetSocketAddress(at, 0));
        int port = ((InetSocketAddress) service.getLocalAddress()).getPort();
        for (String host : List.of("::", "0.0.0.0", "127.0.0.1")) {
          Outcome problem = shared(stage, "udp", host, port, controls);
          if (!problem.isPassed()) {
            return problem;
          }
        }
        if (!gets(service.socket(), port)) {
          return Outcome.failed("the service does not get its own datagram");
        }
      }
    }
    return counted(controls);
  }

  private static boolean gets(DatagramSocket service, int port) throws IOException {
    service.setSoTimeout(REPLY_MILLIS);
    try (DatagramSocket client = new DatagramSocket()) {
      client.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName("127.0.0.1"), port));
      service.receive(new DatagramPacket(new byte[1], 1));
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  private static Outcome sharedConnections(TestContext stage) throws Exception {
    onlyLinux();
    AtomicInteger controls = new AtomicInteger();
    try (ServerSocketChannel service = ServerSocketChannel.open()) {
      service.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      service.bind(new InetSocketAddress("127.0.0.1", 0), 4 * ATTEMPTS * 6);
      int port = service.socket().getLocalPort();
      for (String host : List.of("127.0.0.1", "0.0.0.0", "::1")) {
        Outcome problem = shared(stage, "tcp", host, port, controls);
        if (!problem.isPassed()) {
          return problem;
        }
      }
    }
    return counted(controls);
  }

  private static Outcome counted(AtomicInteger controls) throws NotShownException {
    if (controls.get() == 0) {
      throw NotShownException.skipped("the control gets nothing of a service");
    }
    return Outcome.passed();
  }

  /**
   * Tries to share a port with a service of the host. Where the sandbox has separate ports, it gets
   * the number, but no data sent to the service.
   *
   * @param controls counts the data that the same attempt gets without a sandbox
   */
  private static Outcome shared(
      TestContext stage, String type, String host, int port, AtomicInteger controls)
      throws Exception {
    CapturedProcess control = trial(stage, type, host, port, probe -> outside(stage, probe));
    if (!control.ok()) {
      throw NotShownException.skipped("the control cannot share a port: " + control.result());
    }
    controls.addAndGet(got(control));
    CapturedProcess inside;
    try (Sandbox sandbox = stage.open(stage.policy("allowlist"), NEEDS)) {
      inside =
          trial(
              stage,
              type,
              host,
              port,
              probe -> sandbox.start(SandboxCommand.of(stage.posix().probe(probe))));
    }
    return inside.result().startsWith("DENIED") || inside.ok() && got(inside) == 0
        ? Outcome.passed()
        : Outcome.failed(type + " " + host + " was to get nothing, but: " + inside.result());
  }

  private static int got(CapturedProcess execution) {
    return Integer.parseInt(execution.result().substring("OK ".length()));
  }

  private interface Start {
    Process of(List<String> probe) throws Exception;
  }

  private static CapturedProcess trial(
      TestContext stage, String type, String host, int port, Start start) throws Exception {
    stage.posix().reset();
    Path ready = stage.posix().workspace().resolve("ready");
    Path go = stage.posix().workspace().resolve("go");
    Process probe =
        start.of(
            List.of(
                "share-port", type, host, Integer.toString(port), ready.toString(), go.toString()));
    if (!PATIENCE.until(() -> !probe.isAlive() || Files.exists(ready))) {
      probe.destroyForcibly();
      throw new IOException("the probe does not come to its port");
    }
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    List<Socket> clients = new ArrayList<>();
    try (DatagramSocket sender = new DatagramSocket()) {
      for (int i = 0; i < ATTEMPTS; i++) {
        if (type.equals("udp")) {
          sender.send(new DatagramPacket(new byte[1], 1, loopback, port));
        } else {
          clients.add(new Socket(loopback, port));
        }
      }
      Files.createFile(go);
      return CapturedProcess.of(probe);
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }
}
