package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code FWPM_FILTER0} of {@code fwpmtypes.h}; what is nested there lies flat here. */
@FieldOrder({
  "filterKey",
  "name",
  "description",
  "flags",
  "providerKey",
  "providerDataSize",
  "providerData",
  "layerKey",
  "subLayerKey",
  "weightType",
  "weight",
  "conditionCount",
  "conditions",
  "actionType",
  "actionGuid",
  "rawContext",
  "rawContextHigh",
  "reserved",
  "filterId",
  "effectiveWeightType",
  "effectiveWeight"
})
public final class FwpmFilter0 extends Win32Structure {
  /** Its key. */
  public byte[] filterKey = new byte[16];

  /** Its name. */
  public Pointer name;

  /** What it is for. */
  public Pointer description;

  /** {@code FWPM_FILTER_FLAG_*}. */
  public int flags;

  /** Whose it is. */
  public Pointer providerKey;

  /** Bytes of what is kept along with it. */
  public int providerDataSize;

  /** What is kept along with it. */
  public Pointer providerData;

  /** Where it is asked. */
  public byte[] layerKey = new byte[16];

  /** Among which others. */
  public byte[] subLayerKey = new byte[16];

  /** {@code FWP_DATA_TYPE} of the weight. */
  public int weightType;

  /** Where the weight stands. */
  public Pointer weight;

  /** How many conditions it has. */
  public int conditionCount;

  /** Its conditions. */
  public Pointer conditions;

  /** {@code FWP_ACTION_*}. */
  public int actionType;

  /** Whom it calls; nobody. */
  public byte[] actionGuid = new byte[16];

  /** What it hands on; nothing. */
  public long rawContext;

  /** The other half of a key in its place. */
  public long rawContextHigh;

  /** Nothing. */
  public Pointer reserved;

  /** Its number while the engine runs. */
  public long filterId;

  /** {@code FWP_DATA_TYPE} of the weight that it got. */
  public int effectiveWeightType;

  /** Where that stands. */
  public Pointer effectiveWeight;

  /** Empty. */
  public FwpmFilter0() {}

  /** One that the engine made. */
  FwpmFilter0(Pointer memory) {
    super(memory);
    read();
  }
}
