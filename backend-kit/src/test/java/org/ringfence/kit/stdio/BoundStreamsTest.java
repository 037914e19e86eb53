package org.ringfence.kit.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ringfence.kit.stdio.StdioPlan.Connection;

@Timeout(60)
class BoundStreamsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final File FILE = new File("file");
  private static final File UNWRITABLE = new File("unwritable");

  /** Handles are words; a command writes its number into each pipe. */
  private static final class Streams extends BoundStreams<String, IOException> {
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private final List<String> closed = new ArrayList<>();
    private int pipes;

    private InputStream pipe(String text) {
      return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {
        @Override
        public void close() {
          closed.add("pipe " + text);
        }
      };
    }

    List<String> open(List<Redirect> wanted, boolean merged, boolean limited) throws IOException {
      return connect(StdioPlan.of(wanted, merged, limited, Set.of()));
    }

    void started() {
      count(new CommandOutputs(OptionalLong.of(1_000), () -> {}));
      counting().settle(false, PATIENCE);
    }

    @Override
    protected String inputPipe() {
      writeTo(keep(new ByteArrayOutputStream()));
      return "in";
    }

    @Override
    protected OutputPipe<String> outputPipe() {
      pipes++;
      return new OutputPipe<>("out" + pipes, pipe("bytes" + pipes));
    }

    @Override
    protected String inherited(int number) {
      return "own" + number;
    }

    @Override
    protected String discarded(int number) {
      return "null" + number;
    }

    @Override
    protected String opened(File path, Connection way, int number) {
      return way + " " + path + number;
    }

    @Override
    protected OutputStream written(File path, boolean append) throws IOException {
      if (path.equals(UNWRITABLE)) {
        throw new IOException("unwritable");
      }
      return file;
    }

    @Override
    protected InputStream reading(CommandOutputs counting, InputStream pipe) {
      return counting.reading(pipe);
    }

    void abandon() {
      closeOurs();
    }
  }

  private final Streams streams = new Streams();

  private static String text(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void callersReadTheirPipes() throws IOException {
    assertThat(streams.open(List.of(Redirect.PIPE, Redirect.PIPE, Redirect.PIPE), false, false))
        .containsExactly("in", "out1", "out2");
    streams.started();
    assertThat(text(streams.output())).isEqualTo("bytes1");
    assertThat(text(streams.error())).isEqualTo("bytes2");
    assertThat(streams.input()).isInstanceOf(ByteArrayOutputStream.class);
  }

  @Test
  void unlimitedRedirectionsGoStraightToTheCommand() throws IOException {
    assertThat(
            streams.open(
                List.of(Redirect.from(FILE), Redirect.appendTo(FILE), Redirect.DISCARD),
                false,
                false))
        .containsExactly("READ file0", "APPEND file1", "null2");
    streams.started();
    assertThat(text(streams.output())).isEmpty();
  }

  @Test
  void mergedErrorSharesTheHandleOfOutput() throws IOException {
    assertThat(
            streams.open(
                List.of(Redirect.INHERIT, Redirect.INHERIT, Redirect.INHERIT), true, false))
        .containsExactly("own0", "own1", "own1");
  }

  @Test
  void limitedRedirectionsArriveThroughThisJvm() throws IOException {
    assertThat(
            streams.open(
                List.of(Redirect.INHERIT, Redirect.to(FILE), Redirect.DISCARD), false, true))
        .containsExactly("own0", "out1", "out2");
    streams.started();
    assertThat(streams.file).hasToString("bytes1");
    assertThat(text(streams.output())).isEmpty();
    assertThat(streams.closed).contains("pipe bytes1", "pipe bytes2");
  }

  @Test
  void pipesAreClosedIfALaterStreamCannotBeOpened() {
    assertThatThrownBy(
            () ->
                streams.open(
                    List.of(Redirect.PIPE, Redirect.PIPE, Redirect.to(UNWRITABLE)), false, true))
        .hasMessage("unwritable");
    streams.abandon();
    assertThat(streams.closed).containsExactly("pipe bytes1");
  }
}
