package org.ringfence.linux.task;

import java.util.Arrays;
import java.util.concurrent.Executor;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Acts for a sandboxed thread with that thread's file-system user, groups and capabilities when
 * root runs the JVM: the kernel then checks the call as it would have checked the thread's own. A
 * JVM of another user has no right that its commands lack.
 *
 * <p>The rights change for the calling thread alone (credentials(7)). Thread-safe.
 */
public final class CallerRights {
  private static final int CAPABILITY_VERSION_3 = 0x20080522;
  // linux/capability.h: reading the caller requires it, in a namespace of the caller's own.
  private static final long CAP_SYS_PTRACE = 1L << 19;

  private final Kernel kernel;
  private final TargetMemory child;
  private final boolean root;
  private final ThreadLocal<Rights> current = new ThreadLocal<>();

  public CallerRights(Kernel kernel, boolean root) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.root = root || capable();
  }

  /** A JVM of another user may have capabilities, which its commands do not get. */
  private boolean capable() {
    try {
      return child.rights((int) ProcessHandle.current().pid()).capabilities() != 0;
    } catch (AccessException e) {
      return true;
    }
  }

  /**
   * The rights of a thread.
   *
   * @param user its file-system user
   * @param group its file-system group
   * @param groups its supplementary groups
   * @param capabilities its effective capabilities
   */
  record Rights(int user, int group, int[] groups, long capabilities) {}

  /** An action for a thread. */
  public interface Step {
    void run();
  }

  /** Runs a step with the rights of the thread that made a call. */
  public void as(SyscallNotification call, Step step) throws AccessException {
    if (!root) {
      step.run();
      return;
    }
    with(child.rights(call.tid()), step);
  }

  /**
   * Returns an executor that runs tasks with the rights that the submitting thread has taken on.
   */
  Executor carriedTo(Executor executor) {
    return task -> {
      Rights rights = current.get();
      executor.execute(rights == null ? task : () -> with(rights, task::run));
    };
  }

  private void with(Rights rights, Step step) {
    try (NativeBlock block = new NativeBlock(96L + 4L * rights.groups().length)) {
      long header = block.allocate(8);
      block.setInt(header, CAPABILITY_VERSION_3);
      // Twice effective, permitted, inheritable: the lower half, then the upper.
      long data = block.allocate(24);
      kernel.call(Syscall.CAPGET, header, data);
      byte[] own = block.getBytes(data, 24);
      int[] ownGroups = groups();
      try {
        if (!Arrays.equals(ownGroups, rights.groups())) {
          setGroups(rights.groups());
        }
        kernel.call(Syscall.SETFSGID, rights.group());
        kernel.call(Syscall.SETFSUID, rights.user());
        long wanted = rights.capabilities() | CAP_SYS_PTRACE;
        block.setInt(data, (int) wanted & block.getInt(data + 4));
        block.setInt(data + 12, (int) (wanted >> 32) & block.getInt(data + 16));
        kernel.call(Syscall.CAPSET, header, data);
        current.set(rights);
        step.run();
      } finally {
        current.remove();
        block.setBytes(data, own);
        kernel.call(Syscall.CAPSET, header, data);
        kernel.call(Syscall.SETFSUID, kernel.call(Syscall.GETEUID));
        kernel.call(Syscall.SETFSGID, kernel.call(Syscall.GETEGID));
        if (!Arrays.equals(ownGroups, rights.groups())) {
          setGroups(ownGroups);
        }
      }
    }
  }

  private int[] groups() {
    int count = (int) kernel.call(Syscall.GETGROUPS, 0, 0);
    if (count <= 0) {
      return new int[0];
    }
    try (NativeBlock block = new NativeBlock(4L * count + 16)) {
      long at = block.allocate(4L * count);
      int[] groups = new int[(int) Math.max(0, kernel.call(Syscall.GETGROUPS, count, at))];
      for (int i = 0; i < groups.length; i++) {
        groups[i] = block.getInt(at + 4L * i);
      }
      return groups;
    }
  }

  private void setGroups(int[] groups) {
    try (NativeBlock block = new NativeBlock(4L * groups.length + 16)) {
      long at = block.allocate(4L * groups.length);
      for (int i = 0; i < groups.length; i++) {
        block.setInt(at + 4L * i, groups[i]);
      }
      kernel.call(Syscall.SETGROUPS, groups.length, at);
    }
  }
}
