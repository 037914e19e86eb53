package org.ringfence.kit.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ringfence.kit.remote.ChannelException.Kind;

/** Messages are words; a question and its answer begin with a number. */
@Timeout(60)
class RemoteChannelTest {
  private static final Duration LONG = Duration.ofSeconds(50);
  private static final Duration SHORT = Duration.ofMillis(50);

  /** Words in frames over two pipes of this process. */
  private static final class Words implements MessagePort<String> {
    private final Frames frames;

    Words(java.io.InputStream input, OutputStream output) {
      this.frames = new Frames(input, output, 100);
    }

    @Override
    public void send(String message) throws IOException {
      frames.send(message.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Optional<String> receive() throws IOException {
      return frames.receive().map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }
  }

  private final PipedInputStream toUs = new PipedInputStream(1 << 16);
  private final PipedOutputStream fromPeer = new PipedOutputStream();
  private final PipedInputStream toPeer = new PipedInputStream(1 << 16);
  private final PipedOutputStream fromUs = new PipedOutputStream();
  private final CompletableFuture<ChannelException> over = new CompletableFuture<>();
  private final CountDownLatch blocked = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private Words peer;
  private Words own;

  RemoteChannelTest() throws IOException {
    fromPeer.connect(toUs);
    fromUs.connect(toPeer);
    peer = new Words(toPeer, fromPeer);
    own = new Words(toUs, fromUs);
  }

  @AfterEach
  void release() throws IOException {
    released.countDown();
    fromPeer.close();
  }

  private RemoteChannel<String> channel(Duration patience) {
    return new RemoteChannel<>("the peer", own, patience);
  }

  private RemoteChannel<String> started(Duration patience) {
    RemoteChannel<String> channel = channel(patience);
    channel.start(
        "test",
        message -> channel.answered(Integer.parseInt(message.split(" ")[0]), message),
        over::complete);
    return channel;
  }

  private static Kind kind(ThrowingCallable call) {
    ChannelException failure = catchThrowableOfType(ChannelException.class, call);
    assertThat(failure).isNotNull();
    return failure.kind();
  }

  @Test
  void answersReachTheirQuestions() throws Exception {
    RemoteChannel<String> channel = started(LONG);
    CompletableFuture<String> first =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return channel.ask(1, "1 one");
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(peer.receive()).contains("1 one");
    channel.tell("told");
    assertThat(peer.receive()).contains("told");
    peer.send("1 yes");
    assertThat(first.get(50, TimeUnit.SECONDS)).isEqualTo("1 yes");
    assertThat(channel.over()).isEmpty();
  }

  @Test
  void peerThatEndsFailsWaitingAndLaterQuestions() throws Exception {
    RemoteChannel<String> channel = started(LONG);
    CompletableFuture<Kind> waiting =
        CompletableFuture.supplyAsync(() -> kind(() -> channel.ask(1, "1 one")));
    assertThat(peer.receive()).contains("1 one");
    fromPeer.close();
    assertThat(waiting.get(50, TimeUnit.SECONDS)).isEqualTo(Kind.ENDED);
    assertThat(over.get(50, TimeUnit.SECONDS)).hasMessage("the peer has ended");
    assertThat(kind(() -> channel.ask(2, "2 two"))).isEqualTo(Kind.ENDED);
    assertThat(kind(() -> channel.tell("told"))).isEqualTo(Kind.ENDED);
  }

  @Test
  void messageThatIsCutOffEndsTheConversation() throws Exception {
    RemoteChannel<String> channel = started(LONG);
    CompletableFuture<Kind> waiting =
        CompletableFuture.supplyAsync(() -> kind(() -> channel.ask(1, "1 one")));
    assertThat(peer.receive()).contains("1 one");
    fromPeer.write(new byte[] {0, 0, 0, 9, '1'});
    fromPeer.close();
    assertThat(waiting.get(50, TimeUnit.SECONDS)).isEqualTo(Kind.CUT);
  }

  @Test
  void lengthThatIsCutOffIsCutOff() {
    own = new Words(new ByteArrayInputStream(new byte[] {0, 0}), OutputStream.nullOutputStream());
    assertThat(kind(() -> own.receive())).isEqualTo(Kind.CUT);
  }

  @Test
  void answerWithoutQuestionEndsTheConversation() throws Exception {
    started(LONG);
    peer.send("7 seven");
    assertThat(over.get(50, TimeUnit.SECONDS).kind()).isEqualTo(Kind.MALFORMED);
  }

  @Test
  void peerThatDoesNotAnswerIsSilent() {
    assertThat(kind(() -> started(SHORT).ask(1, "1 one"))).isEqualTo(Kind.SILENT);
  }

  @Test
  void peerThatReadsNothingHoldsUpNoQuestion() throws Exception {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int value) throws IOException {
            blocked.countDown();
            try {
              released.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
        };
    own = new Words(toUs, full);
    RemoteChannel<String> channel = started(SHORT);
    assertThat(kind(() -> channel.ask(1, "1 one"))).isEqualTo(Kind.STUCK);
    assertThat(blocked.await(50, TimeUnit.SECONDS)).isTrue();
    assertThat(kind(() -> channel.ask(2, "2 two"))).isEqualTo(Kind.STUCK);
    assertThat(
            kind(
                () -> {
                  while (true) {
                    channel.tell("told");
                  }
                }))
        .isEqualTo(Kind.STUCK);
  }

  @Test
  void messageThatIsTooLongFailsAlone() throws Exception {
    RemoteChannel<String> channel = started(LONG);
    assertThat(kind(() -> channel.ask(1, "x".repeat(200)))).isEqualTo(Kind.MALFORMED);
    channel.tell("told");
    assertThat(peer.receive()).contains("told");
  }

  @Test
  void firstMessageIsAwaitedNoLongerThanThePatience() throws Exception {
    assertThat(kind(() -> channel(SHORT).first(own::receive))).isEqualTo(Kind.SILENT);
    own = new Words(new ByteArrayInputStream(new byte[0]), OutputStream.nullOutputStream());
    assertThat(kind(() -> channel(LONG).first(own::receive))).isEqualTo(Kind.ENDED);
  }

  @Test
  void anotherVersionIsRefused() throws Exception {
    RemoteChannel.checkVersion(3, 3);
    assertThatThrownBy(() -> RemoteChannel.checkVersion(2, 3))
        .isInstanceOf(ChannelException.class)
        .hasMessage("it speaks version 2, this is 3");
    assertThat(kind(() -> RemoteChannel.checkVersion(4, 3))).isEqualTo(Kind.VERSION);
  }
}
