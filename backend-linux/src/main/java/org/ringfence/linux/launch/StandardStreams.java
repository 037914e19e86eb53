package org.ringfence.linux.launch;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.ringfence.SandboxException;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.PathObject;
import org.ringfence.linux.stream.InputPump;
import org.ringfence.linux.stream.OutputPump;
import org.ringfence.linux.stream.PipeInput;
import org.ringfence.linux.stream.PseudoTerminal;
import org.ringfence.linux.stream.RedirectedFiles;
import org.ringfence.linux.stream.StreamGate;
import org.ringfence.linux.stream.StreamPumps;
import org.ringfence.spi.Launch;

/**
 * The command's standard streams: descriptors for the child, streams for the parent. With an output
 * limit all output goes through this JVM's pipes, even redirected output.
 */
final class StandardStreams implements AutoCloseable {
  private final RedirectedFiles files;
  private final Descriptors descriptors;
  private final List<Integer> childSide = new ArrayList<>();
  private final List<Integer> parentSide = new ArrayList<>();
  private final int[] standard = new int[3];
  private final OptionalLong limit;
  private OutputStream input = OutputStream.nullOutputStream();
  private InputStream output = InputStream.nullInputStream();
  private InputStream error = InputStream.nullInputStream();
  private final List<Pump> pumps = new ArrayList<>();
  private final StreamPumps copies = new StreamPumps();
  private final Kernel kernel;
  private final StreamGate gate;
  private PseudoTerminal terminal;
  private int copiedOutput = -1;
  private Closeable inputPipe = () -> {};
  private boolean handedOver;

  /** Redirected output that is counted on its way. */
  private record Pump(InputStream from, OutputStream to) {}

  private StandardStreams(
      Kernel kernel,
      Descriptors descriptors,
      StreamGate gate,
      RedirectedFiles files,
      OptionalLong limit) {
    this.kernel = kernel;
    this.files = files;
    this.descriptors = descriptors;
    this.gate = gate;
    this.limit = limit;
  }

  static StandardStreams open(
      Kernel kernel, Descriptors descriptors, StreamGate gate, RedirectedFiles files, Launch launch)
      throws SandboxException {
    StandardStreams streams =
        new StandardStreams(kernel, descriptors, gate, files, launch.limits().outputBytes());
    boolean done = false;
    try {
      if (launch.terminal().isPresent()) {
        streams.onTerminal(PseudoTerminal.open(kernel, launch.terminal().get()));
        gate.made(streams.terminal.master());
        done = true;
        return streams;
      }
      streams.standard[0] = streams.input(launch.input());
      streams.standard[1] = streams.output(launch.output(), 1);
      streams.standard[2] =
          launch.mergeError() ? streams.standard[1] : streams.output(launch.error(), 2);
      done = true;
      return streams;
    } catch (IOException e) {
      throw new SandboxException("redirect: " + e.getMessage(), e);
    } finally {
      if (!done) {
        streams.close();
      }
    }
  }

  private void onTerminal(PseudoTerminal made) {
    terminal = made;
    java.util.Arrays.fill(standard, made.slave());
    input = made.input();
    output = made.output();
  }

  private int input(Redirect redirect) throws IOException, SandboxException {
    switch (redirect.type()) {
      case INHERIT:
        return inherited(0);
      case PIPE:
        int[] ends = descriptors.pipe();
        childSide.add(ends[0]);
        parentSide.add(ends[1]);
        FileOutputStream pipe = new FileOutputStream(PathObject.own(ends[1]));
        inputPipe = pipe;
        input = new BufferedOutputStream(pipe);
        return ends[0];
      default:
        return opened(redirect.file(), 0, Constants.O_RDONLY);
    }
  }

  private int output(Redirect redirect, int number) throws IOException, SandboxException {
    if (redirect.type() == Redirect.Type.PIPE || limit.isPresent()) {
      int[] ends = descriptors.pipe();
      childSide.add(ends[1]);
      parentSide.add(ends[0]);
      InputStream from = new PipeInput(ends[0]);
      if (redirect.type() != Redirect.Type.PIPE) {
        pumps.add(new Pump(from, target(redirect, number)));
      } else if (number == 1) {
        output = from;
      } else {
        error = from;
      }
      return ends[1];
    }
    return switch (redirect.type()) {
      case INHERIT -> inherited(number);
      case APPEND ->
          opened(
              redirect.file(), number, Constants.O_WRONLY | Constants.O_CREAT | Constants.O_APPEND);
      default ->
          opened(
              redirect.file(), number, Constants.O_WRONLY | Constants.O_CREAT | Constants.O_TRUNC);
    };
  }

  private OutputStream target(Redirect redirect, int number) throws IOException {
    if (redirect.type() == Redirect.Type.INHERIT) {
      return files.isClosed(number)
          ? OutputStream.nullOutputStream()
          : CommandOutputs.ofThisJvm(number);
    }
    boolean append = redirect.type() == Redirect.Type.APPEND;
    int flags =
        Constants.O_WRONLY | Constants.O_CREAT | (append ? Constants.O_APPEND : Constants.O_TRUNC);
    int fd = files.open(redirect.file().toPath(), flags);
    childSide.add(fd);
    return new FileOutputStream(PathObject.own(fd), append);
  }

  /**
   * Returns a stream of this JVM; the null device if it has none, or has one of its own files in
   * that place.
   */
  private int inherited(int number) throws IOException, SandboxException {
    if (!files.isClosed(number)) {
      return handed(number, number, false);
    }
    int fd = descriptors.open("/dev/null", Constants.O_RDWR, 0);
    childSide.add(fd);
    return fd;
  }

  private int opened(File file, int number, int flags) throws IOException, SandboxException {
    int fd = files.open(file.toPath(), flags | Constants.O_NOCTTY);
    boolean kept = false;
    try {
      int given = handed(fd, number, true);
      kept = true;
      return given;
    } finally {
      if (!kept) {
        descriptors.close(fd);
      }
    }
  }

  /**
   * Returns the descriptor that the command gets for another: the same one, or a pipe.
   *
   * @param fd the descriptor
   * @param number the stream that it becomes
   * @param ours whether this JVM opened it, and closes it
   */
  private int handed(int fd, int number, boolean ours) throws IOException, SandboxException {
    if (gate.way(fd, number) == StreamGate.Way.AS_IT_IS) {
      if (ours) {
        childSide.add(fd);
      }
      return fd;
    }
    if (number == 2 && !ours && copiedOutput >= 0 && gate.same(1, 2)) {
      // One pipe for both keeps the order of the writes.
      return copiedOutput;
    }
    int[] ends = descriptors.pipe();
    int child = number == 0 ? ends[0] : ends[1];
    childSide.add(child);
    int end = number == 0 ? ends[1] : ends[0];
    boolean done = false;
    int look = -1;
    try {
      look = number == 0 ? descriptors.copy(child) : -1;
      copies.add(
          number == 0
              ? new InputPump(kernel, end, look, fd, ours)
              : new OutputPump(kernel, end, fd, ours));
      done = true;
    } finally {
      if (!done) {
        descriptors.close(end);
        descriptors.close(look);
      }
    }
    if (number == 1 && !ours) {
      copiedOutput = child;
    }
    return child;
  }

  /** Returns the descriptors that become 0, 1 and 2. */
  int[] standard() {
    return standard.clone();
  }

  /**
   * Returns the parent's ends. Counts output when there is a limit.
   *
   * @param process ends when the limit is reached
   */
  LinuxProcess.Streams parent(LinuxProcess process) {
    CommandOutputs outputs = new CommandOutputs(limit, process::outputLimitReached);
    for (Pump pump : pumps) {
      outputs.pump(pump.from(), pump.to());
    }
    return new LinuxProcess.Streams(
        input,
        inputPipe,
        reading(outputs, output),
        reading(outputs, error),
        terminal,
        outputs,
        copies);
  }

  private InputStream reading(CommandOutputs outputs, InputStream pipe) {
    // A terminal stays until its output is read completely; the content of a pipe is taken at the
    // end.
    boolean counted = pipe instanceof PipeInput || terminal != null && limit.isPresent();
    return counted ? new BufferedInputStream(outputs.reading(pipe)) : pipe;
  }

  /** Gives the parent's streams to the process. */
  void handOver() {
    handedOver = true;
  }

  /** Closes the descriptors that only the child needs; all, if the child could not be started. */
  @Override
  public void close() {
    childSide.forEach(descriptors::close);
    parentSide.forEach(descriptors::close);
    if (terminal != null) {
      terminal.closeSlave();
    }
    if (handedOver) {
      return;
    }
    copies.abandon();
    List<AutoCloseable> all = new ArrayList<>(List.of(input, output, error));
    pumps.forEach(pump -> all.add(pump.from()));
    if (terminal != null) {
      terminal.close();
      return;
    }
    for (AutoCloseable one : all) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException("a pipe cannot be closed", e);
      }
    }
  }
}
