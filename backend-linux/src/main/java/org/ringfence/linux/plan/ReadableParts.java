package org.ringfence.linux.plan;

import java.util.List;
import org.ringfence.policy.Access;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;

/**
 * The readable parts of a directory whose whole tree may be read, except devices: a process that
 * reads another terminal takes its input. Landlock only adds, so the rules name the parts one by
 * one.
 */
public interface ReadableParts {
  /** The directory of devices. */
  String DEVICES = "/dev";

  /** Assumed parts, for explaining without a machine. */
  ReadableParts ASSUMED =
      new ReadableParts() {
        @Override
        public boolean leadsToDevices(String path) {
          return path.equals("/") || path.equals(DEVICES);
        }

        @Override
        public List<String> of(String path) {
          return path.equals("/")
              ? List.of("/(each but dev)")
              : List.of(DEVICES + "/(each file and file system)");
        }
      };

  /**
   * Returns whether devices lie below a path that does not name them itself.
   *
   * @param path a real path
   * @return true for {@code /dev} and the directories above it, and for those above every other
   *     mount of a device file system
   */
  boolean leadsToDevices(String path);

  /**
   * Returns the parts of such a path.
   *
   * @param path one for which {@link #leadsToDevices} is true
   * @return paths that hold no devices, or none that a rule does not name
   */
  List<String> of(String path);

  /**
   * Returns whether a rule grants reading a device: one that names it or a directory of devices, or
   * grants writing.
   *
   * @param policy the policy
   * @param path the device's real path
   * @return false if only a default or a rule about all of {@code /dev} covers it
   */
  static boolean named(EffectivePolicy policy, String path) {
    for (EffectiveRule rule : policy.rules()) {
      String named = rule.path();
      boolean above = path.equals(named) || named.equals("/") || path.startsWith(named + "/");
      boolean gives =
          rule.access() == Access.WRITE
              || rule.access() == Access.READ && named.startsWith(DEVICES + "/");
      if (above && gives) {
        return true;
      }
    }
    return false;
  }
}
