package org.ringfence.kit.remote;

import java.io.IOException;

/** A conversation with another process failed. */
public final class ChannelException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The ways to fail. */
  public enum Kind {
    /** The peer has ended, or has closed its end between two messages. */
    ENDED,
    /** The peer's bytes end in the middle of a message. */
    CUT,
    /** The peer uses another version of the protocol. */
    VERSION,
    /** A message breaks the protocol. */
    MALFORMED,
    /** The peer has the question, and has not answered in time. */
    SILENT,
    /** The peer has not taken the message in time. */
    STUCK
  }

  private final Kind kind;

  /**
   * Creates the exception.
   *
   * @param kind the way
   * @param message the failure in words
   */
  public ChannelException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  private ChannelException(Kind kind, Throwable cause) {
    super(String.valueOf(cause.getMessage()), cause);
    this.kind = kind;
  }

  /**
   * Wraps another failure, with its message.
   *
   * @param cause the failure
   * @return an exception of the same kind; a malformed message if it has none
   */
  static ChannelException of(Throwable cause) {
    return new ChannelException(
        cause instanceof ChannelException known ? known.kind : Kind.MALFORMED, cause);
  }

  /**
   * Returns the way in which the conversation failed.
   *
   * @return the way
   */
  public Kind kind() {
    return kind;
  }
}
