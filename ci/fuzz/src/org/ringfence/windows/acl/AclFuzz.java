package org.ringfence.windows.acl;

import java.util.Optional;

/** A security descriptor is read, or refused as none; a list that was read is written and read as the same; its entries have a form in SDDL. */
public final class AclFuzz {
  private AclFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    try {
      AccessControlList.ownerOf(input);
    } catch (IllegalArgumentException e) {
      e.getMessage();
    }
    Optional<AccessControlList> list;
    try {
      list = AccessControlList.ofDescriptor(input);
      if (list.isEmpty()) {
        return;
      }
      if (!AccessControlList.ofDescriptor(list.get().descriptor(input)).equals(list)) {
        throw new IllegalStateException("another list is read back");
      }
      for (Ace ace : list.get().aces()) {
        if (!ace.toString().matches("\\([AD];(OICI(IO)?)?;0x[0-9a-f]+;;;S-1-[0-9]+(-[0-9]+)*\\)")) {
          throw new IllegalStateException(ace.toString());
        }
        if (!Sid.of(ace.sid().bytes()).equals(ace.sid())) {
          throw new IllegalStateException("another SID is read back: " + ace.sid());
        }
      }
    } catch (IllegalArgumentException e) {
      e.getMessage();
    }
  }
}
