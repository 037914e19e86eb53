package org.ringfence.kit.stdio;

import java.io.Closeable;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.kit.stdio.StdioPlan.Connection;
import org.ringfence.kit.stdio.StdioPlan.Stream;

/**
 * The streams of one command, opened as a {@link StdioPlan} says. A backend supplies the system's
 * handles. Used by the thread that starts the command; the streams that it returns are for any
 * thread.
 *
 * @param <H> the system's handle of an open stream
 * @param <X> the failure of a system call
 */
public abstract class BoundStreams<H, X extends Exception> {
  private final List<Closeable> ours = new ArrayList<>();
  private final List<Copy> copies = new ArrayList<>();
  private OutputStream input = OutputStream.nullOutputStream();
  private InputStream output = InputStream.nullInputStream();
  private InputStream error = InputStream.nullInputStream();
  private CommandOutputs outputs;

  /** For backends. */
  protected BoundStreams() {}

  private record Copy(InputStream from, OutputStream to) {}

  /**
   * A pipe for output.
   *
   * @param <H> the system's handle
   * @param child the end that the command writes to
   * @param parent the end that this JVM reads
   */
  public record OutputPipe<H>(H child, InputStream parent) {}

  /**
   * Opens the streams.
   *
   * @param plan the plan
   * @return the handles that become standard input, output and error
   * @throws IOException if a stream cannot be opened, or would lead out of the sandbox
   * @throws X if a system call fails
   */
  protected final List<H> connect(StdioPlan plan) throws IOException, X {
    List<H> handles = new ArrayList<>();
    handles.add(
        plan.input().connection() == Connection.PIPE ? inputPipe() : connected(plan.input(), 0));
    handles.add(connected(plan.output(), 1));
    handles.add(
        plan.error().connection() == Connection.MERGE
            ? handles.get(1)
            : connected(plan.error(), 2));
    return List.copyOf(handles);
  }

  private H connected(Stream stream, int number) throws IOException, X {
    if (stream.counted()) {
      OutputStream target = keep(target(stream, number));
      OutputPipe<H> pipe = outputPipe();
      copies.add(new Copy(keep(pipe.parent()), target));
      return pipe.child();
    }
    return switch (stream.connection()) {
      case INHERIT -> inherited(number);
      case DISCARD -> discarded(number);
      case READ, WRITE, APPEND -> opened(stream.file().orElseThrow(), stream.connection(), number);
      case PIPE -> {
        OutputPipe<H> pipe = outputPipe();
        readFrom(number, keep(pipe.parent()));
        yield pipe.child();
      }
      case MERGE -> throw new IllegalArgumentException("standard error alone is merged");
    };
  }

  private OutputStream target(Stream stream, int number) throws IOException {
    return switch (stream.connection()) {
      case INHERIT -> CommandOutputs.ofThisJvm(number);
      case DISCARD -> OutputStream.nullOutputStream();
      default -> written(stream.file().orElseThrow(), stream.connection() == Connection.APPEND);
    };
  }

  /**
   * Makes a pipe that the command reads, and calls {@link #writeTo} with the other end.
   *
   * @return the end that the command reads
   * @throws IOException if it cannot be opened, or would lead out of the sandbox
   * @throws X if a system call fails
   */
  protected abstract H inputPipe() throws IOException, X;

  /**
   * Makes a pipe that the command writes.
   *
   * @return the pipe
   * @throws IOException if it cannot be opened, or would lead out of the sandbox
   * @throws X if a system call fails
   */
  protected abstract OutputPipe<H> outputPipe() throws IOException, X;

  /**
   * Opens a stream of this JVM for the command.
   *
   * @param number 0, 1 or 2
   * @return its handle
   * @throws IOException if it cannot be opened, or would lead out of the sandbox
   * @throws X if a system call fails
   */
  protected abstract H inherited(int number) throws IOException, X;

  /**
   * Opens the null device.
   *
   * @param number 0, 1 or 2
   * @return its handle
   * @throws IOException if it cannot be opened, or would lead out of the sandbox
   * @throws X if a system call fails
   */
  protected abstract H discarded(int number) throws IOException, X;

  /**
   * Opens a file.
   *
   * @param file the file
   * @param way read, write or append
   * @param number 0, 1 or 2
   * @return its handle
   * @throws IOException if it cannot be opened, or would lead out of the sandbox
   * @throws X if a system call fails
   */
  protected abstract H opened(File file, Connection way, int number) throws IOException, X;

  /**
   * Opens a file that this JVM copies output to.
   *
   * @param file the file
   * @param append whether to write at its end
   * @return a stream
   * @throws IOException if it cannot be opened
   */
  protected OutputStream written(File file, boolean append) throws IOException {
    return new FileOutputStream(file, append);
  }

  /**
   * Keeps a stream of this JVM's side, to close it if the command does not start.
   *
   * @param <T> its type
   * @param stream the stream
   * @return the stream
   */
  protected final <T extends Closeable> T keep(T stream) {
    ours.add(stream);
    return stream;
  }

  /**
   * Sets the stream by which the caller writes to the command.
   *
   * @param stream the stream
   */
  protected final void writeTo(OutputStream stream) {
    input = stream;
  }

  /**
   * Sets the stream by which the caller reads from the command.
   *
   * @param number 1 for standard output, 2 for standard error
   * @param stream the stream
   */
  protected final void readFrom(int number, InputStream stream) {
    if (number == 1) {
      output = stream;
    } else {
      error = stream;
    }
  }

  /**
   * Begins to count and copy the output of the started command.
   *
   * @param counting counts the output
   */
  protected final void count(CommandOutputs counting) {
    outputs = counting;
    copies.forEach(copy -> counting.pump(copy.from(), copy.to()));
    output = counted(output);
    error = counted(error);
  }

  private InputStream counted(InputStream stream) {
    return ours.contains(stream) ? reading(counting(), stream) : stream;
  }

  /**
   * Returns the stream by which the caller reads a pipe.
   *
   * @param counting counts the output
   * @param pipe the end that this JVM reads
   * @return a stream
   */
  protected abstract InputStream reading(CommandOutputs counting, InputStream pipe);

  /**
   * Returns the counts of the started command.
   *
   * @return the counts
   */
  protected final CommandOutputs counting() {
    return outputs;
  }

  /**
   * Returns the stream by which the caller writes to the command.
   *
   * @return a stream; one that drops its bytes if the caller has none
   */
  public final OutputStream input() {
    return input;
  }

  /**
   * Returns the stream by which the caller reads standard output.
   *
   * @return a stream; an empty one if the caller has none
   */
  public final InputStream output() {
    return output;
  }

  /**
   * Returns the stream by which the caller reads standard error.
   *
   * @return a stream; an empty one if the caller has none
   */
  public final InputStream error() {
    return error;
  }

  /** Closes this JVM's side: the command did not start. */
  protected final void closeOurs() {
    for (Closeable one : ours) {
      try {
        one.close();
      } catch (IOException e) {
        throw new IllegalStateException("a stream cannot be closed", e);
      }
    }
  }
}
