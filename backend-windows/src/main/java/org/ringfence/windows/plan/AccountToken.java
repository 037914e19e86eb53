package org.ringfence.windows.plan;

import java.util.Arrays;
import java.util.Optional;

/** The token of commands of a dedicated account: which SIDs restrict its writing. */
public enum AccountToken {
  /**
   * The roots and the account itself. Programs that write to named pipes of their own run. A
   * command is the owner of all files that commands of the account made.
   */
  OWN_SID("own-sid"),

  /** The roots alone. */
  ROOTS("roots"),

  /** Nothing: the command opens each object that every user may open. */
  ACCOUNT_ALONE("account-only");

  /** The system property that chooses one. */
  public static final String PROPERTY = "ringfence.windows.accountToken";

  private final String id;

  AccountToken(String id) {
    this.id = id;
  }

  /**
   * Returns the choice of a property's value.
   *
   * @param value the value; null for the usual choice
   * @return the choice; empty for a value that names none
   */
  public static Optional<AccountToken> of(String value) {
    return value == null
        ? Optional.of(OWN_SID)
        : Arrays.stream(values()).filter(each -> each.id.equals(value)).findFirst();
  }

  /** Returns the value of the property. */
  @Override
  public String toString() {
    return id;
  }
}
