package org.ringfence.linux.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The pumps of one command. */
public final class StreamPumps {
  private final List<StreamPump> all = new ArrayList<>();
  private final AtomicInteger running = new AtomicInteger();
  private volatile boolean told;

  public void add(StreamPump pump) {
    all.add(pump);
  }

  /**
   * Starts the pumps.
   *
   * @param whenDrained runs on a pump's thread when all is copied, after the command's end
   */
  public void start(Runnable whenDrained) {
    running.set(all.size());
    int started = 0;
    try {
      for (StreamPump pump : all) {
        pump.start(() -> done(whenDrained));
        started++;
      }
    } finally {
      for (StreamPump pump : all.subList(started, all.size())) {
        // There is no thread for it; the caller receives the error.
        pump.close();
        done(whenDrained);
      }
    }
  }

  private void done(Runnable whenDrained) {
    if (running.decrementAndGet() == 0 && told) {
      whenDrained.run();
    }
  }

  /**
   * Tells the pumps that the command has ended.
   *
   * @param giveUp whether bytes that no reader takes are dropped
   * @return whether all is copied; if not, the action given to {@link #start} runs when it is
   */
  public boolean commandEnded(boolean giveUp) {
    told = true;
    if (running.get() == 0) {
      return true;
    }
    all.forEach(pump -> pump.commandEnded(giveUp));
    return false;
  }

  /** Frees pumps that were never started. */
  public void abandon() {
    all.forEach(StreamPump::close);
  }
}
