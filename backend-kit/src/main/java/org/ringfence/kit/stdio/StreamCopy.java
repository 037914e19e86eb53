package org.ringfence.kit.stdio;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies streams on threads. */
public final class StreamCopy {
  private static final Logger LOG = LoggerFactory.getLogger(StreamCopy.class);
  private static final int CHUNK = 8192;

  private StreamCopy() {}

  /**
   * Copies a stream on a separate thread until its end, and closes both ends.
   *
   * @param name the name of the thread
   * @param from the source
   * @param to the destination; flushed after each part
   * @param atEnd runs at the end on that thread, also after an error; on this one if it cannot
   *     start
   * @return the thread
   */
  public static Thread start(String name, InputStream from, OutputStream to, Runnable atEnd) {
    Thread thread = new Thread(() -> copy(from, to, atEnd), name);
    thread.setDaemon(true);
    boolean started = false;
    try {
      thread.start();
      started = true;
    } finally {
      if (!started) {
        atEnd.run();
      }
    }
    return thread;
  }

  private static void copy(InputStream from, OutputStream to, Runnable atEnd) {
    byte[] buffer = new byte[CHUNK];
    try (from;
        to) {
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        to.write(buffer, 0, read);
        to.flush();
      }
    } catch (IOException e) {
      LOG.debug("a copied stream has stopped", e);
    } finally {
      atEnd.run();
    }
  }
}
