package org.ringfence.macos.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.event.Violation.Certainty;
import org.ringfence.macos.launch.json.SandboxLog;
import org.ringfence.macos.plan.SeatbeltCompiler;
import org.ringfence.policy.Decision;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.EventSink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes a sandbox's denials from the system's log to a listener. */
final class SeatbeltDenials implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SeatbeltDenials.class);

  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "::1", "localhost");

  private final EffectivePolicy policy;
  private final EventSink listener;
  private final Map<String, CountDownLatch> flushes = new ConcurrentHashMap<>();
  private final CountDownLatch ready = new CountDownLatch(1);
  private final AtomicBoolean waited = new AtomicBoolean();
  private final String tag;
  private final Process log;

  private SeatbeltDenials(EffectivePolicy policy, EventSink listener, String tag, Process log) {
    this.policy = policy;
    this.listener = listener;
    this.tag = tag;
    this.log = log;
  }

  /**
   * Listens to the log.
   *
   * @param program the program that prints the log
   * @param policy names the rules
   * @param listener receives the denials
   * @param tag the sandbox's tag
   * @return the running reader
   * @throws IOException if the log cannot be read
   */
  static SeatbeltDenials hear(
      String program, EffectivePolicy policy, EventSink listener, String tag) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                program, "stream", "--style", "ndjson", "--predicate", SandboxLog.predicate(tag))
            .redirectInput(Redirect.from(new java.io.File("/dev/null")))
            .redirectError(Redirect.DISCARD);
    builder.environment().clear();
    Process log = builder.start();
    SeatbeltDenials denials = new SeatbeltDenials(policy, listener, tag, log);
    Thread thread = new Thread(denials::read, "ringfence-log");
    thread.setDaemon(true);
    thread.start();
    return denials;
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(log.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // Its first line describes the filter, once it hears; denials before are lost.
        ready.countDown();
        SandboxLog.read(line, tag).ifPresent(this::tell);
      }
    } catch (IOException e) {
      LOG.debug("the log has ended", e);
    }
  }

  /**
   * Waits until the log hears, once: it needs a while to attach, and never does for a user who may
   * not read it.
   *
   * @param patience the maximum wait
   * @return whether it does
   * @throws InterruptedException if the wait is interrupted
   */
  boolean awaitReady(Duration patience) throws InterruptedException {
    long wait = waited.getAndSet(true) ? 0 : patience.toNanos();
    return log.isAlive() && ready.await(wait, TimeUnit.NANOSECONDS);
  }

  /**
   * Waits until the log has reported all earlier denials: it keeps the order, so Ringfence provokes
   * a denial and waits for it.
   *
   * @param directory a directory that no command may enter
   * @param deny provokes the denial of a program
   * @param patience the maximum wait
   * @return whether the denial has come
   * @throws InterruptedException if the wait is interrupted
   */
  boolean flush(Path directory, Consumer<Path> deny, Duration patience)
      throws InterruptedException {
    if (ready.getCount() > 0) {
      return false;
    }
    long end = System.nanoTime() + patience.toNanos();
    Path program = directory.resolve("flush-" + UUID.randomUUID());
    CountDownLatch told = new CountDownLatch(1);
    flushes.put(program.toString(), told);
    try {
      Files.createFile(
          program,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      deny.accept(program);
      return log.isAlive()
          && told.await(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (IOException e) {
      LOG.debug("a denial cannot be provoked", e);
      return false;
    } finally {
      flushes.remove(program.toString());
      remove(program);
    }
  }

  private static void remove(Path program) {
    try {
      Files.deleteIfExists(program);
    } catch (IOException e) {
      LOG.debug("{} goes with its directory", program, e);
    }
  }

  private void tell(SandboxLog.Denial denial) {
    CountDownLatch flush = flushes.get(denial.target());
    if (flush != null) {
      flush.countDown();
      return;
    }
    try {
      listener.violation(violation(policy, denial));
    } catch (RuntimeException e) {
      LOG.warn("a listener failed", e);
    }
  }

  /** Adds the policy's rule to a denial: the log names none. */
  static Violation violation(EffectivePolicy policy, SandboxLog.Denial denial) {
    String executable =
        ProcessHandle.of(denial.pid())
            .flatMap(process -> process.info().command())
            .orElse(denial.program());
    boolean file = denial.operation().startsWith("file-") && denial.target().startsWith("/");
    boolean writing = denial.operation().startsWith("file-write");
    Reason reason = new Reason.BySystem(denial.operation());
    if (file) {
      Operation operation = writing ? Operation.WRITE : Operation.READ;
      Decision decision = decision(policy, denial.target(), operation);
      reason = decision.allowed() ? reason : decision.reason();
    } else if (denial.operation().startsWith("network-")) {
      reason = network(policy.policy().network(), denial.target());
    }
    return new Violation(
        denial.operation(), denial.target(), denial.pid(), executable, reason, Certainty.CERTAIN);
  }

  /** Returns the decision of a rule on one of the path's names, else that of the default. */
  private static Decision decision(EffectivePolicy policy, String path, Operation operation) {
    List<Decision> decisions =
        SeatbeltCompiler.reported(path).stream()
            .map(name -> policy.evaluate(name, operation))
            .toList();
    return decisions.stream()
        .filter(decision -> !(decision.reason() instanceof Reason.Default))
        .findFirst()
        .orElse(decisions.get(0));
  }

  /** Finds the reason: the log names an address as {@code host:port}, a socket by its path. */
  private static Reason network(NetworkPolicy network, String target) {
    if (target.startsWith("/")) {
      return new Reason.UnixSocket(target);
    }
    int colon = target.lastIndexOf(':');
    int port = colon < 0 ? 0 : portOf(target.substring(colon + 1));
    String host = colon < 0 ? target : target.substring(0, colon);
    if (port > 0 && LOOPBACK.contains(host)) {
      return new Reason.ForeignLoopback(network.mode(), port);
    }
    return network.mode() == NetworkMode.NONE
        ? new Reason.NetworkClosed(host, port)
        : new Reason.Unlisted(host, port);
  }

  private static int portOf(String text) {
    return text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
  }

  @Override
  public void close() {
    log.destroy();
  }
}
