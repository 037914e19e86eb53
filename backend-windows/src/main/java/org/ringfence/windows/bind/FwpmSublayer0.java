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

  /** What it is for. */
  public Pointer description;

  /** {@code FWPM_SUBLAYER_FLAG_*}. */
  public int flags;

  /** Whose it is. */
  public Pointer providerKey;

  /** Bytes of what is kept along with it. */
  public int providerDataSize;

  /** What is kept along with it. */
  public Pointer providerData;

  /** Which of several is asked first. */
  public short weight;
}
