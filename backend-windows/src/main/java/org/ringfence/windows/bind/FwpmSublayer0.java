package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code FWPM_SUBLAYER0} of {@code fwpmtypes.h}. */
@FieldOrder({
  "subLayerKey",
  "name",
  "description",
  "flags",
  "providerKey",
  "providerDataSize",
  "providerData",
  "weight"
})
public final class FwpmSublayer0 extends Win32Structure {
  /** Its key. */
  public byte[] subLayerKey = new byte[16];

  /** Its name. */
  public Pointer name;

  /** Its description. */
  public Pointer description;

  /** {@code FWPM_SUBLAYER_FLAG_*}. */
  public int flags;

  /** The key of its provider. */
  public Pointer providerKey;

  /** Size in bytes of its provider data. */
  public int providerDataSize;

  /** Its provider data. */
  public Pointer providerData;

  /** Its weight: the engine evaluates heavier sublayers first. */
  public short weight;
}
