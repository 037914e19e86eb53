package org.ringfence.linux.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * A program in busctl's place that makes groups of plain directories, removes them after their
 * first process, and tells of each call: its environment, then its words, one a line.
 */
final class FakeSystemd {
  private static final String SCRIPT =
      """
      #!/bin/sh
      { env; for word; do echo "$word"; done; echo; } >>BASE/calls
      while [ "$1" != org.freedesktop.systemd1.Manager ]; do shift; done
      name=$4
      case $2 in
      StartTransientUnit) pid=${13} below= ;;
      *) pid=$7 below=$5 ;;
      esac
      [ ! -e BASE/refuses ] || { echo 'Call failed: Access denied' >&2; exit 1; }
      [ -e BASE/lies ] || {
        mkdir -p "BASE/proc/$pid" "BASE/cgroup/$name"
        [ "$below" ] || {
          echo memory pids >"BASE/cgroup/$name/cgroup.controllers"
          { while kill -0 "$pid"; do sleep 0.02; done; rm -r "BASE/cgroup/$name"; } \\
            </dev/null >/dev/null 2>&1 &
        }
        echo "0::/$name$below" >"BASE/proc/$pid/cgroup"
        echo '31 30 0:27 / BASE/cgroup rw - cgroup2 cgroup rw' >"BASE/proc/$pid/mountinfo"
      }
      echo 'o "/org/freedesktop/systemd1/job/7"'
      """;

  private final Path base;

  FakeSystemd(Path base) throws IOException {
    this.base = base;
    Path program = base.resolve("busctl");
    Files.writeString(program, SCRIPT.replace("BASE", base.toString()));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    // A process that no call has moved is in a group of its login.
    Files.createDirectories(base.resolve("proc"));
  }

  UserSystemd manager() {
    return new UserSystemd(base.resolve("busctl").toString(), base.resolve("bus"));
  }

  UserScope open(String name) throws IOException {
    return UserScope.open(manager(), name, base.resolve("proc"));
  }

  /** Makes a process show up in the group of a login. */
  void session(long pid) throws IOException {
    Path process = Files.createDirectories(base.resolve("proc").resolve(Long.toString(pid)));
    Files.writeString(process.resolve("cgroup"), "0::/session-1.scope\n");
    Files.writeString(
        process.resolve("mountinfo"),
        "31 30 0:27 / " + base.resolve("cgroup") + " rw - cgroup2 cgroup rw\n");
  }

  void refuses() throws IOException {
    Files.createFile(base.resolve("refuses"));
  }

  /** Makes it answer and do nothing. */
  void lies() throws IOException {
    Files.createFile(base.resolve("lies"));
  }

  List<String> calls() throws IOException {
    return Files.readAllLines(base.resolve("calls"));
  }
}
