package org.ringfence.macos.launch;

import java.io.BufferedInputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.kit.stdio.BoundStreams;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.kit.stdio.PipeReader;
import org.ringfence.kit.stdio.StdioPlan;
import org.ringfence.kit.stdio.StdioPlan.Connection;
import org.ringfence.macos.bind.Posix;
import org.ringfence.macos.bind.Posix.Source;
import org.ringfence.spi.Launch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The three streams of a command, or the terminal in their place. */
final class CommandStreams extends BoundStreams<Source, RuntimeException> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CommandStreams.class);

  private final Posix posix;
  private final List<Integer> childSide = new ArrayList<>();
  private List<Source> standard = List.of();
  private Optional<String> terminal = Optional.empty();
  private OutputStream inputPipe = OutputStream.nullOutputStream();
  private boolean handedOver;

  private CommandStreams(Posix posix) {
    this.posix = posix;
  }

  static CommandStreams open(Posix posix, Launch launch) throws IOException {
    CommandStreams streams = new CommandStreams(posix);
    boolean done = false;
    try {
      if (launch.terminal().isPresent()) {
        streams.onTerminal();
      } else {
        streams.standard = streams.connect(StdioPlan.of(launch, Set.of()));
      }
      done = true;
      return streams;
    } finally {
      if (!done) {
        streams.close();
      }
    }
  }

  /** Returns the path of a descriptor: opening it duplicates the descriptor. */
  private static String name(int fd) {
    return "/dev/fd/" + fd;
  }

  private void onTerminal() throws IOException {
    Posix.Terminal made = posix.terminal();
    TerminalMaster master = keep(new TerminalMaster(posix, made.master()));
    writeTo(master.typed());
    readFrom(1, keep(master.shown()));
    // macOS forgets a terminal's size when no process has this side open any more.
    childSide.add(posix.openTerminal(made.path()));
    terminal = Optional.of(made.path());
    Source both = new Source.Opened(made.path(), Source.Mode.BOTH);
    standard = List.of(both, both, both);
  }

  @Override
  protected Source inputPipe() throws IOException {
    Posix.Pipe pipe = posix.pipe();
    childSide.add(pipe.read());
    try {
      inputPipe = keep(new FileOutputStream(name(pipe.write())));
    } finally {
      posix.close(pipe.write());
    }
    writeTo(inputPipe);
    return new Source.Descriptor(pipe.read());
  }

  @Override
  protected OutputPipe<Source> outputPipe() throws IOException {
    Posix.Pipe pipe = posix.pipe();
    childSide.add(pipe.write());
    try {
      return new OutputPipe<>(
          new Source.Descriptor(pipe.write()), new PipeReader(name(pipe.read())));
    } finally {
      posix.close(pipe.read());
    }
  }

  @Override
  protected Source inherited(int number) {
    return new Source.Descriptor(number);
  }

  @Override
  protected Source discarded(int number) {
    return new Source.Opened("/dev/null", Source.Mode.WRITE);
  }

  @Override
  protected Source opened(File file, Connection way, int number) {
    return new Source.Opened(
        file.getPath(),
        switch (way) {
          case READ -> Source.Mode.READ;
          case APPEND -> Source.Mode.APPEND;
          default -> Source.Mode.WRITE;
        });
  }

  @Override
  protected InputStream reading(CommandOutputs counting, InputStream pipe) {
    return new BufferedInputStream(counting.reading(pipe));
  }

  /** Returns the sources of descriptors 0, 1 and 2. */
  List<Source> standard() {
    return standard;
  }

  /** Returns the path of the terminal. The command opens it itself: so it becomes its own. */
  Optional<String> terminal() {
    return terminal;
  }

  /** Hands these streams over to the process; its output is counted. */
  void handOver(CommandOutputs counted) {
    handedOver = true;
    count(counted);
  }

  /** Drains the command's pipes, and waits no longer than the patience. */
  void settle(boolean close, Duration patience) {
    try {
      inputPipe.close();
    } catch (IOException e) {
      LOG.debug("standard input is gone", e);
    }
    counting().settle(close && terminal.isEmpty(), patience);
  }

  /** Closes the streams that only the child needs; all streams, when it was not started. */
  @Override
  public void close() {
    childSide.forEach(posix::close);
    childSide.clear();
    if (!handedOver) {
      closeOurs();
    }
  }
}
