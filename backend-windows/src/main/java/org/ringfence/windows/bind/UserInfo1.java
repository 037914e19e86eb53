package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code USER_INFO_1} of {@code lmaccess.h}. */
@FieldOrder({
  "name",
  "password",
  "passwordAge",
  "privilege",
  "homeDirectory",
  "comment",
  "flags",
  "scriptPath"
})
public final class UserInfo1 extends Win32Structure {
  /** The name. */
  public Pointer name;

  /** The password. */
  public Pointer password;

  /** Not used when a user is created. */
  public int passwordAge;

  /** {@code USER_PRIV_USER}. */
  public int privilege;

  /** None. */
  public Pointer homeDirectory;

  /** The comment. */
  public Pointer comment;

  /** {@code UF_*}. */
  public int flags;

  /** None. */
  public Pointer scriptPath;
}
