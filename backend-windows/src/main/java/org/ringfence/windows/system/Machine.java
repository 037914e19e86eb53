package org.ringfence.windows.system;

import org.ringfence.windows.acl.Sid;

/** Calls about the machine or the session as a whole. */
public interface Machine {
  /**
   * Returns the version of Windows.
   *
   * @return version and build, and whether it is Wine
   */
  String version();

  /**
   * Returns the system's own directory.
   *
   * @return an absolute path, such as {@code C:\Windows\System32}
   * @throws WindowsCallException if it cannot be found
   */
  String systemDirectory() throws WindowsCallException;

  /**
   * Returns the window station of this process.
   *
   * @return its name; {@code WinSta0} in an interactive session
   * @throws WindowsCallException if it has none
   */
  String windowStation() throws WindowsCallException;

  /**
   * Makes a desktop on the window station of this process.
   *
   * @param name its name
   * @param descriptor its self-relative security descriptor
   * @return the desktop, which lasts as long as a handle or a process in it
   * @throws WindowsCallException if it cannot be made; 8 when the session's heap is used up
   */
  Handle desktop(String name, byte[] descriptor) throws WindowsCallException;

  /**
   * Takes a lock that is shared by every process of the session. The thread that took it closes it.
   *
   * @param name its name
   * @param millis the longest wait
   * @return the lock; an abandoned one counts as taken
   * @throws WindowsCallException if it cannot be taken; 258 when the time ran out
   */
  Handle lock(String name, int millis) throws WindowsCallException;

  /**
   * Takes a lock that is shared by the processes of the machine that its descriptor permits. The
   * thread that took it closes it.
   *
   * @param name its name
   * @param descriptor its self-relative security descriptor
   * @param millis the longest wait
   * @return the lock
   * @throws WindowsCallException if it cannot be taken; 5 when another process has the name
   */
  Handle lock(String name, byte[] descriptor, int millis) throws WindowsCallException;

  /**
   * Makes the profile of an AppContainer.
   *
   * @param name its name
   * @param display its name for people
   * @return its SID
   * @throws WindowsCallException if it cannot be made, with an {@code HRESULT}
   */
  Sid createContainer(String name, String display) throws WindowsCallException;

  /**
   * Removes the profile of an AppContainer and its directory.
   *
   * @param name its name
   * @throws WindowsCallException if it cannot be removed, with an {@code HRESULT}
   */
  void deleteContainer(String name) throws WindowsCallException;
}
