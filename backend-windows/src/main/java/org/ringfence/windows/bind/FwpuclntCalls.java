package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import com.sun.jna.win32.StdCallLibrary;

/** The base filtering engine; each call's result is its error. */
interface FwpuclntCalls extends StdCallLibrary {
  FwpuclntCalls INSTANCE = Native.load("fwpuclnt", FwpuclntCalls.class);

  int FwpmEngineOpen0(
      Pointer server,
      int authentication,
      Pointer identity,
      Pointer session,
      PointerByReference engine);

  int FwpmEngineClose0(Pointer engine);

  int FwpmTransactionBegin0(Pointer engine, int flags);

  int FwpmTransactionCommit0(Pointer engine);

  int FwpmTransactionAbort0(Pointer engine);

  int FwpmProviderAdd0(Pointer engine, Pointer provider, Pointer descriptor);

  int FwpmProviderDeleteByKey0(Pointer engine, Pointer key);

  int FwpmSubLayerAdd0(Pointer engine, Pointer sublayer, Pointer descriptor);

  int FwpmSubLayerDeleteByKey0(Pointer engine, Pointer key);

  int FwpmFilterAdd0(Pointer engine, Pointer filter, Pointer descriptor, LongByReference id);

  int FwpmFilterDeleteByKey0(Pointer engine, Pointer key);

  int FwpmFilterGetByKey0(Pointer engine, Pointer key, PointerByReference filter);

  void FwpmFreeMemory0(PointerByReference memory);
}
