package org.ringfence.wsl2.launch;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.Launch;
import org.ringfence.wsl2.channel.GuestMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open sandbox in a distribution. */
final class WslSession implements BackendSession {
  private static final Logger LOG = LoggerFactory.getLogger(WslSession.class);
  private static final Set<String> TEMPORARY = Set.of("TMPDIR", "TMP", "TEMP");
  private static final int CHUNK = 32 * 1024;

  private final GuestConnection guest;
  private final int sandbox;
  private final SandboxPolicy policy;
  private final UnaryOperator<String> there;
  private boolean ended;

  WslSession(
      GuestConnection guest, int sandbox, SandboxPolicy policy, UnaryOperator<String> there) {
    this.guest = guest;
    this.sandbox = sandbox;
    this.policy = policy;
    this.there = there;
  }

  @Override
  public SandboxedProcess start(Launch launch) throws SandboxException {
    synchronized (this) {
      if (ended) {
        throw new SandboxException("the sandbox has been closed");
      }
    }
    int number = guest.number();
    WslProcess process = new WslProcess(guest, number, launch.terminal().isPresent());
    Redirections redirections = new Redirections(launch, process);
    guest.put(number, process);
    // Before it starts: it may have ended when the answer comes.
    redirections.take();
    boolean done = false;
    try {
      GuestMessage answer = guest.ask(start(launch, number));
      process.started(((GuestMessage.Answer) answer).value());
      // After: nobody there would know whose input it is.
      redirections.feed();
      done = true;
      return process;
    } finally {
      if (!done) {
        guest.forget(number);
        process.neverStarted();
        redirections.close();
      }
    }
  }

  private GuestMessage.Start start(Launch launch, int number) {
    long timeout =
        launch
            .limits()
            .wallTime()
            .filter(time -> !policy.limits().wallTime().equals(java.util.Optional.of(time)))
            .map(time -> time.toMillis())
            .orElse(-1L);
    return new GuestMessage.Start(
        guest.number(),
        sandbox,
        number,
        launch.command(),
        there.apply(launch.directory().toString()),
        variables(launch.environment()),
        launch.mergeError(),
        launch.terminal().map(size -> size.columns()).orElse(0),
        launch.terminal().map(size -> size.rows()).orElse(0),
        timeout);
  }

  /**
   * What the command's caller has set: what this process has itself is another system's, and what
   * the policy sets, the guest sets.
   */
  private Map<String, String> variables(Map<String, String> all) {
    Map<String, String> given = new TreeMap<>();
    all.forEach(
        (name, value) -> {
          if (!value.equals(System.getenv(name))
              && !TEMPORARY.contains(name)
              && !policy.environment().set().containsKey(name)) {
            given.put(name, value);
          }
        });
    return given;
  }

  /** Files of this side that a command's streams come from and go to. */
  private static final class Redirections {
    private final WslProcess process;
    private InputStream input;
    private OutputStream output;
    private OutputStream error;

    Redirections(Launch launch, WslProcess process) throws SandboxException {
      this.process = process;
      if (launch.terminal().isPresent()) {
        return;
      }
      boolean done = false;
      try {
        input = source(launch.input());
        output = target(launch.output(), FileDescriptor.out);
        error = launch.mergeError() ? null : target(launch.error(), FileDescriptor.err);
        done = true;
      } catch (IOException e) {
        throw new SandboxException("redirect: " + e.getMessage(), e);
      } finally {
        if (!done) {
          close();
        }
      }
      process.redirected(input != null, output != null, error != null);
    }

    private static InputStream source(Redirect redirect) throws IOException {
      return switch (redirect.type()) {
        case PIPE -> null;
        case INHERIT ->
            new FilterInputStream(new FileInputStream(FileDescriptor.in)) {
              @Override
              public void close() {
                // It is this process's own.
              }
            };
        default -> new FileInputStream(redirect.file());
      };
    }

    private static OutputStream target(Redirect redirect, FileDescriptor own) throws IOException {
      return switch (redirect.type()) {
        case PIPE -> null;
        case INHERIT ->
            new FilterOutputStream(new FileOutputStream(own)) {
              @Override
              public void write(byte[] buffer, int offset, int length) throws IOException {
                out.write(buffer, offset, length);
              }

              @Override
              public void close() {
                // It is this process's own.
              }
            };
        default -> new FileOutputStream(redirect.file(), redirect.type() == Redirect.Type.APPEND);
      };
    }

    void feed() {
      if (input != null) {
        pump(input, process.sent());
      }
    }

    void take() {
      if (output != null) {
        process.pumps(pump(process.received(false), output));
      }
      if (error != null) {
        process.pumps(pump(process.received(true), error));
      }
    }

    private static Thread pump(InputStream from, OutputStream to) {
      Thread thread =
          new Thread(
              () -> {
                byte[] buffer = new byte[CHUNK];
                try (from;
                    to) {
                  for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                    to.write(buffer, 0, count);
                  }
                } catch (IOException e) {
                  LOG.debug("a redirected stream has ended", e);
                }
              },
              "ringfence-redirect");
      thread.setDaemon(true);
      thread.start();
      return thread;
    }

    void close() {
      for (AutoCloseable stream : new AutoCloseable[] {input, output, error}) {
        try {
          if (stream != null) {
            stream.close();
          }
        } catch (Exception e) {
          LOG.debug("a redirected stream cannot be closed", e);
        }
      }
    }
  }

  @Override
  public void end() {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    try {
      guest.ask(new GuestMessage.Close(guest.number(), sandbox));
    } catch (SandboxException e) {
      LOG.warn("the sandbox in the distribution cannot be closed; its guest is ended", e);
      guest.close();
    }
    guest.forgetSandbox(sandbox);
  }

  @Override
  public void close() {
    end();
  }
}
