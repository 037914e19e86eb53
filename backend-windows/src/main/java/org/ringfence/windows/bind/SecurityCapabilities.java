package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code SECURITY_CAPABILITIES} of {@code winnt.h}. */
@FieldOrder({"appContainerSid", "capabilities", "capabilityCount", "reserved"})
public final class SecurityCapabilities extends Win32Structure {
  /** The container's SID. */
  public Pointer appContainerSid;

  /** An array of {@code SID_AND_ATTRIBUTES}. */
  public Pointer capabilities;

  /** The number of capabilities. */
  public int capabilityCount;

  /** 0. */
  public int reserved;
}
