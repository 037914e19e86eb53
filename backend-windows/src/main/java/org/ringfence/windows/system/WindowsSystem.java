package org.ringfence.windows.system;

/** Everything that the backends ask of Windows. */
public interface WindowsSystem {
  /**
   * Access tokens.
   *
   * @return the calls
   */
  Tokens tokens();

  /**
   * Security descriptors.
   *
   * @return the calls
   */
  ObjectSecurity security();

  /**
   * Files and volumes.
   *
   * @return the calls
   */
  Files files();

  /**
   * Job objects.
   *
   * @return the calls
   */
  Jobs jobs();

  /**
   * Processes.
   *
   * @return the calls
   */
  Processes processes();

  /**
   * The machine.
   *
   * @return the calls
   */
  Machine machine();

  /**
   * What set-up and accounts of the sandbox's own need.
   *
   * @return the calls
   */
  Administration administration();
}
