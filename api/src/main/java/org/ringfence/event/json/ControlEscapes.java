package org.ringfence.event.json;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import org.ringfence.event.Printable;

/**
 * Escapes for JSON that a person may look at on a terminal: beyond what JSON asks for, C1 controls,
 * format characters and separators of lines. The text that is read back is the same.
 */
public final class ControlEscapes extends CharacterEscapes {
  private static final long serialVersionUID = 1L;

  /** Makes escapes for a {@link com.fasterxml.jackson.core.JsonFactory}. */
  public ControlEscapes() {}

  @Override
  public int[] getEscapeCodesForAscii() {
    int[] codes = standardAsciiEscapesForJSON();
    codes[0x7f] = ESCAPE_STANDARD;
    return codes;
  }

  @Override
  public SerializableString getEscapeSequence(int unit) {
    // Halves of a pair come one by one, and are escaped one by one.
    return unit < 0x80 || Printable.isPlain(unit)
        ? null
        : new SerializedString(String.format("\\u%04x", unit));
  }
}
