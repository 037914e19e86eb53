package org.ringfence.policy;

import java.util.Objects;

/**
 * The fate of leftover processes.
 *
 * @param onRootExit their fate after the end of the command itself
 * @param onJvmExit their fate after any end of the JVM that opened the sandbox
 */
public record Lifetime(Leftovers onRootExit, Leftovers onJvmExit) {
  /** The fate of leftover processes. */
  public enum Leftovers {
    /** The sandbox kills them. */
    KILL,
    /** They go on, confined as before. */
    KEEP
  }

  /** The default: nothing outlives the command or the JVM. */
  public static final Lifetime KILL = new Lifetime(Leftovers.KILL, Leftovers.KILL);

  /** Checks that no part is null. */
  public Lifetime {
    Objects.requireNonNull(onRootExit, "onRootExit");
    Objects.requireNonNull(onJvmExit, "onJvmExit");
  }
}
