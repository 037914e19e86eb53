package org.ringfence.windows.launch;

import org.ringfence.windows.system.WindowsCallException;

/** A command that has been made in a job of its own, in this process or by a runner. */
interface RunningCommand {
  /** Its first process. */
  int pid();

  /** Lets it run. */
  void resume() throws WindowsCallException;

  /** Waits for its first process to end, and gives the exit code. */
  int await() throws WindowsCallException;

  /** Ends all of its job. */
  void terminate() throws WindowsCallException;

  /** Whether something of its job is alive; what cannot be found out is taken to be. */
  boolean anyLeft();

  /** Changes its console's size. */
  void resize(int columns, int rows) throws WindowsCallException;

  /** Closes its console, if it has one. May wait until its output has been read. */
  void closeConsole();

  /** Gives its process back, and its job unless that is kept for {@link #releaseJob()}. */
  void release(boolean keepJob);

  /** Gives its job back. */
  void releaseJob();

  /** Ends it before it has run, and gives everything back. */
  void abandon();
}
