package org.ringfence.policy;

import java.util.Objects;

/**
 * What happens to processes that are left.
 *
 * @param onRootExit when the command itself has ended
 * @param onJvmExit when the JVM that opened the sandbox has ended, however it ended
 */
public record Lifetime(Leftovers onRootExit, Leftovers onJvmExit) {
  /** The fate of leftover processes. */
  public enum Leftovers {
    /** They are killed. */
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
