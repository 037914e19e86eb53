package org.ringfence;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads and feeds the streams of processes, on threads of a sandbox. Thread-safe.
 *
 * <p>A thread may block in a read or a write while a leftover process of the command holds the
 * pipe's other end; no caller waits longer than {@link #PATIENCE} for it, and the output is {@link
 * CapturedOutput#cutOff() cut off}.
 */
final class Capture implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Capture.class);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int CHUNK = 16 * 1024;

  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "ringfence-capture");
            thread.setDaemon(true);
            return thread;
          });

  /** Keeps the first and the last bytes of a stream, in bounded memory. Thread-safe. */
  private static final class Kept {
    private static final int END_BYTES = 4096;

    private final long most;
    private final ByteArrayOutputStream first = new ByteArrayOutputStream();
    private byte[] end = new byte[0];
    private long written;
    private boolean ended;

    Kept(long most) {
      this.most = most;
    }

    synchronized void add(byte[] bytes, int length) {
      written += length;
      first.write(bytes, 0, (int) Math.min(length, most - first.size()));
      int fresh = Math.min(length, END_BYTES);
      int old = Math.min(end.length, END_BYTES - fresh);
      byte[] last = new byte[old + fresh];
      System.arraycopy(end, end.length - old, last, 0, old);
      System.arraycopy(bytes, length - fresh, last, old, fresh);
      end = last;
    }

    synchronized void end() {
      ended = true;
    }

    synchronized CapturedOutput taken() {
      return new CapturedOutput(first.toByteArray(), end, written, !ended);
    }
  }

  /** The streams of one process. */
  static final class Streams {
    private final Kept output;
    private final Kept error;
    private final CountDownLatch open = new CountDownLatch(2);
    // Allocated before the reading threads: they could not report that they have no memory for it.
    private final byte[] outputBuffer = new byte[CHUNK];
    private final byte[] errorBuffer = new byte[CHUNK];
    private volatile OutOfMemoryError full;

    private Streams(long most) {
      output = new Kept(most);
      error = new Kept(most);
    }

    /**
     * Waits for the ends of the streams, for a bounded time.
     *
     * @throws SandboxException if this JVM had no memory for them; the process was ended
     */
    void awaitEnds() throws InterruptedException, SandboxException {
      if (!open.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.debug("a stream of a command that has ended is still open");
      }
      if (full != null) {
        throw new SandboxException(
            "run: the heap of this JVM is full, so that its input or output was lost and the"
                + " command was ended; maxOutput bounds the output that stays, -Xmx the heap",
            full);
      }
    }

    CapturedOutput output() {
      return output.taken();
    }

    CapturedOutput error() {
      return error.taken();
    }
  }

  /**
   * Reads both streams from now on, and writes to the input.
   *
   * @param process the process
   * @param input the process's standard input
   * @param most the number of bytes to keep of each stream
   * @throws SandboxException if no thread or memory is available; the process is ended
   */
  Streams of(SandboxedProcess process, Optional<byte[]> input, long most) throws SandboxException {
    boolean begun = false;
    try {
      Streams streams = new Streams(most);
      threads.execute(
          () ->
              read(
                  process,
                  process.getInputStream(),
                  streams.outputBuffer,
                  streams.output,
                  streams));
      threads.execute(
          () ->
              read(process, process.getErrorStream(), streams.errorBuffer, streams.error, streams));
      if (input.isPresent() && input.get().length > 0) {
        threads.execute(() -> write(process, input.get(), streams));
      } else {
        close(process.getOutputStream());
      }
      begun = true;
      return streams;
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the sandbox is closed", e);
    } catch (OutOfMemoryError e) {
      throw new SandboxException(
          "run: there is no thread or no memory left to read the command's output", e);
    } finally {
      if (!begun) {
        abandon(process);
      }
    }
  }

  /** Ends a process whose streams no thread reads. A terminal stays open until it is closed. */
  private static void abandon(SandboxedProcess process) {
    process.destroyForcibly();
    // The input comes last: to close it may need memory.
    close(process.getInputStream());
    close(process.getErrorStream());
    close(process.getOutputStream());
  }

  private static void read(
      SandboxedProcess process, InputStream stream, byte[] buffer, Kept into, Streams streams) {
    try (stream) {
      for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
        into.add(buffer, read);
      }
      into.end();
    } catch (IOException e) {
      LOG.debug("a stream of a command is gone", e);
    } catch (OutOfMemoryError e) {
      // Without a reader the command would wait for ever for room in the pipe.
      streams.full = e;
      process.destroyForcibly();
    } finally {
      streams.open.countDown();
    }
  }

  private static void write(SandboxedProcess process, byte[] input, Streams streams) {
    try (OutputStream stream = process.getOutputStream()) {
      stream.write(input);
    } catch (IOException e) {
      LOG.debug("a command does not read all of its input", e);
    } catch (OutOfMemoryError e) {
      streams.full = e;
      process.destroyForcibly();
    }
  }

  private static void close(Closeable stream) {
    try {
      stream.close();
    } catch (IOException e) {
      LOG.debug("a stream of a command is gone", e);
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
