package org.ringfence.windows.system;

import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.acl.Sid;

/** Local accounts, their rights and their profiles. Every change needs an administrator. */
public interface Accounts {
  /**
   * A local user or group.
   *
   * @param sid its SID
   * @param comment its comment
   * @param disabled whether it cannot log on; false for groups
   */
  record Account(Sid sid, String comment, boolean disabled) {}

  /**
   * Returns whether this process has an administrator's rights now, and not only after a prompt.
   *
   * @return true if it does
   * @throws WindowsCallException if that cannot be found out
   */
  boolean administrator() throws WindowsCallException;

  /**
   * Returns whether accounts of this machine are those of a domain.
   *
   * @return true on a domain controller
   * @throws WindowsCallException if that cannot be found out
   */
  boolean domainController() throws WindowsCallException;

  /**
   * Finds a local group.
   *
   * @param name its name
   * @return the group; empty if there is none
   * @throws WindowsCallException if it cannot be read
   */
  Optional<Account> group(String name) throws WindowsCallException;

  /**
   * Finds a local user.
   *
   * @param name its name
   * @return the user; empty if there is none
   * @throws WindowsCallException if it cannot be read
   */
  Optional<Account> user(String name) throws WindowsCallException;

  /**
   * Makes a local group.
   *
   * @param name its name
   * @param comment its comment
   * @throws WindowsCallException if it cannot be made
   */
  void createGroup(String name, String comment) throws WindowsCallException;

  /**
   * Removes a local group.
   *
   * @param name its name
   * @throws WindowsCallException if it cannot be removed
   */
  void deleteGroup(String name) throws WindowsCallException;

  /**
   * Makes a disabled local user, whose password does not expire.
   *
   * @param name its name, of at most 20 characters
   * @param comment its comment
   * @param password its password
   * @throws WindowsCallException if it cannot be made; 2245 when a policy refuses the password
   */
  void createUser(String name, String comment, String password) throws WindowsCallException;

  /**
   * Sets a user's password.
   *
   * @param name its name
   * @param password the password
   * @throws WindowsCallException if it cannot be set
   */
  void setPassword(String name, String password) throws WindowsCallException;

  /**
   * Enables or disables a user.
   *
   * @param name its name
   * @param disabled whether the user is disabled
   * @throws WindowsCallException if that cannot be set
   */
  void setDisabled(String name, boolean disabled) throws WindowsCallException;

  /**
   * Removes a local user.
   *
   * @param name its name
   * @throws WindowsCallException if it cannot be removed
   */
  void deleteUser(String name) throws WindowsCallException;

  /**
   * Returns the members of a local group.
   *
   * @param group the group
   * @return SIDs
   * @throws WindowsCallException if it cannot be read
   */
  Set<Sid> members(Sid group) throws WindowsCallException;

  /**
   * Adds an account to a local group.
   *
   * @param group the group, by its SID: names depend on the system's language
   * @param member the account
   * @throws WindowsCallException if it cannot be added
   */
  void addMember(Sid group, Sid member) throws WindowsCallException;

  /**
   * Removes an account from a local group.
   *
   * @param group the group
   * @param member the account
   * @throws WindowsCallException if it cannot be removed
   */
  void removeMember(Sid group, Sid member) throws WindowsCallException;

  /**
   * Returns the rights that an account has, or is denied, by name.
   *
   * @param account the account
   * @return names such as {@code SeDenyBatchLogonRight}
   * @throws WindowsCallException if they cannot be read
   */
  Set<String> rights(Sid account) throws WindowsCallException;

  /**
   * Adds rights, or denials of rights.
   *
   * @param account the account
   * @param rights their names
   * @throws WindowsCallException if they cannot be set
   */
  void addRights(Sid account, Set<String> rights) throws WindowsCallException;

  /**
   * Removes all rights of an account.
   *
   * @param account the account
   * @throws WindowsCallException if they cannot be removed
   */
  void removeRights(Sid account) throws WindowsCallException;

  /**
   * Removes a user's profile: its directory and its part of the registry.
   *
   * @param user the user
   * @throws WindowsCallException if it cannot be removed
   */
  void deleteProfile(Sid user) throws WindowsCallException;

  /**
   * Ends all processes of a user.
   *
   * @param user the user
   * @return the number of ended processes
   * @throws WindowsCallException if one cannot be ended
   */
  int endProcesses(Sid user) throws WindowsCallException;
}
