package org.ringfence.windows.bind;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/** A {@code GUID} in memory: three numbers in the processor's byte order, then eight bytes. */
final class Guids {
  /** {@code sizeof(GUID)}. */
  static final int SIZE = 16;

  private Guids() {}

  static byte[] bytes(UUID guid) {
    ByteBuffer numbers = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    long most = guid.getMostSignificantBits();
    numbers.putInt((int) (most >>> 32)).putShort((short) (most >>> 16)).putShort((short) most);
    numbers.order(ByteOrder.BIG_ENDIAN).putLong(guid.getLeastSignificantBits());
    return numbers.array();
  }

  static Memory memory(UUID guid) {
    return NativeWindows.memory(bytes(guid));
  }

  static UUID of(Pointer at) {
    ByteBuffer bytes = ByteBuffer.wrap(at.getByteArray(0, SIZE)).order(ByteOrder.LITTLE_ENDIAN);
    long most =
        (bytes.getInt(0) & 0xffffffffL) << 32
            | (bytes.getShort(4) & 0xffffL) << 16
            | bytes.getShort(6) & 0xffffL;
    return new UUID(most, bytes.order(ByteOrder.BIG_ENDIAN).getLong(8));
  }
}
