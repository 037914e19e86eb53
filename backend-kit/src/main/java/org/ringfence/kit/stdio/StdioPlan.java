package org.ringfence.kit.stdio;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.ringfence.spi.Launch;

/**
 * How the standard streams of a command without a terminal are connected, decided before any of
 * them is opened. Pure.
 *
 * @param input standard input
 * @param output standard output
 * @param error standard error
 */
public record StdioPlan(Stream input, Stream output, Stream error) {

  /** The ways to connect a stream. */
  public enum Connection {
    /** The command gets the stream of this JVM. */
    INHERIT,
    /** The caller has the other end. */
    PIPE,
    /** The command reads a file. */
    READ,
    /** The command writes a file from its start; its content is lost. */
    WRITE,
    /** The command writes at the end of a file. */
    APPEND,
    /** The stream is empty, or its bytes are dropped. */
    DISCARD,
    /** Standard error goes where standard output goes. */
    MERGE
  }

  /**
   * The plan of one stream.
   *
   * @param connection the way
   * @param file the file of a way that has one
   * @param counted whether the bytes take a pipe to this JVM, which counts them and copies them to
   *     their destination
   */
  public record Stream(Connection connection, Optional<File> file, boolean counted) {

    /** Checks that exactly the ways that lead to a file have one. */
    public Stream {
      Objects.requireNonNull(file, "file");
      boolean needsFile =
          switch (connection) {
            case READ, WRITE, APPEND -> true;
            case INHERIT, PIPE, DISCARD, MERGE -> false;
          };
      if (needsFile != file.isPresent()) {
        throw new IllegalArgumentException(connection + " with " + file);
      }
    }

    private static Stream of(Connection connection) {
      return new Stream(connection, Optional.empty(), false);
    }

    private Stream countedIf(boolean limited) {
      return new Stream(connection, file, limited && connection != Connection.PIPE);
    }
  }

  /**
   * Plans the streams of a command. With an output limit, all output takes pipes to this JVM.
   *
   * @param launch a command without a terminal
   * @param closed the numbers of this JVM's standard streams that were closed when it started: a
   *     command inherits an empty stream in their place
   * @return the plan
   */
  public static StdioPlan of(Launch launch, Set<Integer> closed) {
    return of(
        List.of(launch.input(), launch.output(), launch.error()),
        launch.mergeError(),
        launch.limits().outputBytes().isPresent(),
        closed);
  }

  static StdioPlan of(List<Redirect> wanted, boolean merged, boolean limited, Set<Integer> closed) {
    return new StdioPlan(
        stream(wanted.get(0), closed.contains(0), Connection.READ),
        stream(wanted.get(1), closed.contains(1), Connection.WRITE).countedIf(limited),
        merged
            ? Stream.of(Connection.MERGE)
            : stream(wanted.get(2), closed.contains(2), Connection.WRITE).countedIf(limited));
  }

  private static Stream stream(Redirect redirect, boolean closed, Connection ofFile) {
    if (redirect.equals(Redirect.DISCARD)) {
      return Stream.of(Connection.DISCARD);
    }
    return switch (redirect.type()) {
      case INHERIT -> Stream.of(closed ? Connection.DISCARD : Connection.INHERIT);
      case PIPE -> Stream.of(Connection.PIPE);
      case APPEND -> new Stream(Connection.APPEND, Optional.of(redirect.file()), false);
      case READ, WRITE -> new Stream(ofFile, Optional.of(redirect.file()), false);
    };
  }
}
