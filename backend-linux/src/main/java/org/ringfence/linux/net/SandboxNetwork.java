package org.ringfence.linux.net;

import java.io.IOException;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.ringfence.egress.Egress;
import org.ringfence.egress.decision.HostDecisions;
import org.ringfence.egress.proxy.UpstreamProxy;
import org.ringfence.event.Violation;
import org.ringfence.kit.session.RequiredEgress;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.NameDecisions;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.report.Reporter;
import org.ringfence.linux.socket.OwnSockets;
import org.ringfence.linux.socket.PublishedPorts;
import org.ringfence.linux.socket.SocketRoom;
import org.ringfence.linux.task.Deadlines;
import org.ringfence.linux.task.OwnDescriptors;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.WaitingCalls;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Reason;
import org.ringfence.spi.EventSink;

/**
 * The network of a sandbox: its socket calls, its connections to the outside, and its published
 * ports.
 */
public final class SandboxNetwork implements AutoCloseable {
  private final OwnSockets own;
  private final SocketCalls sockets;
  private final PendingConnects pending;
  private final RedirectedDatagrams datagrams;
  private final HeldTargets held;
  private final UnixDestinations unix;
  private final PublishedPorts published;
  private final OwnLoopback loopback;
  private final Egress egress;

  /**
   * The parts that a network is made of.
   *
   * @param kernel the system calls
   * @param paths resolves names
   * @param view the policy and how the sandbox sees paths
   * @param names decides on names of sockets and files
   * @param supervision which calls the supervisor answers
   * @param policy the network policy
   * @param root whether this JVM runs as user 0
   * @param reporter reports to the listener
   * @param deadlines the supervisor's timers
   * @param waiting holds calls whose callers wait
   * @param descriptors which callers alone can change their descriptors
   * @param room a network namespace for the sandbox's inet sockets, closed with the network; null
   *     if they are in this JVM's
   */
  public record Setting(
      Kernel kernel,
      PathResolver paths,
      FileView view,
      NameDecisions names,
      Supervision supervision,
      NetworkPolicy policy,
      boolean root,
      Reporter reporter,
      Deadlines deadlines,
      WaitingCalls waiting,
      OwnDescriptors descriptors,
      SocketRoom room) {}

  /**
   * Starts servers where the policy needs them.
   *
   * @param setting the parts of the network
   * @param listener decides on hosts that the policy does not list
   * @param watch calls {@link #ready} when a descriptor is writable; false if it cannot
   * @param unwatch ends that
   * @throws IOException if a port is not available; nothing is left behind
   */
  public SandboxNetwork(
      Setting setting, EventSink listener, IntPredicate watch, IntConsumer unwatch)
      throws IOException {
    Kernel kernel = setting.kernel();
    NetworkPolicy policy = setting.policy();
    Reporter reporter = setting.reporter();
    TargetMemory child = new TargetMemory(kernel);
    this.own = new OwnSockets(kernel);
    HopGuard guard = new HopGuard(kernel);
    this.held = new HeldTargets(kernel, setting.paths(), setting.deadlines());
    this.pending =
        new PendingConnects(
            kernel,
            child,
            guard,
            setting.deadlines(),
            setting.waiting().descriptors(),
            watch,
            unwatch);
    this.datagrams = new RedirectedDatagrams(kernel, child, setting.waiting());
    boolean done = false;
    try {
      this.egress =
          policy.mode() == NetworkMode.ALLOWLIST ? egress(policy, listener, reporter) : null;
      done = true;
    } finally {
      if (!done && setting.room() != null) {
        setting.room().close();
      }
    }
    OwnLoopback made = null;
    done = false;
    try {
      made = setting.room() == null ? null : new OwnLoopback(kernel, pending, setting.room());
      this.published =
          new PublishedPorts(policy.mode() == NetworkMode.FULL ? List.of() : policy.publish(), own);
      done = true;
    } finally {
      if (!done && made != null) {
        made.close();
      }
      if (!done && egress != null) {
        egress.close();
      }
    }
    this.loopback = made;
    this.unix =
        new UnixDestinations(
            kernel,
            setting.paths(),
            setting.view().policy(),
            own,
            setting.supervision().privateNetwork());
    this.sockets = sockets(setting, guard);
  }

  private SocketCalls sockets(Setting setting, HopGuard guard) {
    Kernel kernel = setting.kernel();
    NetworkPolicy policy = setting.policy();
    Reporter reporter = setting.reporter();
    boolean full = policy.mode() == NetworkMode.FULL;
    NetlinkSockets netlink =
        new NetlinkSockets(kernel, !full && !setting.supervision().privateNetwork());
    InetDestinations inet =
        new InetDestinations(
            policy,
            full || setting.supervision().ownNetwork(),
            own,
            loopback,
            egress,
            new TargetMemory(kernel),
            reporter::commandOf,
            reporter::violation);
    DestinationDecisions decisions =
        new DestinationDecisions(setting, unix, netlink, inet, loopback, held, datagrams);
    UnixBinds unixBinds = unixBinds(setting, own);
    UnixPeers peers = new UnixPeers(kernel, setting.paths(), own);
    OwnServers servers =
        new OwnServers(kernel, setting.paths(), own, guard, held, loopback == null);
    ConnectedSockets connected = new ConnectedSockets(kernel, setting.descriptors());
    return new SocketCalls(
        setting,
        new NewSockets(setting, own, loopback),
        new ServerCalls(setting, unixBinds, netlink, servers, connected),
        new ConnectCalls(kernel, decisions, inet, loopback, pending, peers, setting.waiting()),
        new SendCalls(
            kernel, new WaitingSends(kernel, setting.waiting()), connected, decisions::ofMessage),
        unixBinds,
        servers,
        peers);
  }

  private static UnixBinds unixBinds(Setting setting, OwnSockets own) {
    return new UnixBinds(
        setting.kernel(),
        setting.paths(),
        setting.names(),
        setting.view().policy(),
        own,
        setting.supervision().privateNetwork());
  }

  private static Egress egress(NetworkPolicy policy, EventSink listener, Reporter reporter)
      throws IOException {
    RequiredEgress.check("an allowlist");
    HostDecisions decisions = new HostDecisions(policy, listener, reporter::connection);
    boolean done = false;
    try {
      Egress egress =
          new Egress(
              decisions,
              (name, reason) -> reporter.violation(unanswered(name, reason)),
              UpstreamProxy.of(System.getenv()));
      done = true;
      return egress;
    } finally {
      if (!done) {
        decisions.close();
      }
    }
  }

  private static Violation unanswered(String name, Reason reason) {
    return new Violation("resolve", name, 0, "", reason, Violation.Certainty.CERTAIN);
  }

  /** Returns the sandbox's own sockets. */
  public OwnSockets own() {
    return own;
  }

  public void answer(Syscall syscall, SyscallNotification call) {
    if (syscall == Syscall.RECVFROM || syscall == Syscall.RECVMSG) {
      datagrams.answer(syscall, call);
    } else {
      sockets.answer(syscall, call);
    }
  }

  /** Handles a watched descriptor that is writable. */
  public void ready(int fd) {
    pending.ready(fd);
  }

  @Override
  public void close() {
    published.close();
    if (loopback != null) {
      loopback.close();
    }
    pending.close();
    held.close();
    unix.close();
    if (egress != null) {
      egress.close();
    }
  }
}
