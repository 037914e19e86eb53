package org.ringfence.windows.runner;

import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsSystem;

/**
 * Protects a runner from the commands, which are processes of the same user: they can neither open
 * nor read it, nor use it or its threads as a parent or an identity. Not thread-safe.
 */
final class RunnerProtection {
  /** {@code PROCESS_ALL_ACCESS}, and the same of threads. */
  private static final int ALL = 0x1FFFFF;

  /** {@code SYNCHRONIZE} and {@code PROCESS_QUERY_LIMITED_INFORMATION}. */
  private static final int LOOK = 0x101000;

  /** A protected list ({@code SE_DACL_PROTECTED}, {@code SE_DACL_PRESENT}, self-relative). */
  private static final byte[] PROTECTED = {1, 0, 0x04, (byte) 0x90};

  private final WindowsSystem windows;

  RunnerProtection(WindowsSystem windows) {
    this.windows = windows;
  }

  /** Closes this process, its threads, and the objects that it makes from here on. */
  void close() throws WindowsCallException {
    try (Handle self = windows.processes().thisProcess()) {
      windows
          .security()
          .setDaclExactly(
              self,
              AccessControlList.of(
                      ace(Sid.SYSTEM, ALL),
                      ace(Sid.ADMINISTRATORS, LOOK),
                      ace(Sid.OWNER_RIGHTS, AccessMask.READ_CONTROL))
                  .descriptor(PROTECTED));
    }
    closeNewObjects();
    closeThreads();
  }

  /**
   * Makes a process whose token its own programs may open. The kernel gives that token the default
   * list of the process that makes it ("DACL for a New Object", and measured in
   * winsiderss/systeminformer#436): with the list of {@link #close()}, neither this process nor the
   * command could open it, and no program that looks at its own identity would start. So the list
   * is the usual one for this call; threads that the JVM made meanwhile are closed afterwards.
   */
  Processes.Started make(ProcessRequest request, Sid user, Sid session)
      throws WindowsCallException {
    setDefault(
        ace(Sid.SYSTEM, AccessMask.GENERIC_ALL),
        ace(user, AccessMask.GENERIC_ALL),
        ace(session, AccessMask.GENERIC_ALL));
    try {
      return windows.processes().create(request);
    } finally {
      closeNewObjects();
      closeThreads();
    }
  }

  private void closeNewObjects() throws WindowsCallException {
    setDefault(
        ace(Sid.SYSTEM, AccessMask.GENERIC_ALL), ace(Sid.OWNER_RIGHTS, AccessMask.READ_CONTROL));
  }

  private void setDefault(Ace... entries) throws WindowsCallException {
    try (Handle token = windows.tokens().ofThisProcess()) {
      windows.tokens().setDefaultDacl(token, AccessControlList.of(entries).bytes());
    }
  }

  private void closeThreads() throws WindowsCallException {
    byte[] closed =
        AccessControlList.of(ace(Sid.SYSTEM, ALL), ace(Sid.OWNER_RIGHTS, AccessMask.READ_CONTROL))
            .descriptor(PROTECTED);
    for (Handle thread : windows.processes().openThreads()) {
      try (thread) {
        windows.security().setDaclExactly(thread, closed);
      }
    }
  }

  private static Ace ace(Sid sid, int mask) {
    return new Ace(Ace.Type.ALLOW, sid, mask, Ace.Scope.OBJECT);
  }
}
