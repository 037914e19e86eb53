package org.ringfence.linux.plan;

import java.util.List;
import org.ringfence.policy.Access;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.EffectiveRule;

/**
 * What of a directory is read when all below it may be, but for devices: who reads another terminal
 * takes what is typed there. Landlock only adds, so that the parts are named one by one.
 */
public interface ReadableParts {
  /** The directory of devices. */
  String DEVICES = "/dev";

  /** For explaining without a machine. */
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
   * Whether devices lie below a path that does not name them itself.
   *
   * @param path a real path
   * @return true for {@code /dev} and what is above it, and likewise above every other place where
   *     a file system of devices is mounted
   */
  boolean leadsToDevices(String path);

  /**
   * The parts of such a path.
   *
   * @param path one for which {@link #leadsToDevices} is true
   * @return paths that hold no devices, or none that a rule does not name
   */
  List<String> of(String path);

  /**
   * Whether a rule grants reading a device: one that names it, or a directory of devices, or that
   * grants writing.
   *
   * @param policy the policy
   * @param path the device's real path
   * @return false where only a default or a rule about all of {@code /dev} speaks of it
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
