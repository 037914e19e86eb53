package org.ringfence.egress.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.egress.QuietSink;
import org.ringfence.egress.decision.Clients;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.dns.AddressLookup;
import org.ringfence.egress.dns.HostsFile;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.Violation;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.EventSink;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** A proxy whose host names resolve to loopback, with raw client sockets. */
final class ProxyFixture implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 10_000;

  final List<ConnectionRecord> records = new CopyOnWriteArrayList<>();
  final Clients clients = new Clients();
  final EgressProxy proxy;
  private final HostDecisions decisions;

  ProxyFixture(NetworkPolicy policy, ProxySettings settings, EventSink listener)
      throws IOException {
    this.decisions = new HostDecisions(policy, recording(listener), records::add);
    AddressLookup lookup =
        new AddressLookup(policy, ProxyFixture::answer, new HostsFile(Path.of("/nonexistent")));
    this.proxy = new EgressProxy(decisions, lookup, settings, clients);
  }

  ProxyFixture(NetworkPolicy policy) throws IOException {
    this(policy, ProxySettings.usual(), EventSink.NONE);
  }

  private static EventSink recording(EventSink listener) {
    return new QuietSink() {
      @Override
      public void violation(Violation violation) {
        listener.violation(violation);
      }

      @Override
      public java.util.Set<Observation> observes() {
        java.util.Set<Observation> all = new java.util.HashSet<>(listener.observes());
        all.add(Observation.CONNECTIONS);
        return all;
      }

      @Override
      public org.ringfence.event.HostVerdict unlistedHost(org.ringfence.event.HostRequest request) {
        return listener.unlistedHost(request);
      }

      @Override
      public java.time.Duration decisionTimeout() {
        return listener.decisionTimeout();
      }
    };
  }

  static NetworkPolicy policy(List<String> allow, List<String> deny) {
    PolicyBuilder builder =
        SandboxPolicy.builder().network(NetworkMode.ALLOWLIST).privateRange("127.0.0.0/8");
    allow.forEach(builder::allowHost);
    deny.forEach(builder::denyHost);
    return builder.build().network();
  }

  /**
   * Resolves every name to 127.0.0.1, except that {@code private.} resolves to a private network.
   */
  private static Message answer(org.xbill.DNS.Name name, int type) throws IOException {
    Message answer = new Message();
    answer.addRecord(Record.newRecord(name, type, DClass.IN), Section.QUESTION);
    if (type == Type.A) {
      String address = name.toString().startsWith("private.") ? "10.0.0.1" : "127.0.0.1";
      answer.addRecord(
          new ARecord(name, DClass.IN, 60, InetAddress.getByName(address)), Section.ANSWER);
    }
    return answer;
  }

  String authorization() {
    return proxy
        .settings()
        .credentials()
        .map(credentials -> "Proxy-Authorization: " + credentials.header() + "\r\n")
        .orElse("");
  }

  Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(proxy.address(), PATIENCE_MILLIS);
    return socket;
  }

  /** Sends a request and returns the socket and the head of the answer. */
  Map.Entry<Socket, String> request(String head) throws IOException {
    Socket socket = connect();
    socket.getOutputStream().write((head + authorization() + "\r\n").getBytes(ISO_8859_1));
    return Map.entry(socket, head(socket.getInputStream()));
  }

  Map.Entry<Socket, String> tunnel(String target) throws IOException {
    return request("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n");
  }

  static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    for (int c = in.read(); c >= 0; c = in.read()) {
      head.write(c);
      if (head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
        break;
      }
    }
    return head.toString(ISO_8859_1);
  }

  @Override
  public void close() {
    proxy.close();
    decisions.close();
  }

  /** A server that counts its clients and serves each on a separate thread. */
  static final class Server implements AutoCloseable {
    final AtomicInteger contacts = new AtomicInteger();
    private final ServerSocket socket;

    interface Service {
      void serve(InputStream in, OutputStream out, Socket client) throws IOException;
    }

    Server(Service service) throws IOException {
      this.socket = new ServerSocket();
      socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 4096);
      daemon(
          () -> {
            while (!socket.isClosed()) {
              Socket client = socket.accept();
              contacts.incrementAndGet();
              daemon(
                  () -> {
                    try (client) {
                      service.serve(client.getInputStream(), client.getOutputStream(), client);
                    }
                  });
            }
          });
    }

    static Server echo() throws IOException {
      return new Server(
          (in, out, client) -> {
            in.transferTo(out);
            client.shutdownOutput();
          });
    }

    private interface Task {
      void run() throws IOException;
    }

    private static void daemon(Task task) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  task.run();
                } catch (IOException e) {
                  // The client or the test has closed its socket.
                  return;
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    int port() {
      return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
