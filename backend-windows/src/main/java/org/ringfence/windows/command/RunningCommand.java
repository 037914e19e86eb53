package org.ringfence.windows.command;

import java.util.Optional;
import org.ringfence.windows.system.Jobs;
import org.ringfence.windows.system.WindowsCallException;

/** A command in its job, made by this process or by a runner. */
public interface RunningCommand {
  /** Returns the number of its first process. */
  int pid();

  /** Resumes it. */
  void resume() throws WindowsCallException;

  /** Waits for its first process to end, and returns the exit code. */
  int await() throws WindowsCallException;

  /** Ends every process of its job. */
  void terminate() throws WindowsCallException;

  /** Returns whether a process of its job is alive; true if that cannot be found out. */
  boolean anyLeft();

  /** Returns the usage of its job so far; empty if it is unknown. */
  Optional<Jobs.Used> used();

  /** Changes its console's size. */
  void resize(int columns, int rows) throws WindowsCallException;

  /** Closes its console, if it has one. May wait until its output has been read. */
  void closeConsole();

  /** Closes its process, and its job unless that is kept for {@link #releaseJob()}. */
  void release(boolean keepJob);

  /** Closes its job. */
  void releaseJob();

  /** Ends it before it has run, and closes everything. */
  void abandon();
}
