package org.ringfence.linux.supervise;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Watches the mounts of this machine: a mount made while commands run may show a protected object
 * at another path. The descriptor is ready, with EPOLLPRI, after each change (proc_pid_mounts(5)).
 */
final class MountWatch implements AutoCloseable {
  private final Descriptors descriptors;
  private final EffectivePolicy policy;
  private final int descriptor;
  private volatile String problem = "";

  MountWatch(Descriptors descriptors, EffectivePolicy policy) throws IOException {
    this.descriptors = descriptors;
    this.policy = policy;
    this.descriptor = descriptors.open("/proc/self/mountinfo", Constants.O_RDONLY, 0);
  }

  int descriptor() {
    return descriptor;
  }

  /**
   * Checks the current mounts.
   *
   * @return the mount that must not be there, when it is new
   */
  Optional<String> changed() {
    String before = problem;
    try {
      problem = policy.mountedSince().orElse("");
    } catch (UncheckedIOException e) {
      problem = "the mounts cannot be read: " + e.getMessage();
    }
    return problem.isEmpty() || problem.equals(before) ? Optional.empty() : Optional.of(problem);
  }

  /** Returns the mount that must not be there; empty when there is none. For any thread. */
  String problem() {
    return problem;
  }

  @Override
  public void close() {
    descriptors.close(descriptor);
  }
}
