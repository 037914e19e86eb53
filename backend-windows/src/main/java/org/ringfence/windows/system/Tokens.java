package org.ringfence.windows.system;

import java.util.List;
import org.ringfence.windows.acl.Sid;

/** Access tokens. */
public interface Tokens {
  /** {@code DISABLE_MAX_PRIVILEGE}: keeps no privilege but {@code SeChangeNotifyPrivilege}. */
  int DISABLE_MAX_PRIVILEGE = 0x1;

  /** {@code LUA_TOKEN}: administrators' groups match deny entries alone. */
  int LUA_TOKEN = 0x4;

  /** {@code WRITE_RESTRICTED}: the restricting SIDs are checked for writing alone. */
  int WRITE_RESTRICTED = 0x8;

  /**
   * Returns the token of this process.
   *
   * @return the token
   * @throws WindowsCallException if it cannot be opened
   */
  Handle ofThisProcess() throws WindowsCallException;

  /**
   * Returns the token of another process.
   *
   * @param process the process
   * @return the token
   * @throws WindowsCallException if it cannot be opened
   */
  Handle of(Handle process) throws WindowsCallException;

  /**
   * Returns the token of a process by its number.
   *
   * @param pid its number
   * @return the token
   * @throws WindowsCallException if it cannot be opened
   */
  Handle of(int pid) throws WindowsCallException;

  /**
   * Reads a token.
   *
   * @param token the token
   * @return its facts
   * @throws WindowsCallException if it cannot be read
   */
  TokenFacts facts(Handle token) throws WindowsCallException;

  /**
   * Makes a token with fewer rights ({@code CreateRestrictedToken}).
   *
   * @param token the token
   * @param flags of the constants above
   * @param disabled groups that match deny entries alone
   * @param restricting the restricting SIDs
   * @return the new token
   * @throws WindowsCallException if it cannot be made
   */
  Handle restrict(Handle token, int flags, List<Sid> disabled, List<Sid> restricting)
      throws WindowsCallException;

  /**
   * Sets the default list of new objects of the token's processes.
   *
   * @param token the token
   * @param acl the list, as bytes of an {@code ACL}
   * @throws WindowsCallException if it cannot be set; 1344 when it is too long
   */
  void setDefaultDacl(Handle token, byte[] acl) throws WindowsCallException;
}
