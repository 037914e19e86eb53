package org.ringfence.linux.cgroup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.ringfence.file.SystemProgram;
import org.ringfence.linux.restricted.HostProcess;
import org.ringfence.linux.restricted.HostProcess.Errors;

/**
 * systemd's manager of this user, asked over the user's bus by {@code busctl}, a program of systemd
 * (org.freedesktop.systemd1(5)). Only systemd can move a process out of a login's session, which
 * belongs to root; the manager asks the system's one for that (AttachProcessesToUnit, systemd 238).
 */
public final class UserSystemd {
  // logind makes it (pam_systemd(8)); XDG_RUNTIME_DIR could name any other place.
  private static final Path RUNTIME = Path.of("/run/user");

  // stat(2): the bits of the type, and those of a directory and a socket.
  private static final int TYPE = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int SOCKET = 0140000;
  private static final int GROUP_OR_OTHERS_WRITE = 022;

  private static final int ANSWER_SECONDS = 30;
  private static final int MOST_SAID = 300;

  private final String busctl;
  private final Path bus;

  /** Uses a program and a bus that are known to be right. */
  UserSystemd(String busctl, Path bus) {
    this.busctl = busctl;
    this.bus = bus;
  }

  /**
   * Finds the manager without asking it.
   *
   * @return the manager
   * @throws IOException if there is none; the message says what is missing
   */
  public static UserSystemd find() throws IOException {
    int user = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    Path bus = bus(RUNTIME.resolve(Integer.toString(user)), user);
    return new UserSystemd(SystemProgram.path("busctl"), bus);
  }

  /** Returns the bus in a directory that no other user can change. */
  static Path bus(Path directory, int user) throws IOException {
    require(directory, DIRECTORY, user);
    Path bus = directory.resolve("bus");
    require(bus, SOCKET, user);
    return bus;
  }

  private static void require(Path file, int type, int user) throws IOException {
    Map<String, Object> found;
    try {
      found = Files.readAttributes(file, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      throw new IOException("systemd's manager of this user has no bus: there is no " + file, e);
    }
    int mode = (Integer) found.get("mode");
    boolean others = type == DIRECTORY && (mode & GROUP_OR_OTHERS_WRITE) != 0;
    if ((mode & TYPE) != type || others || !found.get("uid").equals(user)) {
      throw new IOException(
          file + " is not this user's alone, so that systemd's manager is not asked through it");
    }
  }

  /**
   * Asks for a scope whose group is this user's, with the memory and pids controllers. It ends with
   * its last process, also after a failure. The manager makes it after it has answered.
   *
   * @param name its name, which ends in {@code .scope}
   * @param pid its first process
   */
  void startScope(String name, long pid) throws IOException {
    call(
        "StartTransientUnit",
        "ssa(sv)a(sa(sv))",
        name,
        "fail",
        "4",
        "Description",
        "s",
        "Commands in a sandbox of Ringfence",
        "PIDs",
        "au",
        "1",
        Long.toString(pid),
        "DelegateControllers",
        "as",
        Integer.toString(CgroupSearch.CONTROLLERS.size()),
        CgroupSearch.CONTROLLERS.get(0),
        CgroupSearch.CONTROLLERS.get(1),
        "CollectMode",
        "s",
        "inactive-or-failed",
        "0");
  }

  /**
   * Has a process moved into a group below a scope's.
   *
   * @param scope the name of the scope
   * @param group the group's name, below the scope's
   * @param pid the process
   */
  void attach(String scope, String group, long pid) throws IOException {
    call("AttachProcessesToUnit", "ssau", scope, "/" + group, "1", Long.toString(pid));
  }

  private void call(String method, String... arguments) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                busctl,
                "--address=unix:path=" + bus,
                "--timeout=" + ANSWER_SECONDS,
                "--allow-interactive-authorization=no",
                "call",
                "org.freedesktop.systemd1",
                "/org/freedesktop/systemd1",
                "org.freedesktop.systemd1.Manager",
                method));
    words.addAll(List.of(arguments));
    Process process = HostProcess.start(words, Errors.MERGED);
    process.getOutputStream().close();
    try {
      // Its answer is shorter than what a pipe holds.
      if (!process.waitFor(2L * ANSWER_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("systemd's user manager does not answer " + method);
      }
      String said =
          new String(process.getInputStream().readNBytes(MOST_SAID), StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        throw new IOException("systemd's user manager refuses " + method + ": " + said.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while systemd's user manager was asked", e);
    } finally {
      process.destroyForcibly();
      process.getInputStream().close();
    }
  }
}
