package org.ringfence.windows.bind;

import com.sun.jna.Pointer;
import com.sun.jna.Structure;

/** A structure of the Windows headers, laid out as a 64-bit compiler does. */
abstract class Win32Structure extends Structure {
  Win32Structure() {}

  Win32Structure(Pointer memory) {
    super(memory);
  }

  /** Returns the offset of a field; for the comparison with the headers. */
  final int offset(String field) {
    return fieldOffset(field);
  }
}
