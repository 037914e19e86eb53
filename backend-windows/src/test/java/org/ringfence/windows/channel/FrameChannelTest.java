package org.ringfence.windows.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class FrameChannelTest {
  private static byte[] sent(Message... messages) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    FrameChannel channel = new FrameChannel(InputStream.nullInputStream(), bytes);
    for (Message message : messages) {
      channel.send(message);
    }
    return bytes.toByteArray();
  }

  private static FrameChannel from(byte[] bytes) {
    return new FrameChannel(new ByteArrayInputStream(bytes), OutputStream.nullOutputStream());
  }

  @Provide
  Arbitrary<Message> messages() {
    Arbitrary<String> text = Arbitraries.strings().ofMaxLength(40);
    Arbitrary<Integer> number = Arbitraries.integers();
    return Arbitraries.oneOf(
        Combinators.combine(number, text, Arbitraries.maps(text, text).ofMaxSize(3))
            .as((version, ignored, map) -> new Message.Hello(version, 7, map)),
        Combinators.combine(number, text.list().ofMaxSize(3), text)
            .as((n, roots, sid) -> new Message.Confine(n, roots, sid, true, false, true)),
        Combinators.combine(number, text, text, Arbitraries.longs().list().ofMaxSize(3))
            .as(
                (n, program, line, handles) ->
                    new Message.Start(
                        n,
                        n + 1,
                        program,
                        line,
                        "A=B\0\0",
                        "C:\\",
                        handles,
                        0,
                        0,
                        new Message.Limits(true, -1, 5, -1, 0xDE))),
        Combinators.combine(number, Arbitraries.of(Message.Verb.values()))
            .as((n, verb) -> new Message.Act(n, 3, verb)),
        Combinators.combine(number, text).as(Message.IsFile::new),
        Combinators.combine(number, text).as(Message.Ping::new),
        Combinators.combine(number, text)
            .as((n, address) -> new Message.Reach(n, true, address, 53)),
        Combinators.combine(number, Arbitraries.longs()).as(Message.Answer::new),
        Combinators.combine(number, text, text)
            .as((n, call, words) -> new Message.Failure(n, call, 5, words)),
        Combinators.combine(number, number).as(Message.Ended::new),
        Combinators.combine(number, text, text)
            .as(
                (n, one, two) ->
                    new Message.Task(n, "setup", "id", two, true, false, one, two, one, List.of())),
        text.map(words -> new Message.Found(true, words)),
        text.map(Message.Finished::new));
  }

  @Property
  void whatIsSentIsReceived(@ForAll("messages") Message one, @ForAll("messages") Message two)
      throws IOException {
    FrameChannel channel = from(sent(one, two));
    assertThat(channel.receive()).contains(one);
    assertThat(channel.receive()).contains(two);
    assertThat(channel.receive()).isEmpty();
  }

  /** Neither a message that was not sent nor anything but an {@code IOException} comes of it. */
  @Property
  void whatIsCutOffIsAnError(
      @ForAll("messages") Message message, @ForAll @IntRange(min = 1) int cut) throws IOException {
    byte[] whole = sent(message);
    byte[] part = java.util.Arrays.copyOf(whole, 1 + (cut - 1) % (whole.length - 1));
    assertThatThrownBy(() -> from(part).receive()).isInstanceOf(IOException.class);
  }

  @Property
  void whatIsNoMessageIsAnError(@ForAll byte[] bytes) throws IOException {
    byte[] frame = ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
    assertThatThrownBy(() -> from(frame).receive()).isInstanceOf(IOException.class);
    if (bytes.length > 3) {
      try {
        from(bytes).receive();
      } catch (IOException e) {
        assertThat(e).hasMessageNotContaining("password");
      }
    }
  }

  private static byte[] frame(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
  }

  @Example
  void lengthsHaveALimit() {
    for (int length : new int[] {FrameChannel.LONGEST + 1, -1, Integer.MIN_VALUE}) {
      byte[] frame = ByteBuffer.allocate(8).putInt(length).array();
      assertThatThrownBy(() -> from(frame).receive()).hasMessageContaining("a frame of");
    }
    assertThatThrownBy(() -> sent(new Message.Found(true, "x".repeat(FrameChannel.LONGEST))))
        .hasMessageContaining("more than");
  }

  @Example
  void unknownMissingAndSurplusPartsAreErrorsThatRepeatNothing() {
    for (String json :
        List.of(
            "{\"message\":\"nothing\"}",
            "{\"message\":\"answer\",\"number\":1}",
            "{\"message\":\"answer\",\"number\":1,\"value\":null}",
            "{\"message\":\"answer\",\"number\":1,\"value\":2,\"more\":3}",
            "{\"message\":\"answer\",\"number\":1,\"value\":2} {}",
            "{\"message\":\"finished\",\"failure\":{\"password\":\"hunter2\"}}",
            "{\"message\":\"java.lang.Runtime\"}",
            "null",
            "[]")) {
      assertThatThrownBy(() -> from(frame(json)).receive())
          .as(json)
          .isInstanceOf(IOException.class)
          .hasMessageNotContaining("hunter2");
    }
  }

  @Example
  void passwordsAreNotPrinted() {
    Message task =
        new Message.Task(1, "setup", "id", "home", true, true, "hunter2", "hunter3", "", List.of());
    assertThat(task.toString()).doesNotContain("hunter");
    assertThat(Optional.of(task).toString()).doesNotContain("hunter");
    assertThat(new Message.Hello(1, 2, Map.of("A", "B")).toString()).contains("A");
  }
}
