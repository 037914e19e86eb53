package org.ringfence.windows.system;

/** The system calls of set-up, and those that run programs as dedicated accounts. */
public interface Administration {
  /**
   * Returns the calls for local accounts.
   *
   * @return the calls
   */
  Accounts accounts();

  /**
   * Returns the calls for the machine's registry.
   *
   * @return the calls
   */
  MachineRegistry registry();

  /**
   * Returns the calls for the firewall.
   *
   * @return the calls
   */
  Firewall firewall();

  /**
   * Returns the calls for the filtering engine.
   *
   * @return the calls
   */
  FilterEngine filters();

  /**
   * Returns the calls for processes of other accounts.
   *
   * @return the calls
   */
  Logons logons();

  /**
   * Returns the calls for the user's secrets.
   *
   * @return the calls
   */
  Secrets secrets();

  /**
   * Returns the calls for named pipes.
   *
   * @return the calls
   */
  NamedPipes pipes();

  /**
   * Returns the calls for sockets.
   *
   * @return the calls
   */
  Sockets sockets();
}
