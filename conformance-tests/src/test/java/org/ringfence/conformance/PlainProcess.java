package org.ringfence.conformance;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.ringfence.SandboxedProcess;
import org.ringfence.Termination;
import org.ringfence.Usage;

/** An unconfined process that poses as a sandboxed one. */
final class PlainProcess extends SandboxedProcess {
  private final long id;
  private final Process process;

  PlainProcess(long id, Process process) {
    this.id = id;
    this.process = process;
  }

  @Override
  public OutputStream getOutputStream() {
    return process.getOutputStream();
  }

  @Override
  public InputStream getInputStream() {
    return process.getInputStream();
  }

  @Override
  public InputStream getErrorStream() {
    return process.getErrorStream();
  }

  @Override
  public int waitFor() throws InterruptedException {
    return process.waitFor();
  }

  @Override
  public int exitValue() {
    return process.exitValue();
  }

  @Override
  public void destroy() {
    process.destroy();
  }

  @Override
  public long commandId() {
    return id;
  }

  @Override
  public Optional<Usage> usage() {
    return process.isAlive()
        ? Optional.empty()
        : Optional.of(new Usage(Optional.empty(), OptionalLong.empty(), Duration.ZERO));
  }

  @Override
  public Optional<Termination> termination() {
    return process.isAlive()
        ? Optional.empty()
        : Optional.of(new Termination(Termination.Cause.EXITED, process.exitValue(), 0));
  }
}
