package org.ringfence.windows.bind;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.plan.FilterCondition;
import org.ringfence.windows.plan.PlatformFilter;

/** A filter in the engine's form, in memory until it is closed. */
final class EncodedFilter implements AutoCloseable {
  /** Ringfence's provider. */
  static final UUID PROVIDER = UUID.fromString("52d60f5a-7d8e-4f3c-9f36-1c2f6c0a7e11");

  /** Ringfence's sublayer. */
  static final UUID SUBLAYER = UUID.fromString("52d60f5a-7d8e-4f3c-9f36-1c2f6c0a7e12");

  // Conditions of fwpmu.h.
  private static final UUID USER_ID = UUID.fromString("af043a0a-b34d-4f86-979c-c90371af6e66");
  private static final UUID REMOTE_ADDRESS =
      UUID.fromString("b235ae9a-1d64-49b8-a44c-5ff3d9095045");
  private static final UUID REMOTE_PORT = UUID.fromString("c35a604d-d22b-4e1a-91b4-68f674ee674b");
  private static final UUID PROTOCOL = UUID.fromString("3971ef2b-623e-4f9a-8cb1-6e79b806b9a7");

  // FWP_DATA_TYPE of fwptypes.h.
  static final int UINT8 = 1;
  static final int UINT16 = 2;
  static final int UINT64 = 4;
  static final int SECURITY_DESCRIPTOR = 14;
  static final int V4_ADDRESS_MASK = 0x100;
  static final int V6_ADDRESS_MASK = 0x101;
  static final int RANGE = 0x102;

  // FWP_MATCH_TYPE.
  static final int MATCH_EQUAL = 0;
  static final int MATCH_RANGE = 5;

  static final int ACTION_BLOCK = 0x1001;
  static final int ACTION_PERMIT = 0x1002;
  static final int PERSISTENT = 1;

  /** {@code FWP_ACTRL_MATCH_FILTER}. */
  static final int MATCH_FILTER = 1;

  private static final int LOOPBACK_V4 = 0x7f000000;
  private static final int LOOPBACK_V4_MASK = 0xff000000;
  private static final int V6_BYTES = 16;
  private static final int V6_ADDRESS_MASK_SIZE = V6_BYTES + 1;
  private static final int VALUE_SIZE = 16;

  private final List<Memory> parts = new ArrayList<>();
  private final FwpmFilter0 filter = new FwpmFilter0();

  EncodedFilter(PlatformFilter plan) {
    filter.filterKey = Guids.bytes(plan.key());
    filter.name = keep(NativeWindows.wide(plan.name()));
    filter.flags = PERSISTENT;
    filter.providerKey = keep(Guids.memory(PROVIDER));
    byte[] tag = plan.tag().getBytes(StandardCharsets.UTF_8);
    filter.providerData = keep(NativeWindows.memory(tag));
    filter.providerDataSize = tag.length;
    filter.layerKey = Guids.bytes(plan.layer().key());
    filter.subLayerKey = Guids.bytes(SUBLAYER);
    filter.weightType = UINT64;
    Memory weight = keep(new Memory(Long.BYTES));
    weight.setLong(0, plan.weight());
    filter.weight = weight;
    filter.actionType = plan.permit() ? ACTION_PERMIT : ACTION_BLOCK;
    int size = new FwpmFilterCondition0().size();
    Memory conditions = keep(new Memory((long) size * plan.conditions().size()));
    conditions.clear();
    for (int i = 0; i < plan.conditions().size(); i++) {
      FwpmFilterCondition0 condition =
          new FwpmFilterCondition0(conditions.share((long) size * i, size));
      encode(plan.conditions().get(i), plan.layer().v6(), condition);
      condition.write();
    }
    filter.conditionCount = plan.conditions().size();
    filter.conditions = conditions;
    filter.write();
  }

  private Memory keep(Memory memory) {
    parts.add(memory);
    return memory;
  }

  private void encode(FilterCondition plan, boolean v6, FwpmFilterCondition0 condition) {
    condition.matchType = MATCH_EQUAL;
    if (plan instanceof FilterCondition.User user) {
      condition.fieldKey = Guids.bytes(USER_ID);
      condition.valueType = SECURITY_DESCRIPTOR;
      condition.value = Pointer.nativeValue(descriptor(user));
    } else if (plan instanceof FilterCondition.Protocol protocol) {
      condition.fieldKey = Guids.bytes(PROTOCOL);
      condition.valueType = UINT8;
      condition.value = protocol.number();
    } else if (plan instanceof FilterCondition.Ports ports) {
      condition.fieldKey = Guids.bytes(REMOTE_PORT);
      condition.matchType = MATCH_RANGE;
      condition.valueType = RANGE;
      condition.value = Pointer.nativeValue(range(ports));
    } else {
      condition.fieldKey = Guids.bytes(REMOTE_ADDRESS);
      condition.valueType = v6 ? V6_ADDRESS_MASK : V4_ADDRESS_MASK;
      condition.value = Pointer.nativeValue(v6 ? loopbackV6() : loopbackV4());
    }
  }

  /**
   * Returns a {@code FWP_BYTE_BLOB} with a self-relative descriptor: owner and group, one entry.
   */
  private Memory descriptor(FilterCondition.User user) {
    byte[] bytes =
        AccessControlList.of(new Ace(Ace.Type.ALLOW, user.user(), MATCH_FILTER, Ace.Scope.OBJECT))
            .descriptorOf(org.ringfence.windows.acl.Sid.LOCAL_SERVICE);
    Memory data = keep(NativeWindows.memory(bytes));
    Memory blob = keep(new Memory(2L * Native.POINTER_SIZE));
    blob.clear();
    blob.setInt(0, bytes.length);
    blob.setPointer(Native.POINTER_SIZE, data);
    return blob;
  }

  /** Returns a {@code FWP_RANGE0}: two {@code FWP_VALUE0}. */
  private Memory range(FilterCondition.Ports ports) {
    Memory range = keep(new Memory(2L * VALUE_SIZE));
    range.clear();
    range.setInt(0, UINT16);
    range.setShort(Native.POINTER_SIZE, (short) ports.from());
    range.setInt(VALUE_SIZE, UINT16);
    range.setShort(VALUE_SIZE + Native.POINTER_SIZE, (short) ports.to());
    return range;
  }

  /** Returns a {@code FWP_V4_ADDR_AND_MASK}: numbers in the processor's byte order. */
  private Memory loopbackV4() {
    Memory address = keep(new Memory(2L * Integer.BYTES));
    address.setInt(0, LOOPBACK_V4);
    address.setInt(Integer.BYTES, LOOPBACK_V4_MASK);
    return address;
  }

  /** Returns a {@code FWP_V6_ADDR_AND_MASK}: {@code ::1}, and the number of significant bits. */
  private Memory loopbackV6() {
    Memory address = keep(new Memory(V6_ADDRESS_MASK_SIZE));
    address.clear();
    address.setByte(V6_BYTES - 1, (byte) 1);
    address.setByte(V6_BYTES, (byte) (V6_BYTES * Byte.SIZE));
    return address;
  }

  Pointer pointer() {
    return filter.getPointer();
  }

  @Override
  public void close() {
    parts.forEach(Memory::close);
  }
}
