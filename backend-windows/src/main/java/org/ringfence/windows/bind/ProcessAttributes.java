package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.WindowsCallException;

/** The attribute list of a process to be made; its values stay in memory until it is closed. */
final class ProcessAttributes implements AutoCloseable {
  // PROC_THREAD_ATTRIBUTE_* of winbase.h.
  private static final long HANDLE_LIST = 0x20002;
  private static final long MITIGATION_POLICY = 0x20007;
  private static final long SECURITY_CAPABILITIES = 0x20009;
  private static final long JOB_LIST = 0x2000D;
  private static final long ALL_APPLICATION_PACKAGES_POLICY = 0x2000F;
  private static final long PSEUDO_CONSOLE = 0x20016;

  /** {@code PROCESS_CREATION_ALL_APPLICATION_PACKAGES_OPT_OUT}. */
  private static final int OPT_OUT = 1;

  private static final int MOST = 6;
  private static final Kernel32Calls KERNEL = Kernel32Calls.INSTANCE;

  private final List<AutoCloseable> values = new ArrayList<>();
  private final Memory list;

  ProcessAttributes(ProcessRequest request) throws WindowsCallException {
    LongByReference size = new LongByReference();
    KERNEL.InitializeProcThreadAttributeList(null, MOST, 0, size);
    list = new Memory(Math.max(1, size.getValue()));
    check(
        KERNEL.InitializeProcThreadAttributeList(list, MOST, 0, size),
        "InitializeProcThreadAttributeList");
    boolean done = false;
    try {
      add(JOB_LIST, handles(List.of(request.job())));
      List<Handle> distinct = distinct(request.standard());
      if (!distinct.isEmpty()) {
        add(HANDLE_LIST, handles(distinct));
      }
      if (request.console().isPresent()) {
        // The value is the console handle itself, not its address.
        add(PSEUDO_CONSOLE, NativeWindows.pointer(request.console().get()), Native.POINTER_SIZE);
      }
      if (request.container().isPresent()) {
        container(request.container().get());
      }
      long mitigations = request.mitigations().creation();
      if (mitigations != 0) {
        Memory bits = keep(new Memory(Long.BYTES));
        bits.setLong(0, mitigations);
        add(MITIGATION_POLICY, bits);
      }
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private void container(ProcessRequest.Container container) throws WindowsCallException {
    Memory packageSid = keep(NativeWindows.memory(container.packageSid().bytes()));
    SidArray capabilities = keep(SidArray.enabled(container.capabilities()));
    SecurityCapabilities security = new SecurityCapabilities();
    security.appContainerSid = packageSid;
    security.capabilities = capabilities.array();
    security.capabilityCount = capabilities.count();
    security.write();
    Memory copy =
        keep(NativeWindows.memory(security.getPointer().getByteArray(0, security.size())));
    add(SECURITY_CAPABILITIES, copy);
    if (container.lessPrivileged()) {
      Memory policy = keep(new Memory(Integer.BYTES));
      policy.setInt(0, OPT_OUT);
      add(ALL_APPLICATION_PACKAGES_POLICY, policy);
    }
  }

  /** Removes duplicates: the list may name a handle once only. */
  private static List<Handle> distinct(List<Handle> handles) {
    List<Handle> distinct = new ArrayList<>();
    for (Handle handle : handles) {
      if (distinct.stream().noneMatch(one -> one.value() == handle.value())) {
        distinct.add(handle);
      }
    }
    return distinct;
  }

  private Memory handles(List<Handle> handles) {
    Memory array = keep(new Memory((long) handles.size() * Native.POINTER_SIZE));
    for (int i = 0; i < handles.size(); i++) {
      array.setPointer((long) i * Native.POINTER_SIZE, NativeWindows.pointer(handles.get(i)));
    }
    return array;
  }

  private <T extends AutoCloseable> T keep(T value) {
    values.add(value);
    return value;
  }

  private void add(long attribute, Memory value) throws WindowsCallException {
    add(attribute, value, value.size());
  }

  private void add(long attribute, Pointer value, long size) throws WindowsCallException {
    check(
        KERNEL.UpdateProcThreadAttribute(
            list, 0, new Pointer(attribute), value, new Pointer(size), null, null),
        "UpdateProcThreadAttribute");
  }

  Pointer list() {
    return list;
  }

  @Override
  public void close() {
    KERNEL.DeleteProcThreadAttributeList(list);
    list.close();
    for (AutoCloseable value : values) {
      try {
        value.close();
      } catch (Exception e) {
        throw new IllegalStateException("memory cannot be freed", e);
      }
    }
  }
}
