package org.ringfence.windows.system;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/** A handle of this process, closed once. Thread-safe. */
public final class Handle implements AutoCloseable {
  private final long value;
  private final LongConsumer closing;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Takes ownership of a handle.
   *
   * @param value its number
   * @param closing closes it
   */
  public Handle(long value, LongConsumer closing) {
    this.value = value;
    this.closing = closing;
  }

  /**
   * Returns the handle.
   *
   * @return its number
   * @throws IllegalStateException if it is closed: the number may be another object's by now
   */
  public long value() {
    if (closed.get()) {
      throw new IllegalStateException("the handle is closed");
    }
    return value;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      closing.accept(value);
    }
  }
}
