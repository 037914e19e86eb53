package org.ringfence.kit.plan;

import java.time.Duration;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;

/** The promises of guarantees, with the values of a policy. Pure. */
public final class Statements {
  private static final long SECOND_MILLIS = 1_000;

  private Statements() {}

  /**
   * Returns the promise of a guarantee that a policy asks for.
   *
   * @param guarantee the guarantee
   * @param effective the policy
   * @return a sentence without its full stop; that of the catalogue where it names no value
   */
  public static String of(Guarantee guarantee, EffectivePolicy effective) {
    SandboxPolicy policy = effective.policy();
    NetworkPolicy network = policy.network();
    return switch (guarantee) {
      case FILES_PROTECTED_NAMES -> effective.protectedNamesStatement();
      case FILES_PROTECTED_PATHS ->
          "Not written, also when they do not exist: "
              + String.join(", ", effective.protectedPaths());
      case FILES_DENY_GLOBS ->
          "Files whose names match "
              + String.join(", ", policy.denyGlobs())
              + " are not opened, made, renamed or removed, also those that appear later";
      case NETWORK_EXTERNAL ->
          network.mode() == NetworkMode.ALLOWLIST
              ? "Only the hosts of network.allow are reached, over TCP"
              : "Nothing outside the sandbox is reached: TCP, UDP, raw";
      case NETWORK_HOST_LOOPBACK ->
          "Of the host's loopback, only ports " + network.hostLoopbackPorts();
      case NETWORK_PUBLISH ->
          "Servers inside are reached over the host's loopback on ports " + network.publish();
      case NETWORK_UNIX_SOCKETS ->
          "Unix sockets outside the sandbox are not connected to"
              + (network.unixSockets().isEmpty()
                  ? ""
                  : ", but for " + String.join(", ", network.unixSockets()));
      case LIMITS_MEMORY,
          LIMITS_PROCESSES,
          LIMITS_CPU_TIME,
          LIMITS_OPEN_FILES,
          LIMITS_FILE_SIZE,
          LIMITS_WALL_TIME,
          LIMITS_OUTPUT ->
          limit(guarantee, policy.limits());
      default -> guarantee.statement();
    };
  }

  private static String limit(Guarantee guarantee, Limits limits) {
    return switch (guarantee) {
      case LIMITS_MEMORY ->
          "The tree uses at most " + limits.memory().getAsLong() + " bytes of memory";
      case LIMITS_PROCESSES -> "At most " + limits.processes().getAsLong() + " processes at a time";
      case LIMITS_CPU_TIME ->
          "Each process uses at most "
              + wholeSeconds(limits.cpuTime().orElseThrow())
              + " s of processor time; a tree of several uses as much for each";
      case LIMITS_OPEN_FILES ->
          "A process has at most " + limits.openFiles().getAsLong() + " descriptors";
      case LIMITS_FILE_SIZE ->
          "A file grows to at most " + limits.fileSize().getAsLong() + " bytes";
      case LIMITS_WALL_TIME -> wallTime(limits);
      default ->
          "Output is cut off and the tree ended after "
              + limits.outputBytes().getAsLong()
              + " bytes";
    };
  }

  private static String wallTime(Limits limits) {
    long millis = limits.wallTime().orElseThrow().toMillis();
    return limits.grace().isZero()
        ? "The tree is killed after " + millis + " ms"
        : "The command is asked to end after "
            + millis
            + " ms, and the tree is killed "
            + limits.grace().toMillis()
            + " ms later";
  }

  /**
   * Returns the bound that an RLIMIT_CPU can express.
   *
   * @param time the processor time that the policy names
   * @return seconds, rounded up, at least 1
   */
  public static long wholeSeconds(Duration time) {
    return Math.max(1, (time.toMillis() + SECOND_MILLIS - 1) / SECOND_MILLIS);
  }
}
