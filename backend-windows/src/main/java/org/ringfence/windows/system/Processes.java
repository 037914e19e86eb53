package org.ringfence.windows.system;

/** Processes, and the pipes and pseudo-consoles that they are talked to through. */
public interface Processes {
  /** {@code STILL_ACTIVE}: what a process's exit code is while it runs. */
  int STILL_ACTIVE = 259;

  /**
   * A process that has been made.
   *
   * @param process the process
   * @param thread its first thread, suspended
   * @param pid its number
   */
  record Started(Handle process, Handle thread, int pid) {}

  /**
   * Both ends of a pipe; neither is inherited.
   *
   * @param read where it is read
   * @param write where it is written
   */
  record Pipe(Handle read, Handle write) {}

  /**
   * Makes a process, suspended.
   *
   * @param request the process
   * @return it
   * @throws WindowsCallException if it cannot be made
   */
  Started create(ProcessRequest request) throws WindowsCallException;

  /**
   * Lets a thread run.
   *
   * @param thread the thread
   * @throws WindowsCallException if it cannot be resumed
   */
  void resume(Handle thread) throws WindowsCallException;

  /**
   * Waits for a process's end.
   *
   * @param process the process
   * @param millis how long at most; -1 for ever
   * @return true if it has ended
   * @throws WindowsCallException if it cannot be waited for
   */
  boolean await(Handle process, int millis) throws WindowsCallException;

  /**
   * How a process ended.
   *
   * @param process the process
   * @return its exit code, or {@link #STILL_ACTIVE}
   * @throws WindowsCallException if it cannot be read
   */
  int exitCode(Handle process) throws WindowsCallException;

  /**
   * Ends a process.
   *
   * @param process the process
   * @param exitCode its exit code
   * @throws WindowsCallException if it cannot be ended
   */
  void terminate(Handle process, int exitCode) throws WindowsCallException;

  /**
   * When a process began, which tells it from a later one of the same number.
   *
   * @param pid its number
   * @return {@code FILETIME}; 0 if there is no such process
   * @throws WindowsCallException if it cannot be read
   */
  long creationTime(int pid) throws WindowsCallException;

  /**
   * Makes a pipe.
   *
   * @return the pipe
   * @throws WindowsCallException if it cannot be made
   */
  Pipe pipe() throws WindowsCallException;

  /**
   * A standard stream of this process, as one that is inherited.
   *
   * @param number 0, 1 or 2
   * @return the stream
   * @throws WindowsCallException if this process has none
   */
  Handle standard(int number) throws WindowsCallException;

  /**
   * Lets a handle be inherited by processes that name it.
   *
   * @param handle the handle
   * @throws WindowsCallException if that cannot be set
   */
  void letInherit(Handle handle) throws WindowsCallException;

  /**
   * This process.
   *
   * @return it; closing does nothing
   */
  Handle thisProcess();

  /**
   * Gives another process a handle of this one.
   *
   * @param handle the handle
   * @param process the process, opened with {@code PROCESS_DUP_HANDLE}
   * @return the handle's number there, where it is inheritable
   * @throws WindowsCallException if it cannot be given
   */
  long duplicateInto(Handle handle, Handle process) throws WindowsCallException;

  /**
   * Takes over a handle that another process has given to this one.
   *
   * @param number its number
   * @return the handle
   */
  Handle adopt(long number);

  /**
   * Reads from a pipe.
   *
   * @param pipe the end for reading
   * @param buffer where to
   * @param offset from where on
   * @param length how much at most
   * @return how much; -1 at the end
   * @throws WindowsCallException if it cannot be read
   */
  int read(Handle pipe, byte[] buffer, int offset, int length) throws WindowsCallException;

  /**
   * How many bytes a pipe holds (PeekNamedPipe). Never waits.
   *
   * @param pipe the end for reading
   * @return how many can be read now; 0 also when every writer is gone
   * @throws WindowsCallException if it cannot be looked at
   */
  int available(Handle pipe) throws WindowsCallException;

  /**
   * Writes all of it to a pipe.
   *
   * @param pipe the end for writing
   * @param buffer where from
   * @param offset from where on
   * @param length how much
   * @throws WindowsCallException if it cannot be written
   */
  void write(Handle pipe, byte[] buffer, int offset, int length) throws WindowsCallException;

  /**
   * Makes a pseudo-console.
   *
   * @param columns its width
   * @param rows its height
   * @param input what it reads keys from
   * @param output what it writes to
   * @return the console
   * @throws WindowsCallException if it cannot be made
   */
  Handle console(int columns, int rows, Handle input, Handle output) throws WindowsCallException;

  /**
   * Changes a pseudo-console's size.
   *
   * @param console the console
   * @param columns its width
   * @param rows its height
   * @throws WindowsCallException if it cannot be changed
   */
  void resize(Handle console, int columns, int rows) throws WindowsCallException;
}
