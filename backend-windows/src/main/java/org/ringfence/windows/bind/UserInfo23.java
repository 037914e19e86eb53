package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code USER_INFO_23} of {@code lmaccess.h}. */
@FieldOrder({"name", "fullName", "comment", "flags", "sid"})
public final class UserInfo23 extends Win32Structure {
  /** The name. */
  public Pointer name;

  /** The name for people. */
  public Pointer fullName;

  /** The comment. */
  public Pointer comment;

  /** {@code UF_*}. */
  public int flags;

  /** The SID. */
  public Pointer sid;

  /** Creates an empty structure. */
  public UserInfo23() {}

  /** Reads a structure that the system made. */
  UserInfo23(Pointer memory) {
    super(memory);
    read();
  }
}
