package org.ringfence.text.line;

import java.io.IOException;

/** Says that a line was longer than a reader takes; the reader has skipped it. */
public final class LineTooLongException extends IOException {
  private static final long serialVersionUID = 1;

  LineTooLongException(int most) {
    super("a message has more than " + most + " bytes");
  }
}
