package org.ringfence.wsl2.plan;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.SandboxException;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.Operation;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

/**
 * Finds the mounts of a distribution that lead to Windows or to other distributions: in the table
 * of mounts, and not in settings, which say what may be in force after the next boot. Pure.
 */
public final class DoorMounts {
  // proc_pid_mountinfo(5): the fifth field is the place; the type follows " - ".
  private static final Pattern LINE = Pattern.compile("\\S+ \\S+ \\S+ \\S+ (\\S+) .*? - (\\S+) .*");
  private static final Pattern ESCAPED = Pattern.compile("\\\\([0-7]{3})");
  private static final Set<String> OF_WINDOWS = Set.of("9p", "drvfs", "virtiofs");
  // The libraries of graphics drivers, which WSL mounts for reading alone.
  private static final String DRIVERS = "/usr/lib/wsl/";
  // What distributions share and the desktop, below the root of the drives wherever that is.
  private static final Set<String> SHARED = Set.of("wsl", "wslg");
  private static final int OCTAL = 8;

  private static final String RESOLVER = "/etc/resolv.conf";

  private DoorMounts() {}

  /**
   * Finds the doors.
   *
   * @param mountinfo the content of {@code /proc/self/mountinfo}
   * @return the places where they are mounted, in order
   */
  public static List<String> of(String mountinfo) {
    Set<String> doors = new TreeSet<>();
    for (String line : mountinfo.split("[\\n\\t]")) {
      Matcher fields = LINE.matcher(line);
      if (!fields.matches()) {
        continue;
      }
      String place = unescaped(fields.group(1));
      String type = fields.group(2);
      boolean ofWindows = OF_WINDOWS.contains(type) && !place.startsWith(DRIVERS);
      String name = place.substring(place.lastIndexOf('/') + 1);
      if (!place.equals("/") && (ofWindows || type.equals("tmpfs") && SHARED.contains(name))) {
        doors.add(place);
      }
    }
    return new ArrayList<>(doors);
  }

  /** Undoes the kernel's octal escapes, of bytes. */
  private static String unescaped(String place) {
    byte[] bytes =
        ESCAPED
            .matcher(
                new String(place.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))
            .replaceAll(
                found ->
                    Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(found.group(1), OCTAL))))
            .getBytes(StandardCharsets.ISO_8859_1);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /**
   * Shuts doors, unless a rule names just that place. With a full network the file that names the
   * name server stays readable: WSL keeps it in a directory that distributions share.
   *
   * @param policy a policy of the distribution
   * @param places the places there
   * @param doors the doors
   * @return the policy with a rule for each door that is shut
   */
  public static SandboxPolicy shut(SandboxPolicy policy, PathContext places, List<String> doors) {
    List<String> named =
        EffectivePolicy.of(policy, places).rules().stream().map(EffectiveRule::path).toList();
    PolicyBuilder shut = policy.toBuilder();
    for (String door : doors) {
      if (!named.contains(door)) {
        shut.rule(door, Access.NONE, MissingPath.SKIP);
      }
    }
    String names = places.real(RESOLVER);
    boolean behindADoor =
        doors.stream()
            .anyMatch(door -> names.equals(door + names.substring(names.lastIndexOf('/'))));
    if (policy.network().mode() == NetworkMode.FULL && behindADoor && !named.contains(names)) {
      // Without it the C library asks a name server on the loopback, where none is.
      shut.rule(names, Access.READ, MissingPath.SKIP);
    }
    return shut.build();
  }

  /**
   * Returns whether a policy lets no command reach a path, nor anything below it.
   *
   * @param policy the policy, placed in the distribution
   * @param path a path there
   * @return false if it, or a path below it, is granted
   */
  public static boolean isShut(EffectivePolicy policy, String path) {
    return !policy.evaluate(path, Operation.READ).allowed()
        && policy.rules().stream()
            .noneMatch(
                rule ->
                    rule.access() != Access.NONE && PathStyle.POSIX.isAtOrBelow(rule.path(), path));
  }

  /**
   * Refuses a command of a sandbox that was opened before a drive was mounted where a command may
   * look.
   *
   * @param policy the policy of the sandbox, placed in the distribution
   * @param known the doors when it was opened
   * @param now the doors at this moment
   * @throws SandboxException if there is another one that the policy does not shut
   */
  public static void demandKnown(EffectivePolicy policy, List<String> known, List<String> now)
      throws SandboxException {
    for (String door : now) {
      if (!known.contains(door) && !isShut(policy, door)) {
        throw new SandboxException(
            "wsl.doors: " + door + " was mounted after the sandbox was opened; open it again");
      }
    }
  }
}
