package org.ringfence.windows.acl;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * An object's rules about access to it.
 *
 * @param owner its owner
 * @param dacl its entries in order; empty for none at all (a NULL DACL), which grants everything to
 *     everyone
 * @param label its mandatory label; empty for the usual one, Medium and no writing up
 */
public record SecurityDescriptor(
    Sid owner, Optional<List<Ace>> dacl, Optional<MandatoryLabel> label) {
  /** Copies the entries. */
  public SecurityDescriptor {
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(label, "label");
    dacl = dacl.map(List::copyOf);
  }

  /**
   * A mandatory label.
   *
   * @param level the integrity level, such as 0x2000 for Medium
   * @param noWriteUp whether lower ones may not write
   * @param noReadUp whether lower ones may not read
   * @param noExecuteUp whether lower ones may not execute
   */
  public record MandatoryLabel(
      int level, boolean noWriteUp, boolean noReadUp, boolean noExecuteUp) {
    /** {@code SECURITY_MANDATORY_LOW_RID}. */
    public static final int LOW = 0x1000;

    /** {@code SECURITY_MANDATORY_MEDIUM_RID}. */
    public static final int MEDIUM = 0x2000;

    /** The label of an object that has none. */
    public static final MandatoryLabel USUAL = new MandatoryLabel(MEDIUM, true, false, false);
  }

  /**
   * Returns a descriptor with these entries and the usual label.
   *
   * @param owner the owner
   * @param entries the entries
   * @return the descriptor
   */
  public static SecurityDescriptor of(Sid owner, Ace... entries) {
    return new SecurityDescriptor(owner, Optional.of(List.of(entries)), Optional.empty());
  }
}
