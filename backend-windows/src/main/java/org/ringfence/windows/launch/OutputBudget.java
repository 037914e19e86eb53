package org.ringfence.windows.launch;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the bytes of both output streams together and cuts them off at the limit, if any. */
final class OutputBudget {
  private static final Logger LOG = LoggerFactory.getLogger(OutputBudget.class);

  private final AtomicLong left;
  private final Runnable exceeded;

  OutputBudget(OptionalLong bytes, Runnable exceeded) {
    this.left = new AtomicLong(bytes.orElse(Long.MAX_VALUE));
    this.exceeded = exceeded;
  }

  InputStream count(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        if (read <= 0) {
          return read;
        }
        long before = left.getAndUpdate(now -> Math.max(0, now - read));
        if (before < read) {
          exceeded.run();
        }
        return before == 0 ? -1 : (int) Math.min(before, read);
      }
    };
  }

  /** Copies on a thread of its own until the other end is closed. */
  void pump(InputStream in, OutputStream out) {
    Thread thread =
        new Thread(
            () -> {
              try (InputStream counted = count(in);
                  OutputStream target = out) {
                counted.transferTo(target);
              } catch (IOException e) {
                LOG.debug("output stopped", e);
              }
            },
            "ringfence-output");
    thread.setDaemon(true);
    thread.start();
  }
}
