package org.ringfence.policy.path;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.ringfence.policy.Access;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The paths of a policy's specials, and the look-up of real paths on this machine. {@link
 * #of(PathStyle, String, String)} does not look at the machine, so that a policy can be compiled
 * for another system.
 *
 * @param style the path syntax
 * @param workspace the path of {@code :workspace}
 * @param homeDirectory the path of {@code :home}
 * @param systemTmp the temporary directory shared by all programs; on macOS the user's own
 * @param privateTmp the sandbox's own temporary directory, once it exists
 * @param javaHome the path of {@code :java-home}
 * @param minimal the paths of {@code :minimal}, which a process must read to start
 * @param devices device files that every command may use
 * @param sharedMemory the paths of {@code :shm}: POSIX semaphores and shared memory
 * @param workspaceCopy the copy that a command sees at the workspace's path, empty for the
 *     workspace itself
 * @param lookup looks paths up (symbolic links, missing paths)
 */
public record PathContext(
    PathStyle style,
    String workspace,
    HomeDirectory homeDirectory,
    String systemTmp,
    Optional<String> privateTmp,
    String javaHome,
    List<String> minimal,
    List<String> devices,
    String sharedMemory,
    Optional<String> workspaceCopy,
    PathLookup lookup) {

  private static final List<String> POSIX_MINIMAL =
      List.of(
          "/usr",
          "/bin",
          "/sbin",
          "/lib",
          "/lib32",
          "/lib64",
          "/libx32",
          "/etc",
          "/opt",
          "/proc",
          "/sys/fs/cgroup",
          "/sys/devices/system",
          "/dev",
          "/run/systemd/resolve",
          "/nix/store");
  private static final List<String> POSIX_DEVICES =
      List.of("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty");
  private static final List<String> MAC_MINIMAL =
      List.of(
          "/usr",
          "/bin",
          "/sbin",
          "/System",
          "/Library",
          "/Applications/Xcode.app",
          "/opt/homebrew",
          "/opt/local",
          "/private/etc",
          "/private/var/db/timezone",
          "/private/var/db/dyld",
          "/private/var/db/xcode_select_link",
          "/private/var/select",
          "/nix/store");
  private static final List<String> MAC_DEVICES =
      List.of("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty");
  private static final List<String> WINDOWS_MINIMAL =
      List.of("C:\\Windows", "C:\\Program Files", "C:\\Program Files (x86)");

  /** Copies the lists. */
  public PathContext {
    Objects.requireNonNull(style, "style");
    Objects.requireNonNull(homeDirectory, "homeDirectory");
    Objects.requireNonNull(privateTmp, "privateTmp");
    Objects.requireNonNull(lookup, "lookup");
    minimal = List.copyOf(minimal);
    devices = List.copyOf(devices);
  }

  /**
   * Returns the places of this machine, with the JVM's working directory as the workspace.
   *
   * @return the places
   */
  public static PathContext current() {
    return current(Path.of("").toAbsolutePath());
  }

  /**
   * Returns the places of this machine, with a given workspace.
   *
   * @param workspace the workspace
   * @return the places
   */
  public static PathContext current(Path workspace) {
    PathStyle style = PathStyle.current();
    String tmp = System.getProperty("java.io.tmpdir");
    boolean mac = System.getProperty("os.name").startsWith("Mac");
    if (style == PathStyle.POSIX) {
      // java.io.tmpdir may be set for this JVM alone.
      tmp = mac ? SystemTmp.ofMac(SystemTmp::getconf, tmp) : "/tmp";
    }
    PathContext usual = mac ? ofMac("/", "/") : of(style, workspace.toString(), "/");
    return new PathContext(
        style,
        workspace.toAbsolutePath().normalize().toString(),
        HomeDirectory.current(),
        tmp,
        Optional.empty(),
        System.getProperty("java.home"),
        usual.minimal,
        usual.devices,
        usual.sharedMemory,
        Optional.empty(),
        PathLookup.HOST);
  }

  /**
   * Creates fake places for compiling a policy for another system.
   *
   * @param style the path syntax there
   * @param workspace the workspace there
   * @param home the home directory there
   * @return the places
   */
  public static PathContext of(PathStyle style, String workspace, String home) {
    boolean posix = style == PathStyle.POSIX;
    return new PathContext(
        style,
        workspace,
        HomeDirectory.named(home),
        posix ? "/tmp" : home + "\\AppData\\Local\\Temp",
        Optional.empty(),
        posix ? "/usr/lib/jvm/default" : "C:\\Program Files\\Java",
        posix ? POSIX_MINIMAL : WINDOWS_MINIMAL,
        posix ? POSIX_DEVICES : List.of(),
        posix ? "/dev/shm" : "",
        Optional.empty(),
        PathLookup.NONE);
  }

  /**
   * Creates fake places for compiling a policy for macOS on any system.
   *
   * @param workspace the workspace there
   * @param home the home directory there
   * @return the places
   */
  public static PathContext ofMac(String workspace, String home) {
    return new PathContext(
        PathStyle.POSIX,
        workspace,
        HomeDirectory.named(home),
        "/private/var/folders/xx/user/T",
        Optional.empty(),
        "/Library/Java/JavaVirtualMachines/default/Contents/Home",
        MAC_MINIMAL,
        MAC_DEVICES,
        "",
        Optional.empty(),
        PathLookup.NONE);
  }

  /**
   * Returns the directories that all programs share for temporary files.
   *
   * @return {@code systemTmp}; on macOS also those for caches and {@code /tmp}
   */
  public List<String> sharedTmp() {
    return SystemTmp.shared(systemTmp);
  }

  /**
   * Returns the path of the home directory.
   *
   * @return the path of {@code :home}; empty text when there is none
   */
  public String home() {
    return homeDirectory.path().orElse("");
  }

  /**
   * Returns the places with a look-up: for a machine that can be asked.
   *
   * @param where the look-up
   * @return the places
   */
  public PathContext lookedUp(PathLookup where) {
    return with(privateTmp, workspaceCopy, where);
  }

  /**
   * Returns the places with the sandbox's private temporary directory.
   *
   * @param directory the directory
   * @return the places
   */
  public PathContext withPrivateTmp(String directory) {
    return with(Optional.of(directory), workspaceCopy, lookup);
  }

  /** Returns the places without the sandbox's private temporary directory. */
  public PathContext withoutPrivateTmp() {
    return with(Optional.empty(), workspaceCopy, lookup);
  }

  private PathContext with(Optional<String> tmp, Optional<String> copy, PathLookup where) {
    return new PathContext(
        style,
        workspace,
        homeDirectory,
        systemTmp,
        tmp,
        javaHome,
        minimal,
        devices,
        sharedMemory,
        copy,
        where);
  }

  /**
   * Returns the places with a copy of the workspace.
   *
   * @param copy the copy
   * @return the places
   */
  public PathContext withWorkspaceCopy(String copy) {
    return with(privateTmp, Optional.of(copy), lookup);
  }

  /**
   * Returns the real location of a path that a command sees.
   *
   * @param path a real path
   * @return the path in the copy of the workspace, when there is one and the path lies in the
   *     workspace
   */
  public String source(String path) {
    String root = real(workspace);
    boolean inside = path.equals(root) || path.startsWith(root + "/");
    return workspaceCopy.isPresent() && inside
        ? workspaceCopy.get() + path.substring(root.length())
        : path;
  }

  /**
   * Returns the path for a text in a policy's rules.
   *
   * @param policy the policy, which defines {@code :tmp}
   * @param text an absolute path, or a special with or without a path below it
   * @return the path, links not resolved; empty for a special that exists in an open sandbox alone
   * @throws InvalidPolicyException if it is neither absolute nor a special
   */
  public Optional<String> written(SandboxPolicy policy, String text) {
    return Optional.ofNullable(new RuleTexts(policy, this).absolute(text, Access.READ));
  }

  /**
   * Returns the real path of a name: links resolved as far as the name exists, the rest kept.
   *
   * @param path an absolute path
   * @return the real path; the same path when nothing is looked up
   */
  public String real(String path) {
    return lookup.real(path);
  }

  /**
   * Returns the symbolic links on the way of a path, the last component included, with their
   * targets.
   */
  public Map<String, String> linksOn(String path) {
    return lookup.linksOn(path);
  }

  public boolean exists(String path) {
    return lookup.exists(path);
  }
}
