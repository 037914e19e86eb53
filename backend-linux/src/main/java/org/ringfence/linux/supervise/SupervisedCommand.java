package org.ringfence.linux.supervise;

import java.nio.file.Path;
import java.util.Optional;
import org.ringfence.linux.task.MarkedProcesses;

/**
 * A command as the supervisor and its clock see it. Two objects are never equal: each is one
 * command.
 */
public interface SupervisedCommand {
  /** Returns the command's number. */
  long commandId();

  /** Returns the process number of the command's first process. */
  long pid();

  /**
   * Returns the directory that the command starts in, while this JVM executes it.
   *
   * <p>Until then its process is one of this JVM's own memory, which nothing reaches by its number.
   *
   * @param arguments the address of the arguments of an execve
   * @return empty if this is not the execve that starts the command, or the process can be reached
   */
  Optional<Path> startsIn(long arguments);

  /** Returns whether this JVM executes the command with the arguments at this address. */
  boolean executes(long arguments);

  /**
   * Returns the command's processes by their mark; empty where a signal scope or a namespace is.
   */
  Optional<MarkedProcesses> marked();

  /** Returns the command's entry in the clock. */
  WallClock.Timed timed();

  /** Handles news of the command thread, if there are any; the supervisor's thread calls it. */
  void settle();

  /** Kills the command because the host wants it gone. */
  void endNow();

  /** Ends the command when time and grace are over; the clock calls it and allocates nothing. */
  void timeIsUp();

  /** Kills the command's remaining processes; the clock calls it and may allocate nothing. */
  void killNow();
}
