package org.ringfence.windows.system;

/** What set-up asks of Windows, and what runs as accounts of the sandbox's own. */
public interface Administration {
  /**
   * Local accounts.
   *
   * @return the calls
   */
  Accounts accounts();

  /**
   * The machine's registry.
   *
   * @return the calls
   */
  MachineRegistry registry();

  /**
   * The firewall.
   *
   * @return the calls
   */
  Firewall firewall();

  /**
   * The filtering engine.
   *
   * @return the calls
   */
  FilterEngine filters();

  /**
   * Processes of other accounts.
   *
   * @return the calls
   */
  Logons logons();

  /**
   * The user's secrets.
   *
   * @return the calls
   */
  Secrets secrets();

  /**
   * Named pipes.
   *
   * @return the calls
   */
  NamedPipes pipes();

  /**
   * Sockets.
   *
   * @return the calls
   */
  Sockets sockets();
}
