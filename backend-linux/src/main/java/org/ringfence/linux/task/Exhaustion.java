package org.ringfence.linux.task;

/** Detects the resource that this JVM has run out of. */
public final class Exhaustion {
  private Exhaustion() {}

  /** Returns whether the system has no thread left, and the heap is not full. Allocates nothing. */
  public static boolean ofThreads(Throwable error) {
    // src/hotspot/share/prims/jvm.cpp, JVM_StartThread
    return error instanceof OutOfMemoryError
        && error.getMessage() != null
        && error.getMessage().startsWith("unable to create");
  }
}
