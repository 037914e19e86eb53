package org.ringfence.wsl2.distribution;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.kit.stdio.StdioPlan;
import org.ringfence.kit.stdio.StdioPlan.Connection;
import org.ringfence.kit.stdio.StreamCopy;
import org.ringfence.spi.Launch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files on this side that a command's streams are redirected to. */
public final class Redirections {
  private static final Logger LOG = LoggerFactory.getLogger(Redirections.class);

  private final DistributionProcess process;
  private Optional<InputStream> input = Optional.empty();
  private Optional<OutputStream> output = Optional.empty();
  private Optional<OutputStream> error = Optional.empty();

  public Redirections(Launch launch, DistributionProcess process) throws SandboxException {
    this.process = process;
    if (launch.terminal().isPresent()) {
      return;
    }
    boolean done = false;
    try {
      StdioPlan plan = StdioPlan.of(launch, Set.of());
      input = source(plan.input());
      output = target(plan.output(), 1);
      error = target(plan.error(), 2);
      done = true;
    } catch (IOException e) {
      throw new SandboxException("redirect: " + e.getMessage(), e);
    } finally {
      if (!done) {
        close();
      }
    }
    process.redirected(input.isPresent(), output.isPresent(), error.isPresent());
  }

  private static Optional<InputStream> source(StdioPlan.Stream stream) throws IOException {
    return switch (stream.connection()) {
      case PIPE -> Optional.empty();
      case INHERIT ->
          Optional.of(
              new FilterInputStream(new FileInputStream(FileDescriptor.in)) {
                @Override
                public void close() {
                  // It belongs to this process.
                }
              });
      case DISCARD -> Optional.of(InputStream.nullInputStream());
      default -> Optional.of(new FileInputStream(stream.file().orElseThrow()));
    };
  }

  private static Optional<OutputStream> target(StdioPlan.Stream stream, int number)
      throws IOException {
    return switch (stream.connection()) {
      // The other system merges them.
      case PIPE, MERGE -> Optional.empty();
      case INHERIT -> Optional.of(CommandOutputs.ofThisJvm(number));
      case DISCARD -> Optional.of(OutputStream.nullOutputStream());
      default ->
          Optional.of(
              new FileOutputStream(
                  stream.file().orElseThrow(), stream.connection() == Connection.APPEND));
    };
  }

  public void feed() {
    input.ifPresent(from -> copy(from, process.sent()));
  }

  public void take() {
    output.ifPresent(to -> process.pumps(copy(process.received(false), to)));
    error.ifPresent(to -> process.pumps(copy(process.received(true), to)));
  }

  private static Thread copy(InputStream from, OutputStream to) {
    return StreamCopy.start("ringfence-redirect", from, to, () -> {});
  }

  public void close() {
    input.ifPresent(Redirections::close);
    output.ifPresent(Redirections::close);
    error.ifPresent(Redirections::close);
  }

  private static void close(AutoCloseable stream) {
    try {
      stream.close();
    } catch (Exception e) {
      LOG.debug("a redirected stream cannot be closed", e);
    }
  }
}
