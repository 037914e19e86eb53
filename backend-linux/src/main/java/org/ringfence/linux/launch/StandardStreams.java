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
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.ringfence.SandboxException;
import org.ringfence.kit.stdio.BoundStreams;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.kit.stdio.PipeReader;
import org.ringfence.kit.stdio.StdioPlan;
import org.ringfence.kit.stdio.StdioPlan.Connection;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.stream.InputPump;
import org.ringfence.linux.stream.OutputPump;
import org.ringfence.linux.stream.PseudoTerminal;
import org.ringfence.linux.stream.RedirectedFiles;
import org.ringfence.linux.stream.StreamGate;
import org.ringfence.linux.stream.StreamPumps;
import org.ringfence.spi.Launch;

/** The command's standard streams: descriptors for the child, streams for the parent. */
final class StandardStreams extends BoundStreams<Integer, RuntimeException>
    implements AutoCloseable {
  private static final int MADE = Constants.O_WRONLY | Constants.O_CREAT;

  private final RedirectedFiles files;
  private final Descriptors descriptors;
  private final List<Integer> childSide = new ArrayList<>();
  private final List<Integer> parentSide = new ArrayList<>();
  private final OptionalLong limit;
  private final StreamPumps copies = new StreamPumps();
  private final Kernel kernel;
  private final StreamGate gate;
  private List<Integer> standard = List.of();
  private PseudoTerminal terminal;
  private int copiedOutput = -1;
  private Closeable inputPipe = () -> {};
  private boolean handedOver;

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
      } else {
        streams.standard = streams.connect(StdioPlan.of(launch, streams.closed(launch)));
      }
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

  /** A stream that was closed has no number, or the number of one of this JVM's own files. */
  private Set<Integer> closed(Launch launch) throws IOException {
    List<Redirect> wanted = List.of(launch.input(), launch.output(), launch.error());
    Set<Integer> closed = new HashSet<>();
    for (int number = 0; number < wanted.size(); number++) {
      if (wanted.get(number).type() == Redirect.Type.INHERIT && files.isClosed(number)) {
        closed.add(number);
      }
    }
    return closed;
  }

  private void onTerminal(PseudoTerminal made) {
    terminal = made;
    standard = List.of(made.slave(), made.slave(), made.slave());
    writeTo(made.input());
    // A terminal without a limit stays until its output is read completely.
    readFrom(1, limit.isPresent() ? keep(made.output()) : made.output());
  }

  @Override
  protected Integer inputPipe() throws IOException {
    int[] ends = descriptors.pipe();
    childSide.add(ends[0]);
    parentSide.add(ends[1]);
    FileOutputStream pipe = new FileOutputStream(PathResolver.own(ends[1]));
    inputPipe = pipe;
    writeTo(keep(new BufferedOutputStream(pipe)));
    return ends[0];
  }

  @Override
  protected OutputPipe<Integer> outputPipe() throws IOException {
    int[] ends = descriptors.pipe();
    childSide.add(ends[1]);
    parentSide.add(ends[0]);
    return new OutputPipe<>(ends[1], new PipeReader(PathResolver.own(ends[0])));
  }

  @Override
  protected OutputStream written(File file, boolean append) throws IOException {
    int fd = files.open(file.toPath(), MADE | (append ? Constants.O_APPEND : Constants.O_TRUNC));
    childSide.add(fd);
    return new FileOutputStream(PathResolver.own(fd), append);
  }

  @Override
  protected Integer inherited(int number) throws IOException, SandboxException {
    return handed(number, number, false);
  }

  @Override
  protected Integer discarded(int number) throws IOException {
    int fd = descriptors.open("/dev/null", Constants.O_RDWR, 0);
    childSide.add(fd);
    return fd;
  }

  @Override
  protected Integer opened(File file, Connection way, int number)
      throws IOException, SandboxException {
    int flags =
        switch (way) {
          case READ -> Constants.O_RDONLY;
          case APPEND -> MADE | Constants.O_APPEND;
          default -> MADE | Constants.O_TRUNC;
        };
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
    return standard.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Returns the parent's ends. Counts output when there is a limit.
   *
   * @param process ends when the limit is reached
   */
  LinuxProcess.Streams parent(LinuxProcess process) {
    count(new CommandOutputs(limit, process::outputLimitReached));
    return new LinuxProcess.Streams(
        input(), inputPipe, output(), error(), terminal, counting(), copies);
  }

  @Override
  protected InputStream reading(CommandOutputs counting, InputStream pipe) {
    return new BufferedInputStream(counting.reading(pipe));
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
    closeOurs();
    if (terminal != null) {
      terminal.close();
    }
  }
}
