package org.ringfence.windows.system;

/** A system call failed. */
public final class WindowsCallException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int code;

  /**
   * Creates the exception.
   *
   * @param call the function's name
   * @param code the value of {@code GetLastError}, or the function's own result
   */
  public WindowsCallException(String call, int code) {
    super(call + " failed: " + WindowsError.describe(code));
    this.call = call;
    this.code = code;
  }

  /**
   * Returns the function.
   *
   * @return its name
   */
  public String call() {
    return call;
  }

  /**
   * Returns the error.
   *
   * @return a Win32 code, an NTSTATUS or an HRESULT
   */
  public int code() {
    return code;
  }
}
