package org.ringfence.linux.launch;

import org.ringfence.linux.cgroup.SandboxCgroup;
import org.ringfence.linux.names.ExistingNames;
import org.ringfence.linux.restricted.SandboxThread;
import org.ringfence.linux.restricted.Watchdog;
import org.ringfence.linux.socket.SocketRoom;
import org.ringfence.linux.supervise.Supervisor;
import org.ringfence.linux.task.ProcessMarks;

/** The parts of an open sandbox, made one after the other. Closing closes those that there are. */
final class SessionParts implements AutoCloseable {
  CommandRuleset ruleset;
  SandboxThread sandboxThread;
  Lifeline lifeline;
  Watchdog watchdog;
  Supervisor supervisor;
  Bubblewrap bubblewrap;
  SandboxCgroup cgroup;
  SocketRoom room;
  ProcessMarks marks;
  ExistingNames names;

  /** Closes the watchdog first: it would kill the sandbox's thread. */
  @Override
  public void close() {
    if (watchdog != null) {
      watchdog.close();
    }
    if (lifeline != null) {
      lifeline.close();
    }
    if (sandboxThread != null) {
      sandboxThread.close();
    }
    if (supervisor != null) {
      supervisor.close();
    } else if (room != null) {
      // The supervisor would have closed it.
      room.close();
    }
    if (ruleset != null) {
      ruleset.close();
    }
    if (bubblewrap != null) {
      bubblewrap.close();
    }
    if (cgroup != null) {
      cgroup.close();
    }
    if (names != null) {
      names.close();
    }
  }
}
