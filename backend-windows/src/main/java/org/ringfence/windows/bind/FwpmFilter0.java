package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code FWPM_FILTER0} of {@code fwpmtypes.h}, with its nested structures flattened. */
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

  /** Its description. */
  public Pointer description;

  /** {@code FWPM_FILTER_FLAG_*}. */
  public int flags;

  /** The key of its provider. */
  public Pointer providerKey;

  /** Size in bytes of its provider data. */
  public int providerDataSize;

  /** Its provider data. */
  public Pointer providerData;

  /** The key of its layer. */
  public byte[] layerKey = new byte[16];

  /** The key of its sublayer. */
  public byte[] subLayerKey = new byte[16];

  /** {@code FWP_DATA_TYPE} of the weight. */
  public int weightType;

  /** Pointer to the weight. */
  public Pointer weight;

  /** The number of its conditions. */
  public int conditionCount;

  /** Its conditions. */
  public Pointer conditions;

  /** {@code FWP_ACTION_*}. */
  public int actionType;

  /** The callout that it invokes; none. */
  public byte[] actionGuid = new byte[16];

  /** The context that it passes on; none. */
  public long rawContext;

  /** The second half of a key, which may replace the context. */
  public long rawContextHigh;

  /** Reserved. */
  public Pointer reserved;

  /** Its number while the engine runs. */
  public long filterId;

  /** {@code FWP_DATA_TYPE} of the weight that it got. */
  public int effectiveWeightType;

  /** Pointer to that weight. */
  public Pointer effectiveWeight;

  /** Creates an empty filter. */
  public FwpmFilter0() {}

  /** Reads a filter that the engine made. */
  FwpmFilter0(Pointer memory) {
    super(memory);
    read();
  }
}
