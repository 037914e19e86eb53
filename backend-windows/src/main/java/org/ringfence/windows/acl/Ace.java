package org.ringfence.windows.acl;

import java.util.Objects;

/**
 * An entry of an access control list.
 *
 * @param type whether it allows or denies
 * @param sid the SID that it concerns
 * @param mask the rights
 * @param scope the objects that it applies to
 */
public record Ace(Type type, Sid sid, int mask, Scope scope) {
  /** Whether an entry allows or denies. */
  public enum Type {
    /** {@code ACCESS_ALLOWED_ACE}. */
    ALLOW,
    /** {@code ACCESS_DENIED_ACE}. */
    DENY
  }

  /** The objects that an entry applies to. */
  public enum Scope {
    /** The object alone. */
    OBJECT,
    /** The object and everything below it. */
    TREE,
    /** Everything below it ({@code INHERIT_ONLY_ACE}). */
    BELOW
  }

  /** Checks that no part is null. */
  public Ace {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(sid, "sid");
    Objects.requireNonNull(scope, "scope");
  }

  /** Returns the entry in SDDL. */
  @Override
  public String toString() {
    String flags =
        switch (scope) {
          case OBJECT -> "";
          case TREE -> "OICI";
          case BELOW -> "OICIIO";
        };
    return "("
        + (type == Type.ALLOW ? "A" : "D")
        + ";"
        + flags
        + ";0x"
        + Integer.toHexString(mask)
        + ";;;"
        + sid
        + ")";
  }
}
