package org.ringfence.windows.system;

import java.util.function.BooleanSupplier;

/** Named pipes of this machine; each carries one direction. */
public interface NamedPipes {
  /** Which way bytes go, seen from who made the pipe. */
  enum Direction {
    /** From the client. */
    IN,
    /** To the client. */
    OUT
  }

  /**
   * Makes a pipe: one instance, the first of its name, not reached from other machines.
   *
   * @param name its name, without {@code \\.\pipe\}
   * @param descriptor its self-relative security descriptor
   * @return the pipe
   * @throws WindowsCallException if it cannot be made; 5 or 231 when somebody else has the name
   */
  Handle create(String name, byte[] descriptor) throws WindowsCallException;

  /**
   * Waits for a client.
   *
   * @param pipe the pipe
   * @param millis how long at most
   * @param worthwhile asked now and then: whether one may still come
   * @throws WindowsCallException 258 when the time ran out
   */
  void await(Handle pipe, int millis, BooleanSupplier worthwhile) throws WindowsCallException;

  /**
   * Who is at the other end.
   *
   * @param pipe a pipe that {@link #create} made
   * @return the client's process
   * @throws WindowsCallException if nobody is
   */
  int client(Handle pipe) throws WindowsCallException;

  /**
   * Who made a pipe.
   *
   * @param pipe a pipe that {@link #open} opened
   * @return the server's process
   * @throws WindowsCallException if it is gone
   */
  int server(Handle pipe) throws WindowsCallException;

  /**
   * Opens a pipe that another process made. That process may find out who this is, and nothing
   * more.
   *
   * @param name its name
   * @param direction which way, seen from who made it
   * @return the pipe
   * @throws WindowsCallException if it cannot be opened
   */
  Handle open(String name, Direction direction) throws WindowsCallException;
}
