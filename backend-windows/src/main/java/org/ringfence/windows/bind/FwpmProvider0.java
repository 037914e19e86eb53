package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code FWPM_PROVIDER0} of {@code fwpmtypes.h}. */
@FieldOrder({
  "providerKey",
  "name",
  "description",
  "flags",
  "padding",
  "providerDataSize",
  "providerData",
  "serviceName"
})
public final class FwpmProvider0 extends Win32Structure {
  /** Its key. */
  public byte[] providerKey = new byte[16];

  /** Its name. */
  public Pointer name;

  /** What it is for. */
  public Pointer description;

  /** {@code FWPM_PROVIDER_FLAG_*}. */
  public int flags;

  /** What follows is a structure of its own, which begins at a multiple of eight. */
  public int padding;

  /** Bytes of what is kept along with it. */
  public int providerDataSize;

  /** What is kept along with it. */
  public Pointer providerData;

  /** Which service it belongs to; none. */
  public Pointer serviceName;
}
