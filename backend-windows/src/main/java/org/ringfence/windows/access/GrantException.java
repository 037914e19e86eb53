package org.ringfence.windows.access;

import org.ringfence.SandboxException;

/** An entry cannot be set on a path. The path's list is unchanged. */
public final class GrantException extends SandboxException {
  private static final long serialVersionUID = 1L;

  GrantException(String path, String reason) {
    super("files.rules: '" + path + "' cannot be granted: " + reason);
  }

  GrantException(String path, String reason, Throwable cause) {
    super("files.rules: '" + path + "' cannot be granted: " + reason, cause);
  }
}
