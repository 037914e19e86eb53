package org.ringfence.linux.launch;

/** Tells what it is that this JVM has no more of. */
final class Exhaustion {
  private Exhaustion() {}

  /** Whether the system has no thread left, and the heap is not full. Allocates nothing. */
  static boolean ofThreads(Throwable error) {
    // src/hotspot/share/prims/jvm.cpp, JVM_StartThread
    return error instanceof OutOfMemoryError
        && error.getMessage() != null
        && error.getMessage().startsWith("unable to create");
  }
}
