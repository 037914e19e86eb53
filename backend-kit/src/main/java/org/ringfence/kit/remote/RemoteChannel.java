package org.ringfence.kit.remote;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.ringfence.kit.remote.ChannelException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A conversation with another process: numbered questions, their answers, and other messages. A
 * separate thread sends, so that a peer that reads nothing delays no thread longer than the
 * patience. Thread-safe.
 *
 * @param <M> a message
 */
public final class RemoteChannel<M> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteChannel.class);
  private static final int MOST_UNSENT = 1024;

  private final String peer;
  private final MessagePort<M> port;
  private final Duration patience;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<Integer, CompletableFuture<M>> answers = new ConcurrentHashMap<>();
  private final BlockingQueue<Outgoing<M>> unsent = new LinkedBlockingQueue<>(MOST_UNSENT);
  private volatile ChannelException over;

  /**
   * Takes messages that the peer sends.
   *
   * @param <M> a message
   */
  public interface Hearer<M> {
    /**
     * Takes a message. Answers go to {@link RemoteChannel#answered}.
     *
     * @param message the message
     * @throws IOException if the peer may not send it; ends the conversation
     */
    void heard(M message) throws IOException;
  }

  /** A message to send, and the answer that waits for it; none if it is no question. */
  private static final class Outgoing<M> {
    private final M message;
    private final CompletableFuture<M> answer;
    private volatile boolean sent;

    Outgoing(M message, CompletableFuture<M> answer) {
      this.message = message;
      this.answer = answer;
    }
  }

  /**
   * Prepares a conversation.
   *
   * @param peer the words for the other process in messages, such as {@code the guest}
   * @param port sends and receives
   * @param patience the maximum wait for the first message, and for each answer
   */
  public RemoteChannel(String peer, MessagePort<M> port, Duration patience) {
    this.peer = peer;
    this.port = port;
    this.patience = patience;
  }

  /**
   * Waits for the peer's first message, before {@link #start}.
   *
   * @param receiving receives it; may skip other bytes first
   * @return the message
   * @throws ChannelException if none arrives in time, or the peer has ended
   * @throws InterruptedException if the thread is interrupted
   */
  public M first(Callable<Optional<M>> receiving) throws ChannelException, InterruptedException {
    FutureTask<Optional<M>> hearing = new FutureTask<>(receiving);
    daemon("ringfence-greeting", hearing);
    try {
      return hearing
          .get(patience.toNanos(), TimeUnit.NANOSECONDS)
          .orElseThrow(() -> new ChannelException(Kind.ENDED, "it does not identify itself"));
    } catch (ExecutionException e) {
      throw ChannelException.of(e.getCause());
    } catch (TimeoutException e) {
      throw new ChannelException(Kind.SILENT, "it says nothing");
    }
  }

  /**
   * Compares versions of a protocol.
   *
   * @param theirs the peer's
   * @param ours this process's
   * @throws ChannelException if they differ
   */
  public static void checkVersion(int theirs, int ours) throws ChannelException {
    if (theirs != ours) {
      throw new ChannelException(Kind.VERSION, "it speaks version " + theirs + ", this is " + ours);
    }
  }

  /**
   * Begins to send and receive, each on a separate thread.
   *
   * @param name the name of the receiving thread
   * @param hearer takes the messages, on that thread
   * @param whenOver runs on that thread when no message arrives any more
   */
  public void start(String name, Hearer<M> hearer, Consumer<ChannelException> whenOver) {
    Thread sending = daemon(name + "-out", this::send);
    daemon(
        name,
        () -> {
          ChannelException end = received(hearer);
          over = end;
          sending.interrupt();
          answers.values().forEach(answer -> answer.completeExceptionally(end));
          whenOver.accept(end);
        });
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private ChannelException received(Hearer<M> hearer) {
    try {
      Optional<M> message = port.receive();
      while (message.isPresent()) {
        hearer.heard(message.get());
        message = port.receive();
      }
      return new ChannelException(Kind.ENDED, peer + " has ended");
    } catch (IOException e) {
      return new ChannelException(ChannelException.of(e).kind(), peer + ": " + e.getMessage());
    }
  }

  private void send() {
    try {
      while (true) {
        send(unsent.take());
      }
    } catch (InterruptedException e) {
      LOG.debug("{} takes no more messages", peer);
    }
  }

  /** The failure of one message ends no other; that of the peer shows where messages arrive. */
  private void send(Outgoing<M> next) {
    try {
      port.send(next.message);
      next.sent = true;
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} cannot be sent a message", peer, e);
      if (next.answer != null) {
        next.answer.completeExceptionally(
            new ChannelException(ChannelException.of(e).kind(), peer + ": " + e.getMessage()));
      }
    }
  }

  /**
   * Returns a number that is unique in this conversation.
   *
   * @return a number above 0
   */
  public int number() {
    return numbers.incrementAndGet();
  }

  /**
   * Sends a message that has no answer. Does not wait for the peer.
   *
   * @param message the message
   * @throws ChannelException if the peer has ended, or has long taken no message
   */
  public void tell(M message) throws ChannelException {
    enqueue(new Outgoing<>(message, null));
  }

  private void enqueue(Outgoing<M> next) throws ChannelException {
    ChannelException end = over;
    if (end != null) {
      throw ChannelException.of(end);
    }
    if (!unsent.offer(next)) {
      throw stuck();
    }
  }

  private ChannelException stuck() {
    return new ChannelException(Kind.STUCK, peer + " takes no messages");
  }

  /**
   * Asks a question, and waits for the answer no longer than the patience.
   *
   * @param number the question's number
   * @param question the question
   * @return the answer
   * @throws ChannelException if none arrives
   * @throws InterruptedException if the thread is interrupted
   */
  public M ask(int number, M question) throws ChannelException, InterruptedException {
    CompletableFuture<M> answer = new CompletableFuture<>();
    Outgoing<M> asked = new Outgoing<>(question, answer);
    answers.put(number, answer);
    try {
      enqueue(asked);
      return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw ChannelException.of(e.getCause());
    } catch (TimeoutException e) {
      throw asked.sent ? new ChannelException(Kind.SILENT, peer + " does not answer") : stuck();
    } finally {
      answers.remove(number);
      unsent.remove(asked);
    }
  }

  /**
   * Gives an answer to the thread that asked.
   *
   * @param number the question's number
   * @param answer the answer
   * @throws ChannelException if no thread waits for it
   */
  public void answered(int number, M answer) throws ChannelException {
    CompletableFuture<M> asked = answers.remove(number);
    if (asked == null) {
      throw new ChannelException(Kind.MALFORMED, "it answers a question that has not been asked");
    }
    asked.complete(answer);
  }

  /**
   * Returns why there is no conversation any more.
   *
   * @return the reason; empty while there is one
   */
  public Optional<ChannelException> over() {
    return Optional.ofNullable(over);
  }

  /** Takes no further messages; the answers that are awaited may still arrive. */
  @Override
  public void close() {
    if (over == null) {
      over = new ChannelException(Kind.ENDED, peer + " has ended");
    }
  }
}
