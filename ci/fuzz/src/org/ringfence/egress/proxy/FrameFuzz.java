package org.ringfence.egress.proxy;

import java.io.IOException;
import java.util.Arrays;
import org.ringfence.serve.json.JsonLine;

/** A line of the server's protocol is read, or refused as none; what is written is read as the same. */
public final class FrameFuzz {
  private FrameFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    Object value;
    try {
      value = JsonLine.read(input);
    } catch (IOException e) {
      return;
    }
    byte[] line = JsonLine.write(value);
    for (int i = 0; i < line.length - 1; i++) {
      if (line[i] == '\n') {
        throw new IllegalStateException("a line feed inside a line");
      }
    }
    // A number beyond a double's is infinite, and written as a text.
    if (!Arrays.equals(JsonLine.write(JsonLine.read(line)), line)) {
      throw new IllegalStateException("another value is read back");
    }
  }
}
