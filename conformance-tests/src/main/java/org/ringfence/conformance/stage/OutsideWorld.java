package org.ringfence.conformance.stage;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * The emulated Internet: a web server under several addresses of loopback on one port, and a name
 * server that knows names for them. Both record their contacts.
 */
public final class OutsideWorld implements AutoCloseable {
  /** The address of allowed names. */
  public static final String ALLOWED = "127.0.0.2";

  /** An address that no allowed name resolves to. */
  public static final String FORBIDDEN = "127.0.0.3";

  /** The key of the count of datagrams, which no allowlist permits. */
  public static final String DATAGRAM = "a datagram";

  private static final String V6 = "::1";
  private static final int TRIES = 50;
  private static final long TTL = 1;

  private final Path root;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final ExecutorService threads;
  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private final Map<String, AtomicInteger> visits = new ConcurrentHashMap<>();
  private final AtomicInteger flips = new AtomicInteger();
  private final int port;
  private final int dnsPort;
  private final int rawPort;

  private OutsideWorld(Path root) throws IOException {
    this.root = root;
    this.threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "outside-world");
              thread.setDaemon(true);
              return thread;
            });
    open.add(threads::shutdownNow);
    this.port = web();
    this.dnsPort = names();
    this.rawPort = raw();
  }

  /** Starts the servers; the web server serves the files below the directory. */
  public static OutsideWorld start(Path root) throws IOException {
    return new OutsideWorld(root);
  }

  private int web() throws IOException {
    IOException last = new IOException("no port is free under all addresses");
    for (int i = 0; i < TRIES; i++) {
      List<HttpServer> servers = new ArrayList<>();
      try {
        servers.add(server(ALLOWED, 0));
        int chosen = servers.get(0).getAddress().getPort();
        DatagramSocket datagrams = new DatagramSocket(chosen, InetAddress.getByName(ALLOWED));
        open.add(datagrams);
        threads.execute(() -> countDatagrams(datagrams));
        servers.add(server(FORBIDDEN, chosen));
        servers.add(server(V6, chosen));
        servers.forEach(server -> open.add(() -> server.stop(0)));
        return chosen;
      } catch (IOException e) {
        servers.forEach(server -> server.stop(0));
        last = e;
      }
    }
    throw last;
  }

  private void countDatagrams(DatagramSocket socket) {
    while (!socket.isClosed()) {
      try {
        socket.receive(new DatagramPacket(new byte[1], 1));
        visits.computeIfAbsent(DATAGRAM, key -> new AtomicInteger()).incrementAndGet();
      } catch (IOException e) {
        continue;
      }
    }
  }

  private HttpServer server(String address, int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName(address), port), 1024);
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
    return server;
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String host = exchange.getLocalAddress().getAddress().getHostAddress();
      visits.computeIfAbsent(host, key -> new AtomicInteger()).incrementAndGet();
      Path file = root.resolve(exchange.getRequestURI().getPath().substring(1)).normalize();
      boolean found = file.startsWith(root) && Files.isRegularFile(file);
      byte[] body = found ? Files.readAllBytes(file) : "welcome\n".getBytes(StandardCharsets.UTF_8);
      boolean missing = !found && !exchange.getRequestURI().getPath().equals("/");
      exchange.sendResponseHeaders(missing ? 404 : 200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /** Opens a server that greets every client that sends a byte. */
  private int raw() throws IOException {
    ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName(ALLOWED));
    open.add(server);
    threads.execute(
        () -> {
          while (!server.isClosed()) {
            try (Socket client = server.accept()) {
              if (client.getInputStream().read(new byte[4096]) > 0) {
                client.getOutputStream().write("welcome\n".getBytes(StandardCharsets.UTF_8));
              }
            } catch (IOException e) {
              continue;
            }
          }
        });
    return server.getLocalPort();
  }

  private int names() throws IOException {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    for (int i = 0; i < TRIES; i++) {
      DatagramSocket udp = new DatagramSocket(0, loopback);
      try {
        ServerSocket tcp = new ServerSocket(udp.getLocalPort(), 50, loopback);
        open.add(udp);
        open.add(tcp);
        threads.execute(() -> datagrams(udp));
        threads.execute(() -> streams(tcp));
        return udp.getLocalPort();
      } catch (IOException e) {
        udp.close();
      }
    }
    throw new IOException("no port is free for both UDP and TCP");
  }

  private void datagrams(DatagramSocket socket) {
    byte[] buffer = new byte[4096];
    while (!socket.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        byte[] answer =
            answer(new Message(java.util.Arrays.copyOf(packet.getData(), packet.getLength())))
                .toWire();
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException e) {
        continue;
      }
    }
  }

  private void streams(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket client = server.accept()) {
        DataInputStream in = new DataInputStream(client.getInputStream());
        byte[] query = new byte[in.readUnsignedShort()];
        in.readFully(query);
        byte[] answer = answer(new Message(query)).toWire();
        DataOutputStream out = new DataOutputStream(client.getOutputStream());
        out.writeShort(answer.length);
        out.write(answer);
      } catch (IOException e) {
        continue;
      }
    }
  }

  private Message answer(Message query) throws IOException {
    Record question = query.getQuestion();
    Message answer = new Message(query.getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.addRecord(question, Section.QUESTION);
    asked.add(question.getName().toString(true));
    Name name = question.getName();
    String text = name.toString(true).toLowerCase(Locale.ROOT);
    if (text.equals("alias.test")) {
      Name target = Name.fromString("repo.test.");
      answer.addRecord(new CNAMERecord(name, DClass.IN, TTL, target), Section.ANSWER);
      name = target;
      text = "repo.test";
    }
    String address = address(text, question.getType());
    if (address == null && !text.endsWith(".test")) {
      answer.getHeader().setRcode(Rcode.NXDOMAIN);
    } else if (address != null) {
      InetAddress found = InetAddress.getByName(address);
      answer.addRecord(
          question.getType() == Type.A
              ? new ARecord(name, DClass.IN, TTL, found)
              : new AAAARecord(name, DClass.IN, TTL, found),
          Section.ANSWER);
    }
    return answer;
  }

  private String address(String name, int type) {
    if (type == Type.AAAA) {
      return name.equals("six.test") ? V6 : null;
    }
    if (type != Type.A) {
      return null;
    }
    return switch (name) {
      case "six.test" -> null;
      case "forbidden.test" -> FORBIDDEN;
      case "rebound.test" -> "10.11.12.13";
      // The first answer can be pinned, the later ones lead elsewhere.
      case "flip.test" -> flips.getAndIncrement() == 0 ? ALLOWED : "10.11.12.13";
      default -> ALLOWED;
    };
  }

  public int port() {
    return port;
  }

  /** Returns the port on which {@link #ALLOWED} greets every client that sends a byte. */
  int rawPort() {
    return rawPort;
  }

  public int dnsPort() {
    return dnsPort;
  }

  /** Returns the names that the name server received, with their spelling. */
  public Set<String> asked() {
    return new TreeSet<>(asked);
  }

  /** Returns the number of requests that the web server received under an address. */
  public int visits(String address) {
    AtomicInteger count = visits.get(address);
    return count == null ? 0 : count.get();
  }

  /** Forgets all contacts. */
  public void forget() {
    asked.clear();
    visits.clear();
    flips.set(0);
  }

  @Override
  public void close() throws IOException {
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }
}
