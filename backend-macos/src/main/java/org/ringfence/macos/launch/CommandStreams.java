package org.ringfence.macos.launch;

import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.macos.bind.Posix;
import org.ringfence.macos.bind.Posix.Source;
import org.ringfence.spi.Launch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The three streams of a command, or the terminal in their place. */
final class CommandStreams implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CommandStreams.class);

  private final Posix posix;
  private final List<Source> standard = new ArrayList<>();
  private final List<Integer> childSide = new ArrayList<>();
  private final List<AutoCloseable> ourSide = new ArrayList<>();
  private final List<Pump> pumps = new ArrayList<>();
  private OutputStream input = OutputStream.nullOutputStream();
  private InputStream output = InputStream.nullInputStream();
  private InputStream error = InputStream.nullInputStream();
  private Optional<String> terminal = Optional.empty();
  private OutputStream inputPipe;
  private CommandOutputs outputs;
  private boolean handedOver;

  private record Pump(InputStream from, OutputStream to) {}

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
        boolean limited = launch.limits().outputBytes().isPresent();
        streams.input(launch.input());
        streams.output(launch.output(), 1, limited);
        if (launch.mergeError()) {
          streams.standard.add(streams.standard.get(1));
        } else {
          streams.output(launch.error(), 2, limited);
        }
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

  private InputStream reading(int fd) throws IOException {
    try {
      // A file stream asks for its position, which a pipe does not have.
      InputStream stream = new FilterInputStream(new FileInputStream(name(fd))) {};
      ourSide.add(stream);
      return stream;
    } finally {
      posix.close(fd);
    }
  }

  private OutputStream writing(int fd) throws IOException {
    try {
      OutputStream stream = new FileOutputStream(name(fd));
      ourSide.add(stream);
      return stream;
    } finally {
      posix.close(fd);
    }
  }

  private void onTerminal() throws IOException {
    Posix.Terminal made = posix.terminal();
    TerminalMaster master = new TerminalMaster(posix, made.master());
    ourSide.add(master);
    input = master.typed();
    output = master.shown();
    terminal = Optional.of(made.path());
    for (int number = 0; number < 3; number++) {
      standard.add(new Source.Opened(made.path(), Source.Mode.BOTH));
    }
  }

  private void input(Redirect redirect) throws IOException {
    switch (redirect.type()) {
      case PIPE -> {
        Posix.Pipe pipe = posix.pipe();
        childSide.add(pipe.read());
        inputPipe = writing(pipe.write());
        input = inputPipe;
        standard.add(new Source.Descriptor(pipe.read()));
      }
      case INHERIT -> standard.add(new Source.Descriptor(0));
      default -> standard.add(new Source.Opened(redirect.file().getPath(), Source.Mode.READ));
    }
  }

  private void output(Redirect redirect, int number, boolean limited) throws IOException {
    if (redirect.type() == Redirect.Type.PIPE || limited) {
      Posix.Pipe pipe = posix.pipe();
      childSide.add(pipe.write());
      InputStream from = reading(pipe.read());
      standard.add(new Source.Descriptor(pipe.write()));
      if (redirect.type() != Redirect.Type.PIPE) {
        pumps.add(new Pump(from, target(redirect, number)));
      } else if (number == 1) {
        output = from;
      } else {
        error = from;
      }
      return;
    }
    standard.add(
        switch (redirect.type()) {
          case INHERIT -> new Source.Descriptor(number);
          case APPEND -> new Source.Opened(redirect.file().getPath(), Source.Mode.APPEND);
          default -> new Source.Opened(redirect.file().getPath(), Source.Mode.WRITE);
        });
  }

  private static OutputStream target(Redirect redirect, int number) throws IOException {
    return redirect.type() == Redirect.Type.INHERIT
        ? CommandOutputs.ofThisJvm(number)
        : new FileOutputStream(redirect.file(), redirect.type() == Redirect.Type.APPEND);
  }

  /** Returns the sources of descriptors 0, 1 and 2. */
  List<Source> standard() {
    return List.copyOf(standard);
  }

  /** Returns the path of the terminal. The command opens it itself: so it becomes its own. */
  Optional<String> terminal() {
    return terminal;
  }

  /** Hands these streams over to the process; its output is counted. */
  void handOver(CommandOutputs counted) {
    handedOver = true;
    outputs = counted;
    pumps.forEach(pump -> counted.pump(pump.from(), pump.to()));
    output = reading(output);
    error = reading(error);
  }

  private InputStream reading(InputStream pipe) {
    return ourSide.contains(pipe) || terminal.isPresent()
        ? new BufferedInputStream(outputs.reading(pipe))
        : pipe;
  }

  /** Drains the command's pipes, and waits no longer than the patience. */
  void settle(boolean close, Duration patience) {
    if (inputPipe != null) {
      try {
        inputPipe.close();
      } catch (IOException e) {
        LOG.debug("standard input is gone", e);
      }
    }
    outputs.settle(close && terminal.isEmpty(), patience);
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

  /** Closes the streams that only the child needs; all streams, when it was not started. */
  @Override
  public void close() {
    childSide.forEach(posix::close);
    childSide.clear();
    if (handedOver) {
      return;
    }
    for (AutoCloseable one : ourSide) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException("a pipe cannot be closed", e);
      }
    }
  }
}
