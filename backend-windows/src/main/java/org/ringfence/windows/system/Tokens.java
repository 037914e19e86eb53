package org.ringfence.windows.system;

import java.util.List;
import org.ringfence.windows.plan.Sid;

/** Access tokens. */
public interface Tokens {
  /** {@code DISABLE_MAX_PRIVILEGE}: no privilege but {@code SeChangeNotifyPrivilege} is kept. */
  int DISABLE_MAX_PRIVILEGE = 0x1;

  /** {@code LUA_TOKEN}: administrators' groups match entries that take alone. */
  int LUA_TOKEN = 0x4;

  /** {@code WRITE_RESTRICTED}: the restricting SIDs are asked about writing alone. */
  int WRITE_RESTRICTED = 0x8;

  /**
   * The token of this process.
   *
   * @return the token
   * @throws WindowsCallException if it cannot be opened
   */
  Handle ofThisProcess() throws WindowsCallException;

  /**
   * The token of another process.
   *
   * @param process the process
   * @return the token
   * @throws WindowsCallException if it cannot be opened
   */
  Handle of(Handle process) throws WindowsCallException;

  /**
   * The token of a process that somebody else has started.
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
   * @return what it says
   * @throws WindowsCallException if it cannot be read
   */
  TokenFacts facts(Handle token) throws WindowsCallException;

  /**
   * Makes a token with fewer rights ({@code CreateRestrictedToken}).
   *
   * @param token the token
   * @param flags of the constants above
   * @param disabled groups that match entries that take alone
   * @param restricting the restricting SIDs
   * @return the new token
   * @throws WindowsCallException if it cannot be made
   */
  Handle restrict(Handle token, int flags, List<Sid> disabled, List<Sid> restricting)
      throws WindowsCallException;

  /**
   * Sets the list that new objects of the token's processes get.
   *
   * @param token the token
   * @param acl the list, as bytes of an {@code ACL}
   * @throws WindowsCallException if it cannot be set; 1344 when it is too long
   */
  void setDefaultDacl(Handle token, byte[] acl) throws WindowsCallException;
}
