package org.ringfence.windows.system;

import java.util.function.BooleanSupplier;
import org.ringfence.windows.acl.Sid;

/** Named pipes of this machine; each carries one direction. */
public interface NamedPipes {
  /** The direction of a pipe, seen from its creator. */
  enum Direction {
    /** From the client. */
    IN,
    /** To the client. */
    OUT
  }

  /**
   * Makes a pipe: one instance, the first of its name, closed to other machines.
   *
   * @param name its name, without {@code \\.\pipe\}
   * @param descriptor its self-relative security descriptor
   * @return the pipe
   * @throws WindowsCallException if it cannot be made; 5 or 231 when another process has the name
   */
  Handle create(String name, byte[] descriptor) throws WindowsCallException;

  /**
   * Waits for a client.
   *
   * @param pipe the pipe
   * @param millis the longest wait
   * @param worthwhile returns whether a client may still come; asked now and then
   * @throws WindowsCallException 258 when the time ran out
   */
  void await(Handle pipe, int millis, BooleanSupplier worthwhile) throws WindowsCallException;

  /**
   * Returns the process at the other end.
   *
   * @param pipe a pipe that {@link #create} made
   * @return the client's process
   * @throws WindowsCallException if there is none
   */
  int client(Handle pipe) throws WindowsCallException;

  /**
   * Returns the user at the other end, by the identity that the client lends the server. Opening
   * the client's process or token is not needed: those of another account are closed to this one.
   *
   * @param pipe a pipe that {@link #create} made, and that something has been read from
   * @return the client's user
   * @throws WindowsCallException if the client cannot be identified
   */
  Sid user(Handle pipe) throws WindowsCallException;

  /**
   * Returns the process that made a pipe.
   *
   * @param pipe a pipe that {@link #open} opened
   * @return the server's process
   * @throws WindowsCallException if it is gone
   */
  int server(Handle pipe) throws WindowsCallException;

  /**
   * Opens a pipe that another process made. That process may identify this one, and nothing more.
   *
   * @param name its name
   * @param direction the direction, seen from the creator
   * @return the pipe
   * @throws WindowsCallException if it cannot be opened
   */
  Handle open(String name, Direction direction) throws WindowsCallException;
}
