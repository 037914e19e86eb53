package org.ringfence.kit.remote;

import java.io.IOException;
import java.util.Optional;

/**
 * Sends and receives the messages of one protocol. Sending is thread-safe; one thread receives.
 *
 * @param <M> a message
 */
public interface MessagePort<M> {
  /**
   * Sends a message. Waits while the peer takes no bytes.
   *
   * @param message the message
   * @throws IOException if it cannot be sent
   */
  void send(M message) throws IOException;

  /**
   * Waits for a message.
   *
   * @return the message; empty when the peer has closed between two messages
   * @throws IOException if it cannot be read or understood, or ends in the middle
   */
  Optional<M> receive() throws IOException;
}
