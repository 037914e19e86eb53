package org.ringfence.wsl2.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.Usage;
import org.ringfence.wsl2.channel.GuestChannel;
import org.ringfence.wsl2.channel.SentStream;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command that the other side requested: a thread for each stream passes its bytes on. */
final class GuestCommand {
  private static final Logger LOG = LoggerFactory.getLogger(GuestCommand.class);
  private static final int CHUNK = 32 * 1024;
  private static final byte[] END = {};
  private static final long OUTPUT_MILLIS = 1_000;
  private static final long END_MILLIS = 5 * OUTPUT_MILLIS;

  private final GuestChannel channel;
  private final int sandbox;
  private final int number;
  private final SandboxedProcess process;
  private final CountDownLatch told = new CountDownLatch(1);
  private final LinkedBlockingQueue<byte[]> input = new LinkedBlockingQueue<>();
  private final SentStream output;
  private final SentStream error;

  GuestCommand(GuestChannel channel, int sandbox, int number, SandboxedProcess process) {
    this.channel = channel;
    this.sandbox = sandbox;
    this.number = number;
    this.process = process;
    this.output = new SentStream(channel, number, 1);
    this.error = new SentStream(channel, number, 2);
  }

  void run(Consumer<GuestMessage.Ended> whenEnded) {
    Thread out = thread("output", () -> pump(process.getInputStream(), output));
    Thread err = thread("error", () -> pump(process.getErrorStream(), error));
    thread("input", this::feed);
    thread(
        "end",
        () -> {
          try {
            process.waitFor();
            Termination how = process.termination().orElseThrow();
            // Its output is sent first, unless a process that it left still writes.
            out.join(OUTPUT_MILLIS);
            err.join(OUTPUT_MILLIS);
            input.add(END);
            whenEnded.accept(ended(how));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            told.countDown();
          }
        });
  }

  int sandbox() {
    return sandbox;
  }

  /** Waits until the other side has been sent the end of a command whose sandbox is closed. */
  void awaitEnd() throws InterruptedException {
    if (!told.await(END_MILLIS, TimeUnit.MILLISECONDS)) {
      LOG.warn("the end of command {} has not been sent", number);
    }
  }

  private GuestMessage.Ended ended(Termination how) {
    Usage used = process.usage().orElseThrow();
    return new GuestMessage.Ended(
        number,
        how.cause().name(),
        how.exitValue(),
        how.signal(),
        used.cpuTime().map(Duration::toNanos).orElse(-1L),
        used.peakMemory().orElse(-1));
  }

  private Thread thread(String what, Runnable task) {
    Thread thread = new Thread(task, "ringfence-" + what + "-" + number);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void pump(InputStream from, OutputStream to) {
    byte[] buffer = new byte[CHUNK];
    try (to) {
      for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
        to.write(buffer, 0, count);
      }
    } catch (IOException e) {
      LOG.debug("a stream of a command has ended", e);
    }
  }

  /** Takes bytes for standard input, in order; none at its end. */
  void input(byte[] bytes) {
    input.add(bytes);
  }

  private void feed() {
    try (OutputStream to = process.getOutputStream()) {
      for (byte[] bytes = input.take(); bytes.length > 0; bytes = input.take()) {
        to.write(bytes);
        to.flush();
        channel.send(new GuestMessage.Credit(number, 0, bytes.length));
      }
    } catch (IOException e) {
      LOG.debug("the command reads no more", e);
      refuse();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reports the stream as closed to its writer, like a pipe without a reader. */
  private void refuse() {
    try {
      channel.send(new GuestMessage.Credit(number, 0, -1));
    } catch (IOException e) {
      LOG.debug("the other side has gone", e);
    }
  }

  void more(int stream, int bytes) {
    (stream == 1 ? output : error).more(bytes);
  }

  void end(boolean forcibly) {
    if (forcibly) {
      process.destroyForcibly();
    } else {
      process.destroy();
    }
  }

  void resize(int columns, int rows) {
    process.resize(new TerminalSize(rows, columns));
  }
}
