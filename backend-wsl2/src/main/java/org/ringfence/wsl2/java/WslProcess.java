package org.ringfence.wsl2.java;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.Termination.Cause;
import org.ringfence.wsl2.channel.ReceivedStream;
import org.ringfence.wsl2.channel.SentStream;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.ringfence.wsl2.distribution.DistributionProcess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command that runs in a distribution. */
final class WslProcess extends DistributionProcess {
  private static final Logger LOG = LoggerFactory.getLogger(WslProcess.class);

  /** The exit value of a command whose guest has ended, as of a killed one. */
  private static final int KILLED = 137;

  private static final int SIGKILL = 9;

  private final GuestConnection guest;
  private final int sandbox;
  private final int number;
  private final boolean terminal;
  private final SentStream sent;
  private final ReceivedStream output;
  private final ReceivedStream error;

  WslProcess(GuestConnection guest, long id, int sandbox, int number, boolean terminal) {
    // The guest enforces the times and the limits.
    super(id, Duration.ofMillis(1), (time, task) -> () -> {});
    this.guest = guest;
    this.sandbox = sandbox;
    this.number = number;
    this.terminal = terminal;
    this.sent = new SentStream(guest.channel(), number, 0);
    this.output = new ReceivedStream(guest.channel(), number, 1);
    this.error = new ReceivedStream(guest.channel(), number, 2);
    streams(sent, output, error);
  }

  @Override
  protected OutputStream sent() {
    return sent;
  }

  @Override
  protected InputStream received(boolean ofError) {
    return ofError ? error : output;
  }

  int sandbox() {
    return sandbox;
  }

  void received(int stream, byte[] bytes) throws IOException {
    (stream == 1 ? output : error).put(bytes);
  }

  /** Adds room for input; a negative number means that no process reads any more. */
  void room(int bytes) {
    if (bytes < 0) {
      sent.abandon();
    } else {
      sent.more(bytes);
    }
  }

  void ended(GuestMessage.Ended how) {
    used(
        how.cpuNanos() < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(how.cpuNanos())),
        how.peakBytes() < 0 ? OptionalLong.empty() : OptionalLong.of(how.peakBytes()));
    finish(new Termination(Cause.valueOf(how.cause()), how.exitValue(), how.signal()));
  }

  /** Ends the streams of a command that did not start. */
  void neverStarted() {
    release();
  }

  @Override
  protected void release() {
    sent.abandon();
    output.end();
    error.end();
  }

  /** Reports the end of a command whose guest has ended. */
  void lost() {
    if (isAlive()) {
      finish(new Termination(Cause.DESTROYED, KILLED, SIGKILL));
    }
  }

  @Override
  protected void askToEnd() {
    tell(new GuestMessage.End(number, false));
  }

  @Override
  protected void kill() {
    tell(new GuestMessage.End(number, true));
  }

  private void tell(GuestMessage message) {
    try {
      guest.tell(message);
    } catch (IOException e) {
      LOG.debug("the guest has gone", e);
    }
  }

  @Override
  public void resize(TerminalSize size) {
    if (!terminal) {
      super.resize(size);
    } else if (isAlive()) {
      tell(new GuestMessage.Resize(number, size.columns(), size.rows()));
    }
  }
}
