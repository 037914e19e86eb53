package org.ringfence.windows.system;

import java.util.Optional;
import java.util.Set;
import org.ringfence.windows.plan.Sid;

/** Local accounts, their rights and their profiles. All that changes needs an administrator. */
public interface Accounts {
  /**
   * A local user or group.
   *
   * @param sid its SID
   * @param comment what it says of itself
   * @param disabled whether nobody can log on with it; false for groups
   */
  record Account(Sid sid, String comment, boolean disabled) {}

  /**
   * Whether this process has an administrator's rights now, and not only after a prompt.
   *
   * @return true if it does
   * @throws WindowsCallException if that cannot be found out
   */
  boolean administrator() throws WindowsCallException;

  /**
   * Whether accounts of this machine are those of a domain.
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
   * @throws WindowsCallException if it cannot be looked at
   */
  Optional<Account> group(String name) throws WindowsCallException;

  /**
   * Finds a local user.
   *
   * @param name its name
   * @return the user; empty if there is none
   * @throws WindowsCallException if it cannot be looked at
   */
  Optional<Account> user(String name) throws WindowsCallException;

  /**
   * Makes a local group.
   *
   * @param name its name
   * @param comment what it says of itself
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
   * Makes a local user that nobody can log on with yet, whose password does not expire.
   *
   * @param name its name, of at most 20 characters
   * @param comment what it says of itself
   * @param password its password
   * @throws WindowsCallException if it cannot be made; 2245 when a policy refuses the password
   */
  void createUser(String name, String comment, String password) throws WindowsCallException;

  /**
   * Gives a user another password.
   *
   * @param name its name
   * @param password the password
   * @throws WindowsCallException if it cannot be set
   */
  void setPassword(String name, String password) throws WindowsCallException;

  /**
   * Lets a user log on, or keeps it from it.
   *
   * @param name its name
   * @param disabled whether it is kept from it
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
   * Who is in a local group.
   *
   * @param group the group
   * @return SIDs
   * @throws WindowsCallException if it cannot be read
   */
  Set<Sid> members(Sid group) throws WindowsCallException;

  /**
   * Puts an account into a local group.
   *
   * @param group the group, known by its SID: names are those of the system's language
   * @param member the account
   * @throws WindowsCallException if it cannot be
   */
  void addMember(Sid group, Sid member) throws WindowsCallException;

  /**
   * Takes an account out of a local group.
   *
   * @param group the group
   * @param member the account
   * @throws WindowsCallException if it cannot be
   */
  void removeMember(Sid group, Sid member) throws WindowsCallException;

  /**
   * Rights that an account has been given, or is denied, by name.
   *
   * @param account the account
   * @return names such as {@code SeDenyBatchLogonRight}
   * @throws WindowsCallException if they cannot be read
   */
  Set<String> rights(Sid account) throws WindowsCallException;

  /**
   * Gives or denies rights.
   *
   * @param account the account
   * @param rights their names
   * @throws WindowsCallException if they cannot be set
   */
  void addRights(Sid account, Set<String> rights) throws WindowsCallException;

  /**
   * Takes all rights of an account back.
   *
   * @param account the account
   * @throws WindowsCallException if they cannot be
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
   * @return how many there were
   * @throws WindowsCallException if one cannot be ended
   */
  int endProcesses(Sid user) throws WindowsCallException;
}
