package org.ringfence.conformance.probe;

/** This system has no such thing: nothing comes of the case. */
public final class AbsentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AbsentException(String what) {
    super(what);
  }
}
