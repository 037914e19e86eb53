package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code LSA_UNICODE_STRING} of {@code ntsecapi.h}. */
@FieldOrder({"length", "maximumLength", "buffer"})
public final class LsaUnicodeString extends Win32Structure {
  /** Bytes, without a NUL. */
  public short length;

  /** Bytes that there is room for. */
  public short maximumLength;

  /** The text. */
  public Pointer buffer;

  /** Empty. */
  public LsaUnicodeString() {}

  /** One at a place of its own in an array. */
  LsaUnicodeString(Pointer memory) {
    super(memory);
  }
}
