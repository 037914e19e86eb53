package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code FWPM_FILTER_CONDITION0} of {@code fwpmtypes.h}. */
@FieldOrder({"fieldKey", "matchType", "padding", "valueType", "value"})
public final class FwpmFilterCondition0 extends Win32Structure {
  /** What it asks about. */
  public byte[] fieldKey = new byte[16];

  /** {@code FWP_MATCH_*}. */
  public int matchType;

  /** The value is a structure of its own, which begins at a multiple of eight. */
  public int padding;

  /** {@code FWP_DATA_TYPE}. */
  public int valueType;

  /** The value, or where it stands. */
  public long value;

  /** Empty. */
  public FwpmFilterCondition0() {}

  /** One at a place of its own in an array. */
  FwpmFilterCondition0(Pointer memory) {
    super(memory);
  }
}
