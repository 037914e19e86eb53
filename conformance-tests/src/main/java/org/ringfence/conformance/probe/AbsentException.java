package org.ringfence.conformance.probe;

/** Thrown when this system lacks the operation: the case does not apply. */
public final class AbsentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AbsentException(String what) {
    super(what);
  }
}
