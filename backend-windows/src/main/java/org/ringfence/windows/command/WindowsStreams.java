package org.ringfence.windows.command;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.ringfence.SandboxException;
import org.ringfence.TerminalSize;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.spi.Launch;
import org.ringfence.windows.system.Failures;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/** The three streams of a command, or the pipes of the pseudo-console that replaces them. */
final class WindowsStreams implements AutoCloseable {
  private final WindowsSystem windows;
  private final OptionalLong limit;
  private CommandOutputs outputs;
  private final List<Handle> standard = new ArrayList<>();
  private final List<Handle> childSide = new ArrayList<>();
  private final List<AutoCloseable> ourSide = new ArrayList<>();
  private final List<Pump> pumps = new ArrayList<>();
  private Optional<CommandRequest.TerminalEnds> terminal = Optional.empty();
  private OutputStream input = OutputStream.nullOutputStream();
  private InputStream output = InputStream.nullInputStream();
  private InputStream error = InputStream.nullInputStream();

  private record Pump(InputStream from, OutputStream to) {}

  private WindowsStreams(WindowsSystem windows, OptionalLong limit) {
    this.windows = windows;
    this.limit = limit;
  }

  static WindowsStreams open(WindowsSystem windows, Launch launch) throws SandboxException {
    WindowsStreams streams = new WindowsStreams(windows, launch.limits().outputBytes());
    boolean done = false;
    try {
      if (launch.terminal().isPresent()) {
        streams.onConsole(launch.terminal().get());
      } else {
        streams.standard.add(streams.input(launch.input()));
        streams.standard.add(streams.output(launch.output(), 1));
        streams.standard.add(
            launch.mergeError() ? streams.standard.get(1) : streams.output(launch.error(), 2));
        for (Handle handle : streams.standard) {
          windows.processes().letInherit(handle);
        }
      }
      done = true;
      return streams;
    } catch (WindowsCallException e) {
      throw Failures.cannot("redirect", e);
    } catch (IOException e) {
      throw new SandboxException("redirect: " + e.getMessage(), e);
    } finally {
      if (!done) {
        streams.close();
      }
    }
  }

  private void onConsole(TerminalSize size) throws WindowsCallException {
    Processes.Pipe keys = pipe();
    Processes.Pipe screen = pipe();
    childSide.add(keys.read());
    childSide.add(screen.write());
    input = keep(new PipeOutput(windows.processes(), keys.write()));
    output = keep(new PipeInput(windows.processes(), screen.read()));
    terminal = Optional.of(new CommandRequest.TerminalEnds(size, keys.read(), screen.write()));
  }

  private Processes.Pipe pipe() throws WindowsCallException {
    return windows.processes().pipe();
  }

  private <T extends AutoCloseable> T keep(T stream) {
    ourSide.add(stream);
    return stream;
  }

  private Handle child(Handle handle) {
    childSide.add(handle);
    return handle;
  }

  private Handle input(Redirect redirect) throws WindowsCallException {
    switch (redirect.type()) {
      case INHERIT:
        return child(windows.processes().standard(0));
      case PIPE:
        Processes.Pipe pipe = pipe();
        input = new BufferedOutputStream(keep(new PipeOutput(windows.processes(), pipe.write())));
        return child(pipe.read());
      default:
        return child(windows.files().openStream(path(redirect), false, false));
    }
  }

  private Handle output(Redirect redirect, int number) throws WindowsCallException, IOException {
    boolean piped = redirect.type() == Redirect.Type.PIPE;
    if (piped || limit.isPresent()) {
      Processes.Pipe pipe = pipe();
      child(pipe.write());
      InputStream from = keep(new PipeInput(windows.processes(), pipe.read()));
      if (!piped) {
        pumps.add(new Pump(from, target(redirect, number)));
      } else if (number == 1) {
        output = from;
      } else {
        error = from;
      }
      return pipe.write();
    }
    return child(
        redirect.type() == Redirect.Type.INHERIT
            ? windows.processes().standard(number)
            : windows
                .files()
                .openStream(path(redirect), true, redirect.type() == Redirect.Type.APPEND));
  }

  private static String path(Redirect redirect) {
    return redirect.file().getPath();
  }

  private static OutputStream target(Redirect redirect, int number) throws IOException {
    return redirect.type() == Redirect.Type.INHERIT
        ? CommandOutputs.ofThisJvm(number)
        : new FileOutputStream(redirect.file(), redirect.type() == Redirect.Type.APPEND);
  }

  List<Handle> standard() {
    return List.copyOf(standard);
  }

  Optional<CommandRequest.TerminalEnds> terminal() {
    return terminal;
  }

  OutputStream input() {
    return input;
  }

  InputStream output() {
    return output;
  }

  InputStream error() {
    return error;
  }

  /**
   * Closes the ends of the started command and begins to count its output.
   *
   * @param exceeded runs when the output exceeds its limit
   */
  void handOver(Runnable exceeded) {
    childSide.forEach(Handle::close);
    outputs = new CommandOutputs(limit, exceeded);
    pumps.forEach(pump -> outputs.pump(pump.from(), pump.to()));
    output = reading(output);
    error = reading(error);
  }

  private InputStream reading(InputStream pipe) {
    return pipe instanceof PipeInput ? outputs.reading(pipe) : pipe;
  }

  /** Reads the bytes left in the command's pipes, within the patience. */
  void settle(boolean close, Duration patience) {
    outputs.settle(close && terminal.isEmpty(), patience);
  }

  /** Closes everything: the command was not started. */
  @Override
  public void close() {
    childSide.forEach(Handle::close);
    List<AutoCloseable> all = new ArrayList<>(ourSide);
    pumps.forEach(pump -> all.add(pump.to()));
    for (AutoCloseable one : all) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException("a stream cannot be closed", e);
      }
    }
  }
}
