package org.ringfence.linux.socket;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ringfence.egress.proxy.PortForwarder;
import org.ringfence.kit.session.RequiredEgress;
import org.ringfence.policy.value.PublishedPort;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ports of the sandbox under another number on the host's loopback. Under the same number a server
 * inside needs no forwarder: the loopback is shared.
 */
public final class PublishedPorts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PublishedPorts.class);

  private final OwnSockets own;
  private final List<PortForwarder> forwarders = new ArrayList<>();

  public PublishedPorts(List<PublishedPort> ports, OwnSockets own) throws IOException {
    this.own = own;
    boolean done = false;
    try {
      for (PublishedPort port : ports) {
        if (port.host() != port.sandbox()) {
          RequiredEgress.check("a port under another number");
          forwarders.add(new PortForwarder(port, () -> server(port.sandbox())));
        }
      }
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /** Returns the sandbox's own server on a port; a foreign server was not published. */
  private Optional<InetSocketAddress> server(int port) {
    try {
      for (String host : List.of("127.0.0.1", "::1")) {
        InetAddress address = InetAddress.getByName(host);
        if (own.listener(true, address, port) == OwnSockets.Listener.OWN) {
          return Optional.of(new InetSocketAddress(address, port));
        }
      }
    } catch (IOException e) {
      LOG.debug("published port {}", port, e);
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    // A method reference would load the class, also without any forwarder and its module.
    for (PortForwarder forwarder : forwarders) {
      forwarder.close();
    }
  }
}
