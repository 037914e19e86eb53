package org.ringfence.kit.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CommandOutputsTest {

  /**
   * A pipe in memory. Like a pipe of the kernel, it blocks a read until bytes or the end arrive.
   */
  private static final class FakePipe extends InputStream {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final CountDownLatch readerWaits = new CountDownLatch(1);
    private int position;
    private boolean ended;
    private boolean closed;

    synchronized void write(String text) {
      written.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
      notifyAll();
    }

    synchronized void end() {
      ended = true;
      notifyAll();
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("streams read blocks");
    }

    @Override
    public synchronized int read(byte[] buffer, int offset, int length) throws IOException {
      while (available() == 0 && !ended) {
        readerWaits.countDown();
        try {
          wait();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      int count = Math.min(length, available());
      System.arraycopy(written.toByteArray(), position, buffer, offset, count);
      position += count;
      return count == 0 ? -1 : count;
    }

    @Override
    public synchronized int available() {
      return written.size() - position;
    }

    @Override
    public synchronized void close() {
      closed = true;
    }
  }

  private final AtomicInteger kills = new AtomicInteger();
  private final AtomicInteger ends = new AtomicInteger();

  private CommandOutputs limited(long bytes) {
    return new CommandOutputs(OptionalLong.of(bytes), kills::incrementAndGet);
  }

  @Test
  void unreadBytesAreCountedBeforeTheEndIsReported() {
    CommandOutputs outputs = limited(1_000);
    FakePipe pipe = new FakePipe();
    outputs.reading(pipe);
    pipe.write("x".repeat(5_000));
    outputs.settle(true, ends::incrementAndGet);
    assertThat(ends).hasValue(1);
    assertThat(outputs.exceeded()).isTrue();
    assertThat(kills).hasPositiveValue();
  }

  @Test
  void outputAtTheLimitDoesNotExceedIt() throws IOException {
    CommandOutputs outputs = limited(10);
    FakePipe out = new FakePipe();
    FakePipe err = new FakePipe();
    InputStream first = outputs.reading(out);
    InputStream second = outputs.reading(err);
    out.write("12345");
    err.write("67890");
    outputs.settle(true, ends::incrementAndGet);
    assertThat(outputs.exceeded()).isFalse();
    assertThat(new String(first.readAllBytes(), StandardCharsets.US_ASCII)).isEqualTo("12345");
    assertThat(new String(second.readAllBytes(), StandardCharsets.US_ASCII)).isEqualTo("67890");
  }

  @Test
  void bytesStayReadableAfterThePipeIsClosed() throws IOException {
    CommandOutputs outputs = new CommandOutputs(OptionalLong.empty(), kills::incrementAndGet);
    FakePipe pipe = new FakePipe();
    InputStream stream = outputs.reading(pipe);
    pipe.write("late words");
    outputs.settle(true, ends::incrementAndGet);
    assertThat(pipe.closed).isTrue();
    assertThat(stream.available()).isEqualTo(10);
    assertThat(new String(stream.readAllBytes(), StandardCharsets.US_ASCII))
        .isEqualTo("late words");
    assertThat(kills).hasValue(0);
  }

  @Test
  void blockedReaderSettlesItsStream() throws Exception {
    CommandOutputs outputs = limited(3);
    FakePipe pipe = new FakePipe();
    InputStream stream = outputs.reading(pipe);
    CompletableFuture<byte[]> reader =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return stream.readAllBytes();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    pipe.readerWaits.await();
    outputs.settle(true, ends::incrementAndGet);
    assertThat(ends).as("the reader may hold bytes that are not counted yet").hasValue(0);
    pipe.write("12345");
    pipe.end();
    assertThat(reader.get(30, TimeUnit.SECONDS)).hasSize(3);
    assertThat(ends).hasValue(1);
    assertThat(outputs.exceeded()).isTrue();
  }

  @Test
  void redirectedOutputIsWrittenBeforeTheEndIsReported() throws Exception {
    CommandOutputs outputs = new CommandOutputs(OptionalLong.of(100), kills::incrementAndGet);
    FakePipe pipe = new FakePipe();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    CompletableFuture<Integer> sizeAtEnd = new CompletableFuture<>();
    outputs.pump(pipe, file);
    pipe.write("all of it");
    outputs.settle(true, () -> sizeAtEnd.complete(file.size()));
    pipe.end();
    assertThat(sizeAtEnd.get(30, TimeUnit.SECONDS)).isEqualTo(9);
  }

  @Test
  void pipeOfRemainingProcessStaysOpen() throws IOException {
    CommandOutputs outputs = new CommandOutputs(OptionalLong.empty(), kills::incrementAndGet);
    FakePipe pipe = new FakePipe();
    InputStream stream = outputs.reading(pipe);
    pipe.write("before ");
    outputs.settle(false, ends::incrementAndGet);
    pipe.write("after");
    pipe.end();
    assertThat(pipe.closed).isFalse();
    assertThat(new String(stream.readAllBytes(), StandardCharsets.US_ASCII))
        .isEqualTo("before after");
  }

  @Test
  void endIsReportedOnceIfAPipeNeverSettles() throws Exception {
    CommandOutputs outputs = new CommandOutputs(OptionalLong.empty(), kills::incrementAndGet);
    FakePipe pipe = new FakePipe();
    InputStream stream = outputs.reading(pipe);
    CompletableFuture<Integer> reader =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return stream.read();
              } catch (IOException e) {
                return -2;
              }
            });
    pipe.readerWaits.await();
    outputs.settle(true, ends::incrementAndGet);
    outputs.settleNow();
    assertThat(ends).hasValue(1);
    pipe.end();
    assertThat(reader.get(30, TimeUnit.SECONDS)).isEqualTo(-1);
    assertThat(ends).hasValue(1);
  }

  @Test
  void drainThatFailsForWantOfMemoryIsRepeatedAndLosesNoByte() throws Exception {
    CommandOutputs outputs = new CommandOutputs(OptionalLong.empty(), () -> {});
    AtomicInteger looks = new AtomicInteger();
    InputStream full =
        new ByteArrayInputStream("left".getBytes(StandardCharsets.US_ASCII)) {
          @Override
          public int available() {
            if (looks.getAndIncrement() == 0) {
              throw new OutOfMemoryError("the heap is full");
            }
            return super.available();
          }
        };
    InputStream first = outputs.reading(new ByteArrayInputStream(new byte[] {'a'}));
    InputStream second = outputs.reading(full);

    assertThatThrownBy(() -> outputs.settle(true, ends::incrementAndGet))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(ends).hasValue(0);
    outputs.settle(true, ends::incrementAndGet);

    assertThat(ends).hasValue(1);
    assertThat(first.readAllBytes()).containsExactly('a');
    assertThat(second.readAllBytes()).asString(StandardCharsets.US_ASCII).isEqualTo("left");
  }
}
