package org.ringfence.windows.plan;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What an object says about who may do what with it.
 *
 * @param owner its owner
 * @param dacl its entries in order; empty for none at all (a NULL DACL), which gives everything to
 *     everybody
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

    /** What counts where an object has no label. */
    public static final MandatoryLabel USUAL = new MandatoryLabel(MEDIUM, true, false, false);
  }

  /**
   * Entries, owned by somebody, with the usual label.
   *
   * @param owner the owner
   * @param entries the entries
   * @return the descriptor
   */
  public static SecurityDescriptor of(Sid owner, Ace... entries) {
    return new SecurityDescriptor(owner, Optional.of(List.of(entries)), Optional.empty());
  }
}
