package org.ringfence.windows.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.win32.StdCallLibrary;

/** Sockets ({@code ws2_32}). */
interface WinsockCalls extends StdCallLibrary {
  WinsockCalls INSTANCE = Native.load("ws2_32", WinsockCalls.class);

  int WSAStartup(short version, Pointer data);

  Pointer socket(int family, int type, int protocol);

  int connect(Pointer socket, Pointer address, int length);

  int send(Pointer socket, byte[] data, int length, int flags);

  int closesocket(Pointer socket);
}
