package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code LSA_UNICODE_STRING} of {@code ntsecapi.h}. */
@FieldOrder({"length", "maximumLength", "buffer"})
public final class LsaUnicodeString extends Win32Structure {
  /** Length in bytes, without a NUL. */
  public short length;

  /** Capacity in bytes. */
  public short maximumLength;

  /** The text. */
  public Pointer buffer;

  /** Creates an empty string. */
  public LsaUnicodeString() {}

  /** Uses the memory of an array element. */
  LsaUnicodeString(Pointer memory) {
    super(memory);
  }
}
