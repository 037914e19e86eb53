package org.ringfence.windows.acl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * An entry of an access control list as it is stored ([MS-DTYP] 2.4.4), of a known or unknown type.
 */
public final class RawAce {
  /** {@code INHERITED_ACE}. */
  private static final int INHERITED = 0x10;

  /** {@code OBJECT_INHERIT_ACE} and {@code CONTAINER_INHERIT_ACE}. */
  private static final int TREE = 0x3;

  /** {@code INHERIT_ONLY_ACE}. */
  private static final int INHERIT_ONLY = 0x8;

  private static final int ALLOWED = 0;
  private static final int DENIED = 1;
  private static final int HEADER = 8;

  private final byte[] bytes;

  RawAce(byte[] bytes) {
    this.bytes = bytes.clone();
  }

  /**
   * Stores an entry.
   *
   * @param ace the entry
   * @param directory whether it is for a directory; a file has nothing below
   * @return the stored entry
   */
  static RawAce of(Ace ace, boolean directory) {
    byte[] sid = ace.sid().bytes();
    ByteBuffer buffer = ByteBuffer.allocate(HEADER + sid.length).order(ByteOrder.LITTLE_ENDIAN);
    int flags =
        switch (ace.scope()) {
          case OBJECT -> 0;
          case TREE -> directory ? TREE : 0;
          case BELOW -> TREE | INHERIT_ONLY;
        };
    buffer.put((byte) (ace.type() == Ace.Type.ALLOW ? ALLOWED : DENIED));
    buffer.put((byte) flags).putShort((short) (HEADER + sid.length)).putInt(ace.mask()).put(sid);
    return new RawAce(buffer.array());
  }

  byte[] bytes() {
    return bytes.clone();
  }

  int length() {
    return bytes.length;
  }

  boolean inherited() {
    return (bytes[1] & INHERITED) != 0;
  }

  boolean denies() {
    return bytes[0] == DENIED;
  }

  /** Returns the entry with those rights alone that a mask has, too. */
  RawAce masked(int mask) {
    byte[] narrowed = bytes.clone();
    ByteBuffer buffer = ByteBuffer.wrap(narrowed).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(4, buffer.getInt(4) & mask);
    return new RawAce(narrowed);
  }

  /**
   * Returns the entry, if it allows or denies.
   *
   * @return empty for other types
   */
  public Optional<Ace> ace() {
    if (bytes[0] != ALLOWED && bytes[0] != DENIED) {
      return Optional.empty();
    }
    Ace.Scope scope =
        (bytes[1] & INHERIT_ONLY) != 0
            ? Ace.Scope.BELOW
            : (bytes[1] & TREE) == TREE ? Ace.Scope.TREE : Ace.Scope.OBJECT;
    return Optional.of(
        new Ace(
            denies() ? Ace.Type.DENY : Ace.Type.ALLOW,
            Sid.of(Arrays.copyOfRange(bytes, HEADER, bytes.length)),
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(4),
            scope));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawAce ace && Arrays.equals(bytes, ace.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }
}
