package org.ringfence.windows.acl;

import static org.ringfence.windows.acl.AccessMask.ACCESS_SYSTEM_SECURITY;
import static org.ringfence.windows.acl.AccessMask.MAXIMUM_ALLOWED;
import static org.ringfence.windows.acl.AccessMask.READ_CONTROL;
import static org.ringfence.windows.acl.AccessMask.WRITE_DAC;
import static org.ringfence.windows.acl.AccessMask.WRITE_OWNER;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.ringfence.windows.acl.AccessToken.Privilege;
import org.ringfence.windows.acl.SecurityDescriptor.MandatoryLabel;

/**
 * A model of Windows' access check for user mode: mandatory labels, privileges, the owner's rights,
 * and a walk of the list for the user and its groups, one for restricting SIDs, and one for an
 * AppContainer. Pure.
 *
 * <p>An entry that denies matches the user and the groups. The walk for an AppContainer passes over
 * it, whether it names the package, a capability or all packages; and a missing list grants a
 * container nothing. Sources: the access check in J. Forshaw, "Windows Security Internals" (2024),
 * chapter 7, whose branch for denied entries does not look at capabilities; 360 Vulcan's reading of
 * {@code SepAccessCheck} (2014), with an experiment on both points; Microsoft, "Implementing an
 * AppContainer": lists "block access requests from AppContainer processes by default".
 */
public final class AccessCheck {
  private final AccessToken token;
  private final SecurityDescriptor descriptor;
  private final GenericMapping mapping;

  private AccessCheck(AccessToken token, SecurityDescriptor descriptor, GenericMapping mapping) {
    this.token = token;
    this.descriptor = descriptor;
    this.mapping = mapping;
  }

  /** Outcome of a check. */
  public enum Outcome {
    /** The check grants all rights in the request. */
    GRANTED,
    /** {@code ERROR_ACCESS_DENIED}, 5. */
    DENIED,
    /** {@code ERROR_PRIVILEGE_NOT_HELD}, 1314. */
    PRIVILEGE_NOT_HELD
  }

  /**
   * Result of a check.
   *
   * @param outcome the outcome
   * @param granted the granted rights; 0 unless granted
   */
  public record Result(Outcome outcome, int granted) {
    private static final Result DENIED = new Result(Outcome.DENIED, 0);

    /**
     * Returns whether the check grants every right in the request.
     *
     * @return true if it is
     */
    public boolean allowed() {
      return outcome == Outcome.GRANTED;
    }
  }

  /**
   * Checks a request.
   *
   * @param token the caller's token
   * @param descriptor the object
   * @param mapping the object's type
   * @param desired the requested rights, including generic ones and {@code MAXIMUM_ALLOWED}
   * @return the result
   */
  public static Result check(
      AccessToken token, SecurityDescriptor descriptor, GenericMapping mapping, int desired) {
    return new AccessCheck(token, descriptor, mapping).check(mapping.map(desired));
  }

  private Result check(int desired) {
    if (desired == 0) {
      return Result.DENIED;
    }
    boolean maximum = (desired & MAXIMUM_ALLOWED) != 0;
    int asked = desired & ~MAXIMUM_ALLOWED;
    int byLabel = byLabel();
    if ((asked & ~byLabel) != 0) {
      return Result.DENIED;
    }
    int given = byPrivilege() | byOwnership();
    if ((asked & ~given & ACCESS_SYSTEM_SECURITY) != 0) {
      return new Result(Outcome.PRIVILEGE_NOT_HELD, 0);
    }
    if (maximum) {
      int most = (given & ~ACCESS_SYSTEM_SECURITY | most()) & byLabel | asked & given;
      most &= byContainer();
      return most == 0 || (asked & ~most) != 0 ? Result.DENIED : new Result(Outcome.GRANTED, most);
    }
    if ((asked & ~byContainer()) != 0) {
      return Result.DENIED;
    }
    int remaining = asked & ~given;
    if (remaining == 0) {
      return new Result(Outcome.GRANTED, asked);
    }
    boolean allowed = walk(remaining, token::enabled, this::matchesDenial);
    if (allowed && asksTwice(remaining)) {
      // The second walk checks reading along with writing.
      allowed = walk(remaining, token::restrictedBy, token::restrictedBy);
    }
    return allowed ? new Result(Outcome.GRANTED, asked) : Result.DENIED;
  }

  private boolean matchesDenial(Sid sid) {
    return token.enabled(sid) || token.denyOnly().contains(sid);
  }

  private boolean asksTwice(int rights) {
    return token.restricting().isPresent()
        && (!token.writeRestricted() || (rights & mapping.writeBits()) != 0);
  }

  /** Returns the rights that the mandatory label leaves. */
  private int byLabel() {
    MandatoryLabel label = descriptor.label().orElse(MandatoryLabel.USUAL);
    if (token.integrity() >= label.level()) {
      return ~0;
    }
    int left = label.noReadUp() ? 0 : mapping.read();
    left |= label.noWriteUp() ? 0 : mapping.write();
    left |= label.noExecuteUp() ? 0 : mapping.execute();
    return left | (token.privileges().contains(Privilege.RELABEL) ? WRITE_OWNER : 0);
  }

  /**
   * Returns the rights that the container leaves: those that entries allow to its SIDs. Owning the
   * object gives a container nothing.
   */
  private int byContainer() {
    if (token.container().isEmpty()) {
      return ~0;
    }
    return entries().stream()
        .filter(ace -> ace.scope() != Ace.Scope.BELOW && ace.type() == Ace.Type.ALLOW)
        .filter(ace -> token.container().get().matches(ace.sid()))
        .mapToInt(ace -> mapping.map(ace.mask()))
        .reduce(byPrivilege(), (one, other) -> one | other);
  }

  private int byPrivilege() {
    boolean owning =
        token.privileges().contains(Privilege.TAKE_OWNERSHIP)
            || token.privileges().contains(Privilege.RELABEL);
    boolean security = token.privileges().contains(Privilege.SECURITY);
    return (owning ? WRITE_OWNER : 0) | (security ? ACCESS_SYSTEM_SECURITY : 0);
  }

  /** The owner may read and write the list, unless an entry names the owner's rights. */
  private int byOwnership() {
    Sid owner = descriptor.owner();
    boolean owns =
        token.enabled(owner)
            && (token.restricting().isEmpty() || token.restrictedBy(owner))
            && entries().stream().noneMatch(ace -> ace.sid().equals(Sid.OWNER_RIGHTS));
    return owns ? READ_CONTROL | WRITE_DAC : 0;
  }

  private List<Ace> entries() {
    return descriptor.dacl().orElse(List.of());
  }

  private Sid meant(Ace ace) {
    return ace.sid().equals(Sid.OWNER_RIGHTS) ? descriptor.owner() : ace.sid();
  }

  private boolean walk(int rights, Predicate<Sid> gives, Predicate<Sid> takes) {
    if (descriptor.dacl().isEmpty()) {
      return true;
    }
    int missing = rights;
    for (Ace ace : entries()) {
      int mask = mapping.map(ace.mask());
      if (ace.scope() == Ace.Scope.BELOW) {
        continue;
      }
      if (ace.type() == Ace.Type.ALLOW && gives.test(meant(ace))) {
        missing &= ~mask;
      } else if (ace.type() == Ace.Type.DENY && takes.test(meant(ace)) && (missing & mask) != 0) {
        return false;
      }
      if (missing == 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the rights that both walks grant. How Windows combines them here is inferred, not
   * measured.
   */
  private int most() {
    int first = most(token::enabled, this::matchesDenial);
    Optional<Integer> second =
        token.restricting().map(sids -> most(token::restrictedBy, token::restrictedBy));
    if (second.isEmpty()) {
      return first;
    }
    int checkedOnce = token.writeRestricted() ? ~mapping.writeBits() : 0;
    return first & (second.get() | checkedOnce);
  }

  private int most(Predicate<Sid> gives, Predicate<Sid> takes) {
    if (descriptor.dacl().isEmpty()) {
      return mapping.all();
    }
    int given = 0;
    int taken = 0;
    for (Ace ace : entries()) {
      int mask = mapping.map(ace.mask());
      if (ace.scope() == Ace.Scope.BELOW) {
        continue;
      }
      if (ace.type() == Ace.Type.ALLOW && gives.test(meant(ace))) {
        given |= mask & ~taken;
      } else if (ace.type() == Ace.Type.DENY && takes.test(meant(ace))) {
        taken |= mask & ~given;
      }
    }
    return given;
  }

  /**
   * Returns whether a file may be deleted on NTFS: through a right on itself, or one on its
   * directory.
   *
   * @param token the caller's token
   * @param file the file
   * @param directory its directory
   * @return true if either grants it
   */
  public static boolean mayDelete(
      AccessToken token, SecurityDescriptor file, SecurityDescriptor directory) {
    return check(token, file, GenericMapping.FILE, AccessMask.DELETE).allowed()
        || check(token, directory, GenericMapping.FILE, AccessMask.DELETE_CHILD).allowed();
  }
}
