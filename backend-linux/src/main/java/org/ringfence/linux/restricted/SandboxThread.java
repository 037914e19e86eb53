package org.ringfence.linux.restricted;

import static org.ringfence.linux.bind.Constants.CLONE_FS;
import static org.ringfence.linux.bind.Constants.PR_CAPBSET_DROP;
import static org.ringfence.linux.bind.Constants.PR_SET_NO_NEW_PRIVS;
import static org.ringfence.linux.bind.Constants.SECCOMP_SET_MODE_FILTER;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.ringfence.SandboxException;
import org.ringfence.linux.bind.FutexWord;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.bind.RestrictedThread;
import org.ringfence.linux.bind.ThreadEnd;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;

/**
 * The thread that starts command threads. It lives in a Landlock domain that scopes signals and
 * nothing else; command threads inherit that domain and nest theirs in it. So one process in the
 * sandbox thread's domain, the {@link Watchdog}, can kill everything of this sandbox with kill(-1),
 * and nothing in the sandbox can signal the watchdog.
 *
 * <p>The sandbox thread installs the sandbox's seccomp filter once, and command threads inherit it:
 * installing it again for each command would cost more than all other work of a command thread.
 *
 * <p>Requests come through a lock-free queue: a lock that a virtual thread waits for would make the
 * sandbox thread wake it, and waking may start a thread.
 */
public final class SandboxThread implements AutoCloseable {
  // linux/capability.h: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID. The signal scope
  // limits KILL to processes of the sandbox that have changed their user.
  private static final long KEPT_CAPABILITIES =
      1 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7;
  // Without it root cannot be mapped into a user namespace (kernel/user_namespace.c); there the
  // command holds no capability at all.
  private static final long CAP_SETFCAP = 1L << 31;
  private static final int CAPABILITY_VERSION_3 = 0x20080522;
  private static final int LAST_CAPABILITY = 63;
  private static final int MOST_SPARES = 2;
  // linux/prctl.h
  private static final int PR_CAPBSET_READ = 23;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;

  private final Kernel kernel;
  private final int scopeRuleset;
  private final boolean root;
  private final long kept;
  private final Queue<CommandThread> requests = new ConcurrentLinkedQueue<>();
  private final Queue<Post> spares = new ConcurrentLinkedQueue<>();
  private final AtomicLong numbers = new AtomicLong();
  private final NativeBlock block = new NativeBlock(64);
  private final FutexWord restrictedWord;
  private final FutexWord filteredWord;
  private final Thread thread;
  private volatile long restriction;
  private volatile boolean ownFileState;
  private volatile Filter filter;
  private volatile long filtering;
  private boolean filtered;
  private volatile boolean closed;

  /**
   * Starts the sandbox thread.
   *
   * @param kernel the system calls
   * @param scopeRuleset the ruleset of its domain, or -1 when the kernel has no scopes
   * @param root whether the JVM runs as root, whose capabilities the sandbox thread drops
   * @param namespaces whether user namespaces are made under it
   */
  public SandboxThread(Kernel kernel, int scopeRuleset, boolean root, boolean namespaces)
      throws SandboxException {
    this.kernel = kernel;
    this.scopeRuleset = scopeRuleset;
    this.root = root;
    this.kept = namespaces ? KEPT_CAPABILITIES | CAP_SETFCAP : KEPT_CAPABILITIES;
    this.restrictedWord = new FutexWord(kernel, block);
    this.filteredWord = new FutexWord(kernel, block);
    this.thread = new Thread(this::serve, CommandThread.THREAD_NAME + "sandbox");
    thread.setDaemon(true);
    thread.start();
    restrictedWord.await();
    if (restriction < 0) {
      close();
      throw new SandboxException(
          "landlock: the domain around the sandbox cannot be made: "
              + Errno.name((int) -restriction));
    }
  }

  /**
   * A seccomp filter to install.
   *
   * @param flags of {@code seccomp(2)}
   * @param program the address of a {@code struct sock_fprog}
   */
  @RestrictedThread
  private record Filter(int flags, long program) {}

  /**
   * Installs the sandbox's seccomp filter on the sandbox thread. Later command threads inherit it,
   * earlier ones do not.
   *
   * @return the listener's descriptor, or 0 when the flags ask for none
   */
  public int install(int flags, long program) throws SandboxException {
    filter = new Filter(flags, program);
    LockSupport.unpark(thread);
    filteredWord.await();
    if (filtering < 0) {
      throw new SandboxException("seccomp: " + Errno.name((int) -filtering));
    }
    return (int) filtering;
  }

  @RestrictedThread
  private void serve() {
    long result = kernel.call(Syscall.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0);
    if (result >= 0) {
      result = dropCapabilities();
    }
    if (result >= 0 && scopeRuleset >= 0) {
      result = kernel.call(Syscall.LANDLOCK_RESTRICT_SELF, scopeRuleset, 0);
    }
    // Threads that it starts share this state until they ask for their own.
    ownFileState = kernel.call(Syscall.UNSHARE, CLONE_FS) >= 0;
    restriction = result;
    restrictedWord.set();
    boolean full = false;
    while (!closed) {
      CommandThread commandThread = requests.poll();
      if (commandThread != null) {
        full = !startPost(commandThread);
      } else if (filter != null && !filtered) {
        filtered = true;
        filtering =
            kernel.call(Syscall.SECCOMP, SECCOMP_SET_MODE_FILTER, filter.flags(), filter.program());
        filteredWord.set();
      } else if (filtered && !full && spares.size() < MOST_SPARES) {
        full = !addSpare();
      } else {
        LockSupport.park(this);
        full = false;
      }
    }
    for (Post spare = spares.poll(); spare != null; spare = spares.poll()) {
      LockSupport.unpark(spare.thread);
    }
  }

  @RestrictedThread
  private boolean startPost(CommandThread commandThread) {
    try {
      return new Post().startWith(commandThread);
    } catch (OutOfMemoryError e) {
      // The heap is full: the thread that waits for the command thread receives the failure.
      commandThread.notBegun();
      return false;
    }
  }

  @RestrictedThread
  private boolean addSpare() {
    try {
      Post spare = new Post();
      return spare.begin() && spares.add(spare);
    } catch (OutOfMemoryError e) {
      // One spare thread less.
      return false;
    }
  }

  /**
   * A thread in the sandbox thread's domain that runs one command thread. The sandbox thread starts
   * some in advance: starting a thread costs a tenth of a launch.
   */
  @RestrictedThread
  private final class Post implements Runnable {
    private final Thread thread =
        new Thread(this, CommandThread.THREAD_NAME + numbers.incrementAndGet());
    private volatile CommandThread commandThread;

    private Post() {
      thread.setDaemon(true);
    }

    /**
     * Starts a command thread; without a thread for it, the waiting launch receives the failure.
     */
    private boolean startWith(CommandThread assigned) {
      assign(assigned);
      if (begin()) {
        return true;
      }
      assigned.notBegun();
      return false;
    }

    private boolean begin() {
      try {
        thread.start();
        return true;
      } catch (OutOfMemoryError e) {
        // The system has no thread left for this JVM.
        return false;
      }
    }

    private void assign(CommandThread assigned) {
      assigned.thread(thread);
      commandThread = assigned;
    }

    @Override
    public void run() {
      while (commandThread == null) {
        if (closed) {
          return;
        }
        LockSupport.park(this);
      }
      commandThread.run();
    }
  }

  /** Drops capabilities; command threads and their commands inherit the rest. */
  @RestrictedThread
  private long dropCapabilities() {
    // Ambient capabilities (Linux 4.3) would survive the exec of an ordinary user's program.
    kernel.call(Syscall.PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0);
    if (!root) {
      return 0;
    }
    for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
      if ((kept >> capability & 1) == 0
          && kernel.call(Syscall.PRCTL, PR_CAPBSET_READ, capability) == 1) {
        // Without CAP_SETPCAP it stays; under no_new_privs root gains nothing from it
        // (security/commoncap.c, cap_bprm_creds_from_file).
        kernel.call(Syscall.PRCTL, PR_CAPBSET_DROP, capability);
      }
    }
    try (NativeBlock block = new NativeBlock(64)) {
      long header = block.allocate(8);
      block.setInt(header, CAPABILITY_VERSION_3);
      // Twice effective, permitted, inheritable: the lower half, then the upper.
      long data = block.allocate(24);
      long result = kernel.call(Syscall.CAPGET, header, data);
      if (result < 0) {
        return result;
      }
      int held = block.getInt(data + 4) & (int) kept;
      block.clear(data, 24);
      block.setInt(data, held);
      block.setInt(data + 4, held);
      return kernel.call(Syscall.CAPSET, header, data);
    }
  }

  /**
   * Returns whether its command threads can have a directory of their own; a container's seccomp
   * profile may deny that.
   */
  public boolean ownFileState() {
    return ownFileState;
  }

  /** Requests the start of a command thread. */
  public void start(CommandThread commandThread) {
    Post spare = spares.poll();
    if (spare == null) {
      requests.add(commandThread);
    } else {
      spare.assign(commandThread);
      LockSupport.unpark(spare.thread);
    }
    LockSupport.unpark(thread);
  }

  /** Ends the sandbox thread and its spares; command threads at work go on. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    ThreadEnd.await(thread);
    block.close();
  }
}
