package org.ringfence.windows.system;

import java.util.List;
import java.util.Set;
import org.ringfence.windows.mitigation.ProcessMitigation;

/** Processes, and their pipes and pseudo-consoles. */
public interface Processes {
  /** {@code STILL_ACTIVE}: the exit code of a running process. */
  int STILL_ACTIVE = 259;

  /**
   * A new process.
   *
   * @param process the process
   * @param thread its first thread, suspended
   * @param pid its number
   */
  record Started(Handle process, Handle thread, int pid) {}

  /**
   * Both ends of a pipe; neither is inherited.
   *
   * @param read the end for reading
   * @param write the end for writing
   */
  record Pipe(Handle read, Handle write) {}

  /**
   * Makes a suspended process.
   *
   * @param request the process
   * @return the process
   * @throws WindowsCallException if it cannot be made
   */
  Started create(ProcessRequest request) throws WindowsCallException;

  /**
   * Returns the mitigations that the system tells of a process.
   *
   * @param process the process
   * @return the mitigations
   * @throws WindowsCallException if they cannot be read
   */
  Set<ProcessMitigation> mitigations(Handle process) throws WindowsCallException;

  /**
   * Resumes a thread.
   *
   * @param thread the thread
   * @throws WindowsCallException if it cannot be resumed
   */
  void resume(Handle thread) throws WindowsCallException;

  /**
   * Waits for a process's end.
   *
   * @param process the process
   * @param millis the longest wait; -1 for ever
   * @return true if it has ended
   * @throws WindowsCallException if it cannot be waited for
   */
  boolean await(Handle process, int millis) throws WindowsCallException;

  /**
   * Returns the exit code of a process.
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
   * Returns when a process began, which distinguishes it from a later one of the same number.
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
   * Returns an inheritable standard stream of this process.
   *
   * @param number 0, 1 or 2
   * @return the stream
   * @throws WindowsCallException if this process has none
   */
  Handle standard(int number) throws WindowsCallException;

  /**
   * Makes a handle inheritable for processes that name it.
   *
   * @param handle the handle
   * @throws WindowsCallException if that cannot be set
   */
  void letInherit(Handle handle) throws WindowsCallException;

  /**
   * Returns this process.
   *
   * @return a handle; closing it does nothing
   */
  Handle thisProcess();

  /**
   * Opens the threads of this process, so that their lists can be set.
   *
   * @return a handle of each thread whose list lets this process change it; the caller closes them
   * @throws WindowsCallException if they cannot be listed, or one of them cannot be opened
   */
  List<Handle> openThreads() throws WindowsCallException;

  /**
   * Duplicates a handle into another process.
   *
   * @param handle the handle
   * @param process the process, opened with {@code PROCESS_DUP_HANDLE}
   * @return the handle's number there, where it is inheritable
   * @throws WindowsCallException if it cannot be duplicated
   */
  long duplicateInto(Handle handle, Handle process) throws WindowsCallException;

  /**
   * Takes ownership of a handle that another process has duplicated into this one.
   *
   * @param number its number
   * @return the handle
   */
  Handle adopt(long number);

  /**
   * Reads from a pipe.
   *
   * @param pipe the end for reading
   * @param buffer receives the bytes
   * @param offset the first index
   * @param length the most bytes
   * @return the number of bytes; -1 at the end
   * @throws WindowsCallException if it cannot be read
   */
  int read(Handle pipe, byte[] buffer, int offset, int length) throws WindowsCallException;

  /**
   * Returns how many bytes a pipe holds (PeekNamedPipe). Never waits.
   *
   * @param pipe the end for reading
   * @return the bytes that can be read now; 0 also when every writer is gone
   * @throws WindowsCallException if it cannot be examined
   */
  int available(Handle pipe) throws WindowsCallException;

  /**
   * Writes all bytes to a pipe.
   *
   * @param pipe the end for writing
   * @param buffer holds the bytes
   * @param offset the first index
   * @param length the number of bytes
   * @throws WindowsCallException if it cannot be written
   */
  void write(Handle pipe, byte[] buffer, int offset, int length) throws WindowsCallException;

  /**
   * Makes a pseudo-console.
   *
   * @param columns its width
   * @param rows its height
   * @param input the end that it reads keys from
   * @param output the end that it writes to
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
