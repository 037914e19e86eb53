package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.wide;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.ringfence.windows.plan.PlatformFilter;
import org.ringfence.windows.system.FilterEngine;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

/** Manages filters through {@code fwpuclnt}, which is loaded at its first use. */
final class NativeFilterEngine implements FilterEngine {
  private static final int AUTHENTICATION_DEFAULT = 0xFFFFFFFF;

  /** The middle: other sublayers may block more, none can permit traffic that ours blocks. */
  private static final short SUBLAYER_WEIGHT = (short) 0x8000;

  private interface Task<T> {
    T run(Pointer engine) throws WindowsCallException;
  }

  private static FwpuclntCalls calls() {
    return FwpuclntCalls.INSTANCE;
  }

  private static void check(int result, String call, WindowsError... accepted)
      throws WindowsCallException {
    for (WindowsError fine : accepted) {
      if (result == fine.code()) {
        return;
      }
    }
    if (result != 0) {
      throw new WindowsCallException(call, result);
    }
  }

  private static <T> T with(Task<T> task) throws WindowsCallException {
    PointerByReference engine = new PointerByReference();
    check(
        calls().FwpmEngineOpen0(null, AUTHENTICATION_DEFAULT, null, null, engine),
        "FwpmEngineOpen0");
    try {
      return task.run(engine.getValue());
    } finally {
      calls().FwpmEngineClose0(engine.getValue());
    }
  }

  private static void inTransaction(Task<Void> task) throws WindowsCallException {
    with(
        engine -> {
          check(calls().FwpmTransactionBegin0(engine, 0), "FwpmTransactionBegin0");
          boolean done = false;
          try {
            task.run(engine);
            check(calls().FwpmTransactionCommit0(engine), "FwpmTransactionCommit0");
            done = true;
          } finally {
            if (!done) {
              calls().FwpmTransactionAbort0(engine);
            }
          }
          return null;
        });
  }

  @Override
  public Optional<String> tag(UUID key) throws WindowsCallException {
    return with(
        engine -> {
          PointerByReference found = new PointerByReference();
          try (Memory guid = Guids.memory(key)) {
            int result = calls().FwpmFilterGetByKey0(engine, guid, found);
            if (result == WindowsError.FILTER_NOT_FOUND.code()) {
              return Optional.empty();
            }
            check(result, "FwpmFilterGetByKey0");
          }
          try {
            FwpmFilter0 filter = new FwpmFilter0(found.getValue());
            return Optional.of(
                filter.providerData == null
                    ? ""
                    : new String(
                        filter.providerData.getByteArray(0, filter.providerDataSize),
                        StandardCharsets.UTF_8));
          } finally {
            calls().FwpmFreeMemory0(found);
          }
        });
  }

  @Override
  public void replace(List<PlatformFilter> filters) throws WindowsCallException {
    inTransaction(
        engine -> {
          surroundings(engine);
          for (PlatformFilter filter : filters) {
            delete(engine, filter.key());
            try (EncodedFilter encoded = new EncodedFilter(filter)) {
              check(
                  calls().FwpmFilterAdd0(engine, encoded.pointer(), null, new LongByReference()),
                  "FwpmFilterAdd0");
            }
          }
          return null;
        });
  }

  private static void surroundings(Pointer engine) throws WindowsCallException {
    try (Memory name = wide("Ringfence");
        Memory key = Guids.memory(EncodedFilter.PROVIDER)) {
      FwpmProvider0 provider = new FwpmProvider0();
      provider.providerKey = Guids.bytes(EncodedFilter.PROVIDER);
      provider.name = name;
      provider.flags = EncodedFilter.PERSISTENT;
      provider.write();
      check(
          calls().FwpmProviderAdd0(engine, provider.getPointer(), null),
          "FwpmProviderAdd0",
          WindowsError.FILTER_EXISTS);
      FwpmSublayer0 sublayer = new FwpmSublayer0();
      sublayer.subLayerKey = Guids.bytes(EncodedFilter.SUBLAYER);
      sublayer.name = name;
      sublayer.flags = EncodedFilter.PERSISTENT;
      sublayer.providerKey = key;
      sublayer.weight = SUBLAYER_WEIGHT;
      sublayer.write();
      check(
          calls().FwpmSubLayerAdd0(engine, sublayer.getPointer(), null),
          "FwpmSubLayerAdd0",
          WindowsError.FILTER_EXISTS);
    }
  }

  private static void delete(Pointer engine, UUID key) throws WindowsCallException {
    try (Memory guid = Guids.memory(key)) {
      check(
          calls().FwpmFilterDeleteByKey0(engine, guid),
          "FwpmFilterDeleteByKey0",
          WindowsError.FILTER_NOT_FOUND);
    }
  }

  @Override
  public void remove(List<UUID> keys) throws WindowsCallException {
    inTransaction(
        engine -> {
          for (UUID key : keys) {
            delete(engine, key);
          }
          return null;
        });
    // Outside the transaction, which their errors would end. Other clients' filters keep them in
    // use.
    with(
        engine -> {
          try (Memory sublayer = Guids.memory(EncodedFilter.SUBLAYER);
              Memory provider = Guids.memory(EncodedFilter.PROVIDER)) {
            check(
                calls().FwpmSubLayerDeleteByKey0(engine, sublayer),
                "FwpmSubLayerDeleteByKey0",
                WindowsError.FILTER_IN_USE,
                WindowsError.FILTER_SUBLAYER_NOT_FOUND);
            check(
                calls().FwpmProviderDeleteByKey0(engine, provider),
                "FwpmProviderDeleteByKey0",
                WindowsError.FILTER_IN_USE,
                WindowsError.FILTER_PROVIDER_NOT_FOUND);
          }
          return null;
        });
  }
}
