package org.ringfence.kit.session;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.Launch;

/**
 * An open sandbox: its running commands, and a gate that closes before the backend ends them. No
 * command starts once {@link #end()} has begun, and it misses no command that was starting.
 * Thread-safe.
 *
 * @param <P> the backend's processes
 */
public abstract class SessionBase<P extends SandboxedProcess> implements BackendSession {
  private final Set<P> live = ConcurrentHashMap.newKeySet();
  private final ReadWriteLock closing = new ReentrantReadWriteLock();
  private final AtomicBoolean closed = new AtomicBoolean();
  private boolean ended;

  /** For backends. */
  protected SessionBase() {}

  /**
   * Starts a command while the sandbox cannot be closed.
   *
   * @param launch the command
   * @return the process, which is among {@link #live()} until it has gone
   * @throws SandboxException if the command cannot be started; nothing of it is left
   */
  protected abstract SandboxedProcess startOpen(Launch launch) throws SandboxException;

  /** Ends the commands that are {@link #live()}, and waits for their end. */
  protected abstract void endCommands();

  /** Frees the resources of the sandbox. Called once, after {@link #endCommands()}. */
  protected abstract void closeResources();

  /**
   * Returns the processes that have started and not gone. Other threads may change the set while it
   * is read.
   *
   * @return the processes, for the backend to add to and remove from
   */
  protected final Set<P> live() {
    return live;
  }

  @Override
  public final SandboxedProcess start(Launch launch) throws SandboxException {
    closing.readLock().lock();
    try {
      if (ended) {
        throw new IllegalStateException("the sandbox is closed");
      }
      return startOpen(launch);
    } finally {
      closing.readLock().unlock();
    }
  }

  @Override
  public final void end() {
    closing.writeLock().lock();
    try {
      ended = true;
    } finally {
      closing.writeLock().unlock();
    }
    endCommands();
  }

  @Override
  public final void close() {
    end();
    if (closed.compareAndSet(false, true)) {
      closeResources();
    }
  }
}
