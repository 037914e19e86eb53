package org.ringfence;

import java.io.IOException;
import org.ringfence.text.Printable;

/**
 * A command could not be started in a sandbox. An {@link IOException}, so that code which handles
 * {@link ProcessBuilder#start()} handles this too.
 */
public class SandboxException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message one clear line; terminal controls are escaped
   */
  public SandboxException(String message) {
    super(Printable.of(message));
  }

  /**
   * Creates the exception with a cause.
   *
   * @param message one clear line; terminal controls are escaped
   * @param cause the underlying exception
   */
  public SandboxException(String message, Throwable cause) {
    super(Printable.of(message), cause);
  }
}
