package org.ringfence.windows.probe;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.runner.RunnerConnection;
import org.ringfence.windows.system.Sockets;
import org.ringfence.windows.system.WindowsCallException;

/** Tests that a user without a network reaches no address; the configuration alone is no proof. */
public final class ClosedNetwork {
  private static final int DNS = 53;
  private static final int HTTPS = 443;

  /** Reserved addresses: {@code TEST-NET-1} (RFC 5737) and its IPv6 counterpart (RFC 3849). */
  private static final String NOBODY_V4 = "192.0.2.1";

  private static final String NOBODY_V6 = "2001:db8::1";

  /** Not supported, not available, unreachable: this machine has no such network. */
  private static final Set<Integer> NO_NETWORK = Set.of(10047, 10049, 10050, 10051, 10065);

  private final RunnerConnection runner;

  public ClosedNetwork(RunnerConnection runner) {
    this.runner = runner;
  }

  /** Describes the first attempt that is not forbidden; empty when all are. */
  public Optional<String> problem() throws SandboxException, WindowsCallException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      // A server listens here: any result but "forbidden" means an open network.
      Optional<String> loopback = tried(true, "127.0.0.1", server.getLocalPort(), Set.of());
      if (loopback.isPresent()) {
        return loopback;
      }
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("no server for the probe can be had: " + e.getMessage(), e);
    }
    Optional<String> found = tried(true, "::1", DNS, NO_NETWORK);
    for (boolean tcp : new boolean[] {true, false}) {
      for (String address : new String[] {NOBODY_V4, NOBODY_V6}) {
        if (found.isEmpty()) {
          found = tried(tcp, address, tcp ? HTTPS : DNS, NO_NETWORK);
        }
      }
    }
    return found.isEmpty() ? tried(false, "127.0.0.1", DNS, Set.of()) : found;
  }

  private Optional<String> tried(boolean tcp, String address, int port, Set<Integer> fine)
      throws SandboxException, WindowsCallException {
    int code = (int) runner.ask(new Message.Reach(runner.number(), tcp, address, port));
    if (code == Sockets.FORBIDDEN || fine.contains(code)) {
      return Optional.empty();
    }
    return Optional.of(
        (tcp ? "TCP to " : "UDP to ")
            + address
            + " port "
            + port
            + (code == 0 ? " is let through" : " is not forbidden, it fails with error " + code));
  }

  /** Tests whether this machine answers an echo request. */
  public boolean echoes() throws SandboxException {
    try {
      return runner.ask(new Message.Ping(runner.number(), "127.0.0.1")) != 0;
    } catch (WindowsCallException e) {
      // The request cannot even be sent.
      return false;
    }
  }
}
