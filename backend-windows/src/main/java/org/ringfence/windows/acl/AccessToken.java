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
 * @param container the AppContainer, if the process is in one
 */
public record AccessToken(
    Sid user,
    Set<Sid> groups,
    Set<Sid> denyOnly,
    Optional<Set<Sid>> restricting,
    boolean writeRestricted,
    Set<Privilege> privileges,
    int integrity,
    Optional<Container> container) {
  /**
   * An AppContainer, as far as the access check uses it.
   *
   * @param sid the package SID
   * @param capabilities the SIDs of its capabilities
   * @param lessPrivileged whether ALL APPLICATION PACKAGES does not stand for it
   */
  public record Container(Sid sid, Set<Sid> capabilities, boolean lessPrivileged) {
    /** Copies the capabilities. */
    public Container {
      Objects.requireNonNull(sid, "sid");
      capabilities = Set.copyOf(capabilities);
    }

    boolean matches(Sid other) {
      return other.equals(sid)
          || capabilities.contains(other)
          || other.equals(Sid.ALL_RESTRICTED_PACKAGES)
          || !lessPrivileged && other.equals(Sid.ALL_PACKAGES);
    }
  }

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
        SecurityDescriptor.MandatoryLabel.MEDIUM,
        Optional.empty());
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
        user, groups, denyOnly, Optional.of(sids), writesOnly, privileges, integrity, container);
  }

  /**
   * Returns this token, in an AppContainer. Its integrity stays: the model does not lower it,
   * because it does not know how the check of labels treats containers.
   *
   * @param inside the container
   * @return the container's token
   */
  public AccessToken inContainer(Container inside) {
    return new AccessToken(
        user,
        groups,
        denyOnly,
        restricting,
        writeRestricted,
        privileges,
        integrity,
        Optional.of(inside));
  }

  boolean enabled(Sid sid) {
    return !denyOnly.contains(sid) && (sid.equals(user) || groups.contains(sid));
  }

  boolean restrictedBy(Sid sid) {
    return restricting.isPresent() && restricting.get().contains(sid);
  }
}
