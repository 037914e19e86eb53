package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code FWPM_FILTER_CONDITION0} of {@code fwpmtypes.h}. */
@FieldOrder({"fieldKey", "matchType", "padding", "valueType", "value"})
public final class FwpmFilterCondition0 extends Win32Structure {
  /** The field that it tests. */
  public byte[] fieldKey = new byte[16];

  /** {@code FWP_MATCH_*}. */
  public int matchType;

  /** Padding: the value is a nested structure, aligned to eight bytes. */
  public int padding;

  /** {@code FWP_DATA_TYPE}. */
  public int valueType;

  /** The value, or a pointer to it. */
  public long value;

  /** Creates an empty condition. */
  public FwpmFilterCondition0() {}

  /** Uses the memory of an array element. */
  FwpmFilterCondition0(Pointer memory) {
    super(memory);
  }
}
