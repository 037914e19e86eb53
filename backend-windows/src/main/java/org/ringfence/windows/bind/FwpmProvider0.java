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

  /** Its description. */
  public Pointer description;

  /** {@code FWPM_PROVIDER_FLAG_*}. */
  public int flags;

  /** Padding: a nested structure follows, aligned to eight bytes. */
  public int padding;

  /** Size in bytes of its provider data. */
  public int providerDataSize;

  /** Its provider data. */
  public Pointer providerData;

  /** The service that it belongs to; none. */
  public Pointer serviceName;
}
