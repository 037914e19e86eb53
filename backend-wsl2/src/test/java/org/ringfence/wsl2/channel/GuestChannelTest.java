package org.ringfence.wsl2.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;
import org.ringfence.wsl2.channel.message.GuestMessage;

@ExtendWith(InstancioExtension.class)
class GuestChannelTest {
  private static byte[] marked(byte[] before) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(before);
    GuestChannel.mark(bytes);
    new GuestChannel(InputStream.nullInputStream(), bytes).send(new GuestMessage.Hello(1));
    return bytes.toByteArray();
  }

  @Test
  void bytesBeforeTheMarkAreSkipped() {
    Property.forAll(
        Inputs.bytes(255),
        before -> {
          InputStream input = new ByteArrayInputStream(marked(before));
          assertThat(GuestChannel.awaitMark(input)).isEqualTo(before);
          assertThat(new GuestChannel(input, OutputStream.nullOutputStream()).receive())
              .contains(new GuestChannel.Said(new GuestMessage.Hello(1)));
        });
  }

  @Test
  void outputInsteadOfTheMarkIsReported() {
    for (String text : List.of("java: not found\n", "wsl: one\nwsl: java: not found")) {
      for (var charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE)) {
        InputStream input = new ByteArrayInputStream(text.getBytes(charset));
        assertThatThrownBy(() -> GuestChannel.awaitMark(input))
            .hasMessageEndingWith("java: not found");
      }
    }
    assertThatThrownBy(() -> GuestChannel.awaitMark(InputStream.nullInputStream()))
        .hasMessageContaining("it ended at once");
    assertThatThrownBy(() -> GuestChannel.awaitMark(new ByteArrayInputStream(new byte[1 << 20])))
        .isInstanceOf(IOException.class);
  }

  private record Sent(byte[] data, int command) {}

  @Test
  void dataAndMessagesArriveInOrder() {
    Property.forAll(
        random -> new Sent(Inputs.bytes(255).generate(random), Inputs.ints().generate(random)),
        sent -> assertArriveInOrder(sent.data(), sent.command()));
  }

  private static void assertArriveInOrder(byte[] data, int command) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    GuestChannel channel = new GuestChannel(InputStream.nullInputStream(), bytes);
    GuestMessage message =
        new GuestMessage.Planned(
            command,
            true,
            List.of("a"),
            List.of(),
            Map.of("b", "c"),
            List.of(PlannedGuarantee.enforced(Guarantee.FILES_WRITE, "y", "z")));
    channel.send(command, 2, data, 0, data.length);
    channel.send(message);
    GuestChannel received =
        new GuestChannel(
            new ByteArrayInputStream(bytes.toByteArray()), OutputStream.nullOutputStream());
    assertThat(received.receive())
        .hasValueSatisfying(
            one -> {
              GuestChannel.Data told = (GuestChannel.Data) one;
              assertThat(told.command()).isEqualTo(command);
              assertThat(told.stream()).isEqualTo(2);
              assertThat(told.bytes()).isEqualTo(data);
            });
    assertThat(received.receive()).contains(new GuestChannel.Said(message));
    assertThat(received.receive()).isEmpty();
  }

  @Test
  void closedStreamStillReturnsCreditToTheSender() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    GuestChannel channel = new GuestChannel(InputStream.nullInputStream(), bytes);
    ReceivedStream stream = new ReceivedStream(channel, 7, 1);
    stream.put(new byte[100]);
    assertThat(stream.available()).isEqualTo(100);
    stream.close();
    stream.put(new byte[50]);
    GuestChannel there =
        new GuestChannel(
            new ByteArrayInputStream(bytes.toByteArray()), OutputStream.nullOutputStream());
    assertThat(there.receive()).contains(new GuestChannel.Said(new GuestMessage.Credit(7, 1, 100)));
    assertThat(there.receive()).contains(new GuestChannel.Said(new GuestMessage.Credit(7, 1, 50)));
    assertThatThrownBy(stream::read).isInstanceOf(IOException.class);
  }
}
