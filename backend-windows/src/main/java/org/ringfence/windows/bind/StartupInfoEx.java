package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure.FieldOrder;

/** {@code STARTUPINFOEXW} of {@code winbase.h}, with its first part flattened. */
@FieldOrder({
  "cb",
  "reserved",
  "desktop",
  "title",
  "x",
  "y",
  "xSize",
  "ySize",
  "xCountChars",
  "yCountChars",
  "fillAttribute",
  "flags",
  "showWindow",
  "cbReserved2",
  "reserved2",
  "stdInput",
  "stdOutput",
  "stdError",
  "attributeList"
})
public final class StartupInfoEx extends Win32Structure {
  static final int USE_STD_HANDLES = 0x100;

  /** The size of the structure, in bytes. */
  public int cb;

  /** Null. */
  public Pointer reserved;

  /** Window station and desktop, as a wide string. */
  public Pointer desktop;

  /** The console's title. */
  public Pointer title;

  /** Horizontal position of a window. */
  public int x;

  /** Vertical position of a window. */
  public int y;

  /** A window's width. */
  public int xSize;

  /** A window's height. */
  public int ySize;

  /** A console's width. */
  public int xCountChars;

  /** A console's height. */
  public int yCountChars;

  /** A console's colours. */
  public int fillAttribute;

  /** The fields in use. */
  public int flags;

  /** Initial state of a window. */
  public short showWindow;

  /** 0. */
  public short cbReserved2;

  /** Null. */
  public Pointer reserved2;

  /** Standard input. */
  public Pointer stdInput;

  /** Standard output. */
  public Pointer stdOutput;

  /** Standard error. */
  public Pointer stdError;

  /** The attributes. */
  public Pointer attributeList;
}
