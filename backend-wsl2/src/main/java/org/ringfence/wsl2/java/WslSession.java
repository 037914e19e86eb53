package org.ringfence.wsl2.java;

import java.time.Duration;
import java.util.function.UnaryOperator;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.Launch;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.ringfence.wsl2.distribution.Redirections;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open sandbox in a distribution. */
final class WslSession implements BackendSession {
  private static final Logger LOG = LoggerFactory.getLogger(WslSession.class);

  private final GuestConnection guest;
  private final int sandbox;
  private final UnaryOperator<String> there;
  private boolean ended;

  WslSession(GuestConnection guest, int sandbox, UnaryOperator<String> there) {
    this.guest = guest;
    this.sandbox = sandbox;
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
    WslProcess process =
        new WslProcess(guest, launch.id(), sandbox, number, launch.terminal().isPresent());
    Redirections redirections = new Redirections(launch, process);
    guest.put(number, process);
    // Before it starts: it may have ended when the answer comes.
    redirections.take();
    boolean done = false;
    try {
      GuestMessage answer = guest.ask(start(launch, number));
      process.started(((GuestMessage.Answer) answer).value());
      // After: the guest would not know the command of the input.
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
    long timeout = launch.limits().wallTime().map(Duration::toMillis).orElse(-1L);
    return new GuestMessage.Start(
        guest.number(),
        sandbox,
        number,
        launch.id(),
        launch.command(),
        there.apply(launch.directory().toString()),
        launch.environment().ofCaller(),
        launch.mergeError(),
        launch.terminal().map(size -> size.columns()).orElse(0),
        launch.terminal().map(size -> size.rows()).orElse(0),
        timeout);
  }

  @Override
  public boolean flushEvents(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    try {
      GuestMessage answer =
          guest.ask(new GuestMessage.Flush(guest.number(), sandbox, patience.toMillis()));
      return ((GuestMessage.Answer) answer).value() == 1
          && guest.flush(sandbox, Duration.ofNanos(end - System.nanoTime()));
    } catch (SandboxException e) {
      LOG.debug("the guest does not confirm the events that it has received", e);
      return false;
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
