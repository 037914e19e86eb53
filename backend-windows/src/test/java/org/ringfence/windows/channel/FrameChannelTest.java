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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.mitigation.ProcessMitigation;
import org.ringfence.windows.plan.AccountToken;

@ExtendWith(InstancioExtension.class)
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

  private static final Generator<String> TEXT = Inputs.encodable(40);
  private static final Generator<Integer> NUMBER = Inputs.ints();

  private static final Generator<Message> MESSAGES =
      random -> {
        int n = NUMBER.generate(random);
        String one = TEXT.generate(random);
        String two = TEXT.generate(random);
        return switch (random.intRange(0, 13)) {
          case 0 -> {
            Map<String, String> variables = new HashMap<>();
            for (String name : Inputs.sets(TEXT, 3).generate(random)) {
              variables.put(name, TEXT.generate(random));
            }
            yield new Message.Hello(n, 7, variables);
          }
          case 1 ->
              new Message.Confine(
                  n,
                  Inputs.lists(TEXT, 0, 3).generate(random),
                  one,
                  random.oneOf(AccountToken.values()),
                  true,
                  false,
                  true,
                  List.of(random.oneOf(ProcessMitigation.values())));
          case 2 ->
              new Message.Start(
                  n,
                  n + 1,
                  one,
                  two,
                  "A=B\0\0",
                  "C:\\",
                  Inputs.lists(Inputs.longs(), 0, 3).generate(random),
                  0,
                  0,
                  new Message.Limits(true, -1, 5, -1, 0xDE));
          case 3 -> new Message.Act(n, 3, random.oneOf(Message.Verb.values()));
          case 4 -> new Message.IsFile(n, one);
          case 5 -> new Message.IsDirectory(n, two);
          case 12 -> new Message.Ping(n, one);
          case 6 -> new Message.Reach(n, true, one, 53);
          case 7 -> new Message.Answer(n, Inputs.longs().generate(random));
          case 8 -> new Message.Failure(n, one, 5, two);
          case 9 -> new Message.Ended(n, NUMBER.generate(random));
          case 10 -> new Message.Task(n, "setup", "id", two, true, false, one, two, one, List.of());
          case 11 -> new Message.Found(true, one);
          default -> new Message.Finished(one);
        };
      };

  @Test
  void messagesAreReceivedAsTheyWereSent() {
    Property.forAll(
        Inputs.lists(MESSAGES, 2, 2),
        messages -> {
          FrameChannel channel = from(sent(messages.toArray(new Message[0])));
          for (Message message : messages) {
            assertThat(channel.receive()).contains(message);
          }
          assertThat(channel.receive()).isEmpty();
        });
  }

  private record Cut(Message message, int at) {}

  /** A truncated message causes an {@code IOException}: no other exception and no other message. */
  @Test
  void truncatedMessageIsAnError() {
    Property.forAll(
        random ->
            new Cut(MESSAGES.generate(random), Inputs.ints(1, Integer.MAX_VALUE).generate(random)),
        cut -> {
          byte[] whole = sent(cut.message());
          byte[] part = java.util.Arrays.copyOf(whole, 1 + (cut.at() - 1) % (whole.length - 1));
          assertThatThrownBy(() -> from(part).receive()).isInstanceOf(IOException.class);
        });
  }

  @Test
  void randomBytesAreAnError() {
    Property.forAll(
        Inputs.bytes(255),
        bytes -> {
          byte[] frame =
              ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
          assertThatThrownBy(() -> from(frame).receive()).isInstanceOf(IOException.class);
          if (bytes.length > 3) {
            try {
              from(bytes).receive();
            } catch (IOException e) {
              assertThat(e).hasMessageNotContaining("password");
            }
          }
        });
  }

  private static byte[] frame(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
  }

  @Test
  void frameLengthsOutsideTheLimitAreErrors() {
    for (int length : new int[] {FrameChannel.LONGEST + 1, -1, Integer.MIN_VALUE}) {
      byte[] frame = ByteBuffer.allocate(8).putInt(length).array();
      assertThatThrownBy(() -> from(frame).receive()).hasMessageContaining("a frame of");
    }
    assertThatThrownBy(() -> sent(new Message.Found(true, "x".repeat(FrameChannel.LONGEST))))
        .hasMessageContaining("more than");
  }

  @Test
  void malformedMessagesAreErrorsThatQuoteNoContent() {
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

  @Test
  void toStringOmitsPasswords() {
    Message task =
        new Message.Task(1, "setup", "id", "home", true, true, "hunter2", "hunter3", "", List.of());
    assertThat(task.toString()).doesNotContain("hunter");
    assertThat(Optional.of(task).toString()).doesNotContain("hunter");
    assertThat(new Message.Hello(1, 2, Map.of("A", "B")).toString()).contains("A");
  }
}
