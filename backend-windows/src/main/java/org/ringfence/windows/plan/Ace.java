package org.ringfence.windows.plan;

import java.util.Objects;

/**
 * An entry of an access control list.
 *
 * @param type whether it gives or takes
 * @param sid whom it is about
 * @param mask the rights
 * @param scope where it counts
 */
public record Ace(Type type, Sid sid, int mask, Scope scope) {
  /** Whether an entry gives or takes. */
  public enum Type {
    /** {@code ACCESS_ALLOWED_ACE}. */
    ALLOW,
    /** {@code ACCESS_DENIED_ACE}. */
    DENY
  }

  /** Where an entry counts. */
  public enum Scope {
    /** For the object alone. */
    OBJECT,
    /** For the object and everything below it. */
    TREE,
    /** For what is below it ({@code INHERIT_ONLY_ACE}). */
    BELOW
  }

  /** Checks that no part is null. */
  public Ace {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(sid, "sid");
    Objects.requireNonNull(scope, "scope");
  }

  /** As SDDL writes it. */
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
