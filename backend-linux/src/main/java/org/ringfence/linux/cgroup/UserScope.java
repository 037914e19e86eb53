package org.ringfence.linux.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.ringfence.linux.restricted.HostProcess;
import org.ringfence.linux.restricted.HostProcess.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A scope of systemd's user manager, for one sandbox. A shell that waits for the end of its input
 * keeps it; systemd removes the scope and its groups when its last process has ended. So nothing
 * stays after this JVM, however it ends.
 */
final class UserScope implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UserScope.class);
  private static final Path PROC = Path.of("/proc");
  private static final String KEEPER = "keeper";

  // A signal of the terminal goes to this JVM's group, and the shell is in it.
  private static final String KEEPING = "trap '' HUP INT QUIT TERM TSTP; read -r word";

  private static final long START_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long END_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long TRY_MILLIS = 5;

  private final UserSystemd manager;
  private final String name;
  private final Path proc;
  private final Process keeper;
  private Path directory;

  private UserScope(UserSystemd manager, String name, Path proc) throws IOException {
    this.manager = manager;
    this.name = name;
    this.proc = proc;
    this.keeper = waiting();
  }

  /** Starts a process that ends with its input. */
  static Process waiting() throws IOException {
    return HostProcess.start(List.of("/bin/sh", "-c", KEEPING), Errors.DISCARDED);
  }

  /**
   * Has a scope made.
   *
   * @param manager makes it
   * @param name its name, which no other has
   * @return the scope; its processes can be put into groups below it
   * @throws IOException if that fails; nothing stays
   */
  static UserScope open(UserSystemd manager, String name) throws IOException {
    return open(manager, name, PROC);
  }

  static UserScope open(UserSystemd manager, String name, Path proc) throws IOException {
    UserScope scope = new UserScope(manager, name, proc);
    boolean done = false;
    try {
      manager.startScope(name, scope.keeper.pid());
      scope.awaitStart();
      scope.directory = scope.group(scope.keeper.pid()).directory();
      // A group that gives controllers to its children has no process of its own.
      Path inner = Files.createDirectory(scope.directory.resolve(KEEPER));
      Files.writeString(inner.resolve("cgroup.procs"), Long.toString(scope.keeper.pid()));
      done = true;
      return scope;
    } finally {
      if (!done) {
        scope.close();
      }
    }
  }

  private CgroupSearch group(long pid) {
    return new CgroupSearch(proc.resolve(Long.toString(pid)));
  }

  /**
   * Waits for the manager, which knows processes by the numbers of its own namespace: only here it
   * shows whether that is this JVM's.
   */
  private void awaitStart() throws IOException {
    long end = System.nanoTime() + START_NANOS;
    while (!group(keeper.pid()).directory().endsWith(name)) {
      if (!keeper.isAlive() || System.nanoTime() - end > 0) {
        throw new IOException("systemd's user manager did not put a process into its new scope");
      }
      pause();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(TRY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while systemd made or removed a scope", e);
    }
  }

  /** Returns the scope's directory. */
  Path directory() {
    return directory;
  }

  /**
   * Moves a process into a group of the scope.
   *
   * @param group a directory in the scope's
   * @param pid the process, which is this user's
   * @throws IOException if it is not there afterwards
   */
  void attach(Path group, long pid) throws IOException {
    manager.attach(name, group.getFileName().toString(), pid);
    if (!group(pid).directory().equals(group)) {
      throw new IOException("systemd's user manager did not move process " + pid + " to " + group);
    }
  }

  /** Ends the scope, whose other processes have ended, and waits a moment until it is gone. */
  @Override
  public void close() {
    try {
      keeper.destroyForcibly();
      keeper.getOutputStream().close();
      keeper.getInputStream().close();
      long end = System.nanoTime() + END_NANOS;
      while (remains() && System.nanoTime() - end < 0) {
        pause();
      }
    } catch (IOException e) {
      LOG.debug("systemd removes the scope {} later", name, e);
    }
    if (remains()) {
      LOG.warn("the scope {} is not gone yet", name);
    }
  }

  private boolean remains() {
    return keeper.isAlive() || directory != null && Files.exists(directory);
  }
}
