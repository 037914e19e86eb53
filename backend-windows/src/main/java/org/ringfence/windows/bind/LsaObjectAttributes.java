package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code LSA_OBJECT_ATTRIBUTES} of {@code ntsecapi.h}; every field but the size is empty. */
@FieldOrder({
  "length",
  "rootDirectory",
  "objectName",
  "attributes",
  "securityDescriptor",
  "securityQualityOfService"
})
public final class LsaObjectAttributes extends Win32Structure {
  /** The size of this structure. */
  public int length;

  /** None. */
  public Pointer rootDirectory;

  /** None. */
  public Pointer objectName;

  /** None. */
  public int attributes;

  /** None. */
  public Pointer securityDescriptor;

  /** None. */
  public Pointer securityQualityOfService;
}
