package org.ringfence.text.json;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import org.ringfence.text.Printable;

/**
 * JSON escapes that are safe on a terminal: besides the characters that JSON requires, C1 controls,
 * format characters and line separators. A parser reads the same text back.
 */
public final class ControlEscapes extends CharacterEscapes {
  private static final long serialVersionUID = 1L;

  /** Creates escapes for a {@link com.fasterxml.jackson.core.JsonFactory}. */
  public ControlEscapes() {}

  @Override
  public int[] getEscapeCodesForAscii() {
    int[] codes = standardAsciiEscapesForJSON();
    codes[0x7f] = ESCAPE_STANDARD;
    return codes;
  }

  @Override
  public SerializableString getEscapeSequence(int unit) {
    // Jackson passes the halves of a pair one by one; each is escaped.
    return unit < 0x80 || Printable.isPlain(unit)
        ? null
        : new SerializedString(String.format("\\u%04x", unit));
  }
}
