package org.ringfence.windows.command;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.TerminalSize;
import org.ringfence.kit.stdio.BoundStreams;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.kit.stdio.StdioPlan;
import org.ringfence.kit.stdio.StdioPlan.Connection;
import org.ringfence.spi.Launch;
import org.ringfence.windows.system.CallFailures;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/** The three streams of a command, or the pipes of the pseudo-console that replaces them. */
final class WindowsStreams extends BoundStreams<Handle, WindowsCallException>
    implements AutoCloseable {
  private final WindowsSystem windows;
  private final OptionalLong limit;
  private final List<Handle> childSide = new ArrayList<>();
  private List<Handle> standard = List.of();
  private Optional<CommandRequest.TerminalEnds> terminal = Optional.empty();

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
        streams.standard = streams.connect(StdioPlan.of(launch, Set.of()));
        for (Handle handle : streams.standard) {
          windows.processes().letInherit(handle);
        }
      }
      done = true;
      return streams;
    } catch (WindowsCallException e) {
      throw CallFailures.cannot("redirect", e);
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
    writeTo(keep(new PipeOutput(windows.processes(), keys.write())));
    readFrom(1, keep(new PipeInputStream(windows.processes(), screen.read())));
    terminal = Optional.of(new CommandRequest.TerminalEnds(size, keys.read(), screen.write()));
  }

  private Processes.Pipe pipe() throws WindowsCallException {
    return windows.processes().pipe();
  }

  private Handle child(Handle handle) {
    childSide.add(handle);
    return handle;
  }

  @Override
  protected Handle inputPipe() throws WindowsCallException {
    Processes.Pipe pipe = pipe();
    writeTo(keep(new BufferedOutputStream(new PipeOutput(windows.processes(), pipe.write()))));
    return child(pipe.read());
  }

  @Override
  protected OutputPipe<Handle> outputPipe() throws WindowsCallException {
    Processes.Pipe pipe = pipe();
    return new OutputPipe<>(
        child(pipe.write()), new PipeInputStream(windows.processes(), pipe.read()));
  }

  @Override
  protected Handle inherited(int number) throws WindowsCallException {
    return child(windows.processes().standard(number));
  }

  @Override
  protected Handle discarded(int number) throws WindowsCallException {
    return child(windows.files().openStream("NUL", true, false));
  }

  @Override
  protected Handle opened(File file, Connection way, int number) throws WindowsCallException {
    return child(
        windows
            .files()
            .openStream(file.getPath(), way != Connection.READ, way == Connection.APPEND));
  }

  @Override
  protected InputStream reading(CommandOutputs counting, InputStream pipe) {
    return counting.reading(pipe);
  }

  List<Handle> standard() {
    return standard;
  }

  Optional<CommandRequest.TerminalEnds> terminal() {
    return terminal;
  }

  /**
   * Closes the ends of the started command and begins to count its output.
   *
   * @param exceeded runs when the output exceeds its limit
   */
  void handOver(Runnable exceeded) {
    childSide.forEach(Handle::close);
    count(new CommandOutputs(limit, exceeded));
  }

  /** Reads the bytes left in the command's pipes, within the patience. */
  void settle(boolean close, Duration patience) {
    counting().settle(close && terminal.isEmpty(), patience);
  }

  /** Closes everything: the command was not started. */
  @Override
  public void close() {
    childSide.forEach(Handle::close);
    closeOurs();
  }
}
