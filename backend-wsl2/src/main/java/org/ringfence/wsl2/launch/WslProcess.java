package org.ringfence.wsl2.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.Termination.Cause;
import org.ringfence.spi.WatchedProcess;
import org.ringfence.wsl2.channel.GuestMessage;
import org.ringfence.wsl2.channel.ReceivedStream;
import org.ringfence.wsl2.channel.SentStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command that runs in a distribution. */
final class WslProcess extends WatchedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(WslProcess.class);

  /** What a command of a guest that has ended exits with, as one that was killed. */
  private static final int KILLED = 137;

  private static final int SIGKILL = 9;

  private static final int PATIENCE_MILLIS = 10_000;

  private final List<Thread> pumps = new CopyOnWriteArrayList<>();
  private final GuestConnection guest;
  private final int number;
  private final boolean terminal;
  private final SentStream sent;
  private final ReceivedStream output;
  private final ReceivedStream error;
  private volatile long pid;
  private volatile OutputStream input;
  private volatile InputStream standard;
  private volatile InputStream errors;

  WslProcess(GuestConnection guest, int number, boolean terminal) {
    this.guest = guest;
    this.number = number;
    this.terminal = terminal;
    this.sent = new SentStream(guest.channel(), number, 0);
    this.output = new ReceivedStream(guest.channel(), number, 1);
    this.error = new ReceivedStream(guest.channel(), number, 2);
    this.input = sent;
    this.standard = output;
    this.errors = error;
  }

  void started(long guestPid) {
    pid = guestPid;
  }

  /** Streams that are redirected are nobody's to read. */
  void redirected(boolean in, boolean out, boolean err) {
    if (in) {
      input = OutputStream.nullOutputStream();
    }
    if (out) {
      standard = InputStream.nullInputStream();
    }
    if (err) {
      errors = InputStream.nullInputStream();
    }
  }

  SentStream sent() {
    return sent;
  }

  InputStream received(boolean ofError) {
    return ofError ? error : output;
  }

  void received(int stream, byte[] bytes) throws IOException {
    (stream == 1 ? output : error).put(bytes);
  }

  /** A negative number: nobody reads any more. */
  void room(int bytes) {
    if (bytes < 0) {
      sent.abandon();
    } else {
      sent.more(bytes);
    }
  }

  void ended(GuestMessage.Ended how) {
    finish(new Termination(Cause.valueOf(how.cause()), how.exitValue(), how.signal()));
  }

  /** Whoever waits for the end finds in its files what the command has written. */
  private void finish(Termination how) {
    sent.abandon();
    output.end();
    error.end();
    List<Thread> pumping = List.copyOf(pumps);
    if (pumping.isEmpty()) {
      ended(how);
      return;
    }
    Thread thread =
        new Thread(
            () -> {
              for (Thread pump : pumping) {
                try {
                  pump.join(PATIENCE_MILLIS);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
              ended(how);
            },
            "ringfence-end-" + number);
    thread.setDaemon(true);
    thread.start();
  }

  /** Something on this side that takes what the command writes. */
  void pumps(Thread pump) {
    pumps.add(pump);
  }

  /** Nothing comes, and nobody takes anything. */
  void neverStarted() {
    sent.abandon();
    output.end();
    error.end();
  }

  /** The guest has ended, and so has this. */
  void lost() {
    if (isAlive()) {
      finish(new Termination(Cause.DESTROYED, KILLED, SIGKILL));
    }
  }

  private void end(boolean forcibly) {
    if (isAlive()) {
      tell(new GuestMessage.End(number, forcibly));
    }
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

  @Override
  public OutputStream getOutputStream() {
    return input;
  }

  @Override
  public InputStream getInputStream() {
    return standard;
  }

  @Override
  public InputStream getErrorStream() {
    return errors;
  }

  @Override
  public void destroy() {
    end(false);
  }

  @Override
  public Process destroyForcibly() {
    end(true);
    return this;
  }

  @Override
  public boolean supportsNormalTermination() {
    return true;
  }

  /** The number that it has in the distribution. */
  @Override
  public long pid() {
    return pid;
  }

  @Override
  public ProcessHandle toHandle() {
    throw new UnsupportedOperationException("the process is one of another system");
  }
}
