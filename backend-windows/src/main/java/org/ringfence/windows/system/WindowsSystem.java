package org.ringfence.windows.system;

/** All system calls of the backends. */
public interface WindowsSystem {
  /**
   * Returns the calls for access tokens.
   *
   * @return the calls
   */
  Tokens tokens();

  /**
   * Returns the calls for security descriptors.
   *
   * @return the calls
   */
  ObjectSecurity security();

  /**
   * Returns the calls for files and volumes.
   *
   * @return the calls
   */
  Files files();

  /**
   * Returns the calls for job objects.
   *
   * @return the calls
   */
  Jobs jobs();

  /**
   * Returns the calls for processes.
   *
   * @return the calls
   */
  Processes processes();

  /**
   * Returns the calls for the machine.
   *
   * @return the calls
   */
  Machine machine();

  /**
   * Returns the calls for set-up and dedicated accounts.
   *
   * @return the calls
   */
  Administration administration();
}
