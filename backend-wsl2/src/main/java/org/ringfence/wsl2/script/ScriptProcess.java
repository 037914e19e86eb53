package org.ringfence.wsl2.script;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.SandboxException;
import org.ringfence.TerminalSize;
import org.ringfence.Termination;
import org.ringfence.Termination.Cause;
import org.ringfence.kit.process.Alarm;
import org.ringfence.kit.process.ExitStatus;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.spi.Launch;
import org.ringfence.wsl2.distribution.DistributionProcess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command that scripts have started: its streams are those of its own {@code wsl.exe}. */
final class ScriptProcess extends DistributionProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ScriptProcess.class);
  // bubblewrap.c, report_child_exit_status: the last line of its status.
  private static final Pattern EXIT = Pattern.compile("\"exit-code\"\\s*:\\s*([0-9]{1,3})");
  private static final int START_SECONDS = 60;
  private static final int POLL_MILLIS = 5;
  private static final Duration SETTLING = Duration.ofSeconds(2);

  private final ScriptGuest guest;
  private final String own;
  private final Process wsl;
  private final boolean terminal;
  private final CommandOutputs outputs;
  private final InputStream output;
  private final InputStream error;

  ScriptProcess(ScriptGuest guest, String own, Process wsl, Launch launch, Alarm alarm) {
    super(launch.id(), launch.limits().grace(), alarm);
    this.guest = guest;
    this.own = own;
    this.wsl = wsl;
    this.terminal = launch.terminal().isPresent();
    this.outputs = new CommandOutputs(launch.limits().outputBytes(), this::outputLimitReached);
    this.output = outputs.reading(wsl.getInputStream());
    this.error = outputs.reading(new MarkedInput(wsl.getErrorStream()));
    streams(wsl.getOutputStream(), output, error);
  }

  @Override
  protected OutputStream sent() {
    return wsl.getOutputStream();
  }

  @Override
  protected InputStream received(boolean ofError) {
    return ofError ? error : output;
  }

  @Override
  protected void release() {
    // The streams end with their process.
  }

  /** Waits until the script has become the command. */
  void awaitStarted() throws SandboxException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    try {
      while (System.nanoTime() < deadline) {
        boolean ended = !wsl.isAlive();
        Optional<String> root = guest.ask("root " + own);
        if (root.isPresent()) {
          started(Long.parseLong(root.get()));
          return;
        }
        if (ended) {
          throw new SandboxException("launch: " + failure());
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
      throw new SandboxException("launch: wsl.exe does not start it in " + START_SECONDS + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while the command started", e);
    }
  }

  private String failure() throws SandboxException {
    String told =
        new String(
                ScriptGuest.decoded(guest.ask("failed " + own).orElse("")), StandardCharsets.UTF_8)
            .strip();
    return told.isEmpty() ? "wsl.exe ended with " + wsl.exitValue() : told;
  }

  /** Reports its end when it comes. */
  void watch(Executor watching, Runnable whenGone) {
    watching.execute(
        () -> {
          try {
            wsl.waitFor();
            // Java has taken all that is in the pipes at the end of wsl.exe.
            outputs.settle(true, SETTLING);
            Termination how = ending();
            whenGone.run();
            finish(how);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static Optional<Integer> exit(String status) {
    Matcher matcher = EXIT.matcher(status);
    return matcher.find() ? Optional.of(Integer.valueOf(matcher.group(1))) : Optional.empty();
  }

  private Termination ending() {
    Optional<Integer> told = Optional.empty();
    try {
      told =
          exit(
              new String(ScriptGuest.decoded(guest.need("status " + own)), StandardCharsets.UTF_8));
      guest.ask("remove " + own);
    } catch (SandboxException e) {
      LOG.debug("the guest has gone before it told of an end", e);
      intend(Cause.DESTROYED);
    }
    // bubblewrap writes no status when it is killed itself.
    return terminationOf(told.map(ExitStatus::ofShell).orElse(ExitStatus.KILLED));
  }

  @Override
  protected void askToEnd() {
    try {
      guest.ask("terminate " + own);
    } catch (SandboxException e) {
      LOG.debug("the guest has gone, and with it the command", e);
    }
  }

  @Override
  protected void kill() {
    try {
      guest.ask("end " + own);
    } catch (SandboxException e) {
      LOG.debug("the guest has gone, and with it the command", e);
      wsl.destroyForcibly();
    }
  }

  @Override
  public void resize(TerminalSize size) {
    if (!terminal) {
      super.resize(size);
      return;
    }
    try {
      guest.ask("size " + own + " " + size.rows() + " " + size.columns());
    } catch (SandboxException e) {
      LOG.debug("the guest has gone", e);
    }
  }
}
