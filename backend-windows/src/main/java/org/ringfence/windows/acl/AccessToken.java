package org.ringfence.windows.acl;

import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Identity of a process, as far as the access check uses it.
 *
 * @param user the user
 * @param groups the enabled groups
 * @param denyOnly SIDs that match deny entries and no allow entries; may hold the user
 * @param restricting the restricting SIDs; empty when the token is not restricted
 * @param writeRestricted whether the check uses them for writing alone
 * @param privileges enabled privileges that the check uses
 * @param integrity the integrity level
 */
public record AccessToken(
    Sid user,
    Set<Sid> groups,
    Set<Sid> denyOnly,
    Optional<Set<Sid>> restricting,
    boolean writeRestricted,
    Set<Privilege> privileges,
    int integrity) {
  /** Privileges that the access check uses. */
  public enum Privilege {
    /** {@code SeSecurityPrivilege}. */
    SECURITY,
    /** {@code SeTakeOwnershipPrivilege}. */
    TAKE_OWNERSHIP,
    /** {@code SeRelabelPrivilege}. */
    RELABEL
  }

  /** Copies the sets. */
  public AccessToken {
    Objects.requireNonNull(user, "user");
    groups = Set.copyOf(groups);
    denyOnly = Set.copyOf(denyOnly);
    restricting = restricting.map(Set::copyOf);
    privileges = Set.copyOf(privileges);
  }

  /**
   * Returns the token of an ordinary user.
   *
   * @param user the user
   * @param groups the groups
   * @return a token of medium integrity that is not restricted
   */
  public static AccessToken of(Sid user, Set<Sid> groups) {
    return new AccessToken(
        user,
        groups,
        Set.of(),
        Optional.empty(),
        false,
        Set.of(),
        SecurityDescriptor.MandatoryLabel.MEDIUM);
  }

  /**
   * Returns this token, restricted.
   *
   * @param sids the restricting SIDs
   * @param writesOnly whether the check uses them for writing alone
   * @return the restricted token
   */
  public AccessToken restricted(Set<Sid> sids, boolean writesOnly) {
    return new AccessToken(
        user, groups, denyOnly, Optional.of(sids), writesOnly, privileges, integrity);
  }

  boolean enabled(Sid sid) {
    return !denyOnly.contains(sid) && (sid.equals(user) || groups.contains(sid));
  }

  boolean restrictedBy(Sid sid) {
    return restricting.isPresent() && restricting.get().contains(sid);
  }
}
