package org.ringfence.egress.decision;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.ringfence.event.ConnectionRecord;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.policy.Decision;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Reason;
import org.ringfence.policy.Reason.Listener.Answer;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.EventSink.Observation;
import org.ringfence.text.Printable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides on hosts: asks the policy, and the listener where the policy is silent. Each sandbox has
 * one. Thread-safe.
 */
public final class HostDecisions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HostDecisions.class);

  private final NetworkPolicy policy;
  private final EventSink listener;
  private final Consumer<ConnectionRecord> records;
  private final boolean recordsWanted;
  private final Map<Endpoint, Boolean> settled = new ConcurrentHashMap<>();
  private final ExecutorService asking;

  /** A host as the client named it, and a port. */
  private record Endpoint(String host, int port) {}

  /**
   * Makes the decisions of a sandbox.
   *
   * @param policy the policy
   * @param listener decides on hosts that the policy does not list, if interested
   * @param records receives every decision, if the listener is interested
   */
  public HostDecisions(
      NetworkPolicy policy, EventSink listener, Consumer<ConnectionRecord> records) {
    this.policy = policy;
    this.listener = listener;
    this.records = records;
    this.recordsWanted = listener.observes().contains(Observation.CONNECTIONS);
    this.asking =
        listener.observes().contains(Observation.UNLISTED_HOSTS)
            ? Executors.newSingleThreadExecutor(
                task -> {
                  Thread thread = new Thread(task, "ringfence-asking");
                  thread.setDaemon(true);
                  return thread;
                })
            : null;
    if (asking != null) {
      // The thread that opens the sandbox starts this one: later a thread of another kind might
      // start it, and pass on its file mode creation mask.
      asking.execute(() -> LOG.trace("a listener can be asked"));
    }
  }

  /**
   * Returns the policy.
   *
   * @return the policy that decides
   */
  public NetworkPolicy policy() {
    return policy;
  }

  /**
   * Returns the decisions on addresses.
   *
   * @return the decisions on the addresses of allowed hosts
   */
  public ResolvedAddresses resolved() {
    return ResolvedAddresses.of(policy);
  }

  /**
   * Returns whether the listener decides on unlisted hosts.
   *
   * @return true if Ringfence asks the listener about a host that the policy does not list
   */
  public boolean asks() {
    return asking != null;
  }

  /**
   * Returns whether a name may be looked up.
   *
   * @param host a name in its normal form
   * @return true if the policy or an earlier answer allows it on some port
   */
  public boolean resolvable(String host) {
    return policy.resolvable(host)
        || settled.entrySet().stream()
            .anyMatch(entry -> entry.getValue() && entry.getKey().host().equals(host));
  }

  /**
   * Decides without asking the listener.
   *
   * @param host a name or an address
   * @param port the port
   * @return the decision; {@link Reason.Unlisted} when nothing covers the host
   */
  public Decision known(String host, int port) {
    Decision decision = policy.evaluate(host, port);
    Boolean answer =
        decision.reason() instanceof Reason.Unlisted ? settled.get(endpoint(host, port)) : null;
    if (answer == null) {
      return decision;
    }
    return answer
        ? Decision.allow(new Reason.Listener(Answer.ALLOWED))
        : Decision.deny(new Reason.Listener(Answer.DENIED), "the listener decided so");
  }

  /**
   * Decides, asking the listener about a host that the policy does not list. May take as long as
   * the listener takes.
   *
   * @param host a name or an address
   * @param port the port
   * @param client the process that wants to connect
   * @return the decision
   */
  public Decision decide(String host, int port, Client client) {
    Decision decision = known(host, port);
    if (asking == null || !(decision.reason() instanceof Reason.Unlisted)) {
      return decision;
    }
    Duration patience = listener.decisionTimeout();
    AtomicBoolean awaited = new AtomicBoolean(true);
    Future<Decision> answer;
    try {
      answer = asking.submit(() -> ask(host, port, client, awaited));
    } catch (RejectedExecutionException e) {
      return decision;
    }
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      awaited.set(false);
      answer.cancel(true);
      return Decision.deny(decision.reason(), "no listener decided within " + patience);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return decision;
    } catch (ExecutionException e) {
      LOG.warn("a listener failed to decide on {}", Printable.of(host), e);
      return decision;
    }
  }

  /** Runs on the one thread that asks, and does not ask again about a host settled meanwhile. */
  private Decision ask(String host, int port, Client client, AtomicBoolean awaited) {
    Decision before = known(host, port);
    if (!(before.reason() instanceof Reason.Unlisted)) {
      return before;
    }
    HostVerdict verdict =
        listener.unlistedHost(
            new HostRequest(host, port, client.pid(), client.executable(), client.command()));
    if (!awaited.get()) {
      // It came too late, or an interrupted listener made it up.
      return before;
    }
    switch (verdict) {
      case ALLOW_ONCE:
        return Decision.allow(new Reason.Listener(Answer.ALLOWED_ONCE));
      case ALLOW_FOR_SANDBOX:
        settled.put(endpoint(host, port), true);
        break;
      default:
        settled.put(endpoint(host, port), false);
        break;
    }
    return known(host, port);
  }

  private static Endpoint endpoint(String host, int port) {
    return new Endpoint(host, port);
  }

  /**
   * Returns whether every decision is recorded.
   *
   * @return true if the listener wants them
   */
  public boolean recording() {
    return recordsWanted;
  }

  /**
   * Records a decision about a connection that does not pass through this JVM.
   *
   * @param host the name, or the address when there was none
   * @param address the address, or null when there was none
   * @param port the port
   * @param client the process that wanted to connect
   * @param decision the decision
   */
  public void record(String host, InetAddress address, int port, Client client, Decision decision) {
    record(
        new ConnectionRecord(
            Instant.now(),
            host,
            address == null ? "" : address.getHostAddress(),
            port,
            client.pid(),
            client.executable(),
            decision.rule(),
            decision.allowed(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            client.command()));
  }

  /**
   * Records a decision.
   *
   * @param connection the decision and its outcome
   */
  public void record(ConnectionRecord connection) {
    if (recordsWanted) {
      records.accept(connection);
    }
  }

  /** Stops asking the listener. */
  @Override
  public void close() {
    if (asking != null) {
      asking.shutdownNow();
    }
  }
}
