package org.ringfence.wsl2.plan;

import java.util.ArrayList;
import java.util.List;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileRule;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.SandboxPolicy;

/**
 * Translates a policy into a distribution: its paths by their names there, and the doors back to
 * Windows shut. A rule of the policy that names a path behind a door is more specific, and opens
 * only that path.
 */
public final class GuestPolicy {
  /** Sockets by which Linux programs start those of Windows, as the Windows user. */
  private static final String INTEROP = "/run/WSL";

  /** Where drives are mounted a second time when they are shared by virtiofs. */
  private static final String SHARES = "/run/wsl";

  /**
   * The program that starts them when a Windows file is executed, and that enters a distribution
   * again.
   */
  private static final String INIT = "/init";

  /** The sockets of Docker's engine, whose containers mount any requested path. */
  private static final List<String> ENGINES =
      List.of("/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock");

  private GuestPolicy() {}

  /**
   * Returns the doors of a distribution at this moment, for a trial.
   *
   * @param mountinfo the content of {@code /proc/self/mountinfo} there
   * @return the mounted ones, and those at places of their own
   */
  public static List<String> tried(String mountinfo) {
    List<String> doors = new ArrayList<>(List.of(INTEROP, INIT));
    doors.addAll(DoorMounts.of(mountinfo));
    doors.add(SHARES);
    doors.addAll(ENGINES);
    return doors;
  }

  /**
   * Translates a policy.
   *
   * @param policy the policy, with paths of Windows or of the distribution
   * @param paths the names of paths there
   * @return the policy inside
   * @throws IllegalArgumentException if a path has no name there, with the field
   */
  public static SandboxPolicy of(SandboxPolicy policy, WslPaths paths) {
    return of(policy, paths, List.of());
  }

  /**
   * Translates a policy, and hides further paths from commands.
   *
   * @param policy the policy, with paths of Windows or of the distribution
   * @param paths the names of paths there
   * @param hidden the paths that are hidden there whatever the policy grants
   * @return the policy inside
   * @throws IllegalArgumentException if a path has no name there, with the field
   */
  public static SandboxPolicy of(SandboxPolicy policy, WslPaths paths, List<String> hidden) {
    List<FileRule> rules = new ArrayList<>();
    for (FileRule rule : policy.rules()) {
      rules.add(
          new FileRule(
              translated("files.rules", rule.path(), paths), rule.access(), rule.missing()));
    }
    List<String> kept = new ArrayList<>();
    for (String path : policy.protectedPaths()) {
      kept.add(translated("files.protectedPaths", path, paths));
    }
    for (String door : doors(paths)) {
      if (rules.stream().noneMatch(rule -> rule.path().equals(door))) {
        rules.add(new FileRule(door, Access.NONE, MissingPath.SKIP));
      }
    }
    for (String path : hidden) {
      rules.removeIf(rule -> rule.path().equals(path) || rule.path().startsWith(path + "/"));
      rules.add(new FileRule(path, Access.NONE, MissingPath.SKIP));
    }
    return new SandboxPolicy(
        policy.fileDefault(),
        rules,
        policy.denyGlobs(),
        policy.protectedNames(),
        policy.allowedNames(),
        kept,
        policy.tmp(),
        policy.network(),
        policy.environment(),
        policy.limits(),
        policy.lifetime(),
        policy.processGrants(),
        policy.strictness());
  }

  /**
   * Returns the paths that lead out of a distribution: drives, other distributions, the desktop,
   * interop, engines.
   *
   * @param paths the names of paths there
   * @return paths that are hidden unless a rule names a path in them
   */
  public static List<String> doors(WslPaths paths) {
    List<String> doors = new ArrayList<>();
    String automount = paths.automount().substring(0, paths.automount().length() - 1);
    if (!automount.isEmpty()) {
      doors.add(automount);
    }
    if (!automount.equals("/mnt")) {
      doors.addAll(List.of("/mnt/wsl", "/mnt/wslg"));
    }
    if (automount.isEmpty()) {
      // Shared between distributions, and the desktop's: beside the drives.
      doors.addAll(List.of("/wsl", "/wslg"));
    }
    doors.addAll(List.of(INTEROP, SHARES, INIT));
    doors.addAll(ENGINES);
    return doors;
  }

  /** Leaves symbolic places and paths of Linux as they are. */
  private static String translated(String field, String path, WslPaths paths) {
    if (path.startsWith(":") || path.startsWith("/") || path.startsWith("~")) {
      return path;
    }
    try {
      return paths.toLinux(path);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(field + ": " + e.getMessage(), e);
    }
  }
}
