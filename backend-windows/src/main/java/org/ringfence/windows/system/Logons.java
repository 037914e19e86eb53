package org.ringfence.windows.system;

import java.util.Set;

/** Processes of other accounts, through the secondary logon service. */
public interface Logons {
  /**
   * Starts a suspended process as another local user, with that user's environment and profile, and
   * no window.
   *
   * @param user the user's name
   * @param password the password
   * @param program the absolute path of the program
   * @param commandLine the command line, of at most 1024 characters
   * @param directory a working directory that the user can reach
   * @return the process
   * @throws WindowsCallException if it cannot be started; see {@link WindowsError} for what each
   *     code means here
   */
  Processes.Started start(
      String user, String password, String program, String commandLine, String directory)
      throws WindowsCallException;

  /**
   * Starts a program with an administrator's rights, after a prompt. Waits for its end.
   *
   * @param program the absolute path of the program
   * @param parameters its arguments, as one line
   * @param directory its working directory
   * @return its exit code
   * @throws WindowsCallException if it cannot be started; 1223 when the user declined
   */
  int elevate(String program, String parameters, String directory) throws WindowsCallException;

  /**
   * Returns the variables that the registry sets for programs of this user. Windows makes the
   * environment of an elevated process of it, and of the machine's.
   *
   * @return their names
   * @throws WindowsCallException if they cannot be read
   */
  Set<String> registeredVariables() throws WindowsCallException;
}
