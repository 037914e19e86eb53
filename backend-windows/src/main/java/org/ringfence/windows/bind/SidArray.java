package org.ringfence.windows.bind;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.windows.acl.Sid;

/** An array of {@code SID_AND_ATTRIBUTES}, in memory until it is closed. */
final class SidArray implements AutoCloseable {
  private static final int SE_GROUP_ENABLED = 0x4;

  private final List<Memory> sids = new ArrayList<>();
  private final Memory array;

  /** Creates an array with attributes 0, which {@code CreateRestrictedToken} requires. */
  SidArray(List<Sid> list) {
    this(list, 0);
  }

  private SidArray(List<Sid> list, int attributes) {
    int entry = 2 * Native.POINTER_SIZE;
    array = new Memory(Math.max(1, (long) entry * list.size()));
    array.clear();
    for (Sid sid : list) {
      Memory memory = NativeWindows.memory(sid.bytes());
      array.setPointer((long) entry * sids.size(), memory);
      array.setInt((long) entry * sids.size() + Native.POINTER_SIZE, attributes);
      sids.add(memory);
    }
  }

  /** Creates an array of enabled capabilities. */
  static SidArray enabled(List<Sid> list) {
    return new SidArray(list, SE_GROUP_ENABLED);
  }

  int count() {
    return sids.size();
  }

  /** Returns the array; null when it is empty. */
  Pointer array() {
    return sids.isEmpty() ? null : array;
  }

  @Override
  public void close() {
    array.close();
    sids.forEach(Memory::close);
  }
}
