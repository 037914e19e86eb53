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
import org.ringfence.SandboxException;
import org.ringfence.spi.Launch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files on this side that a command's streams are redirected to. */
final class Redirections {
  private static final Logger LOG = LoggerFactory.getLogger(Redirections.class);
  private static final int CHUNK = 32 * 1024;

  private final DistributionProcess process;
  private InputStream input;
  private OutputStream output;
  private OutputStream error;

  Redirections(Launch launch, DistributionProcess process) throws SandboxException {
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
              // It belongs to this process.
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
              // It belongs to this process.
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
