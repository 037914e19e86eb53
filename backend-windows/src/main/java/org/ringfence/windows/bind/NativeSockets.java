package org.ringfence.windows.bind;

import static org.ringfence.windows.bind.NativeWindows.check;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.WinBase;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.ringfence.windows.system.Sockets;
import org.ringfence.windows.system.WindowsCallException;

final class NativeSockets implements Sockets {
  // winsock2.h, ws2ipdef.h.
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 23;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final short VERSION_2_2 = 0x202;
  private static final int SOCKADDR_IN = 16;
  private static final int SOCKADDR_IN6 = 28;

  /** Size of {@code WSADATA}, rounded up. */
  private static final int DATA = 1024;

  private static final int V4_BYTES = 4;
  private static final int PING_MILLIS = 1_000;
  private static final Pointer INVALID = WinBase.INVALID_HANDLE_VALUE.getPointer();
  private static final WinsockCalls CALLS = WinsockCalls.INSTANCE;

  NativeSockets() {}

  /** Returns the error of the preceding call; a separate system call would find another value. */
  private static int error() {
    return Native.getLastError();
  }

  private static void start() throws WindowsCallException {
    try (Memory data = new Memory(DATA)) {
      int result = CALLS.WSAStartup(VERSION_2_2, data);
      if (result != 0) {
        throw new WindowsCallException("WSAStartup", result);
      }
    }
  }

  /**
   * Returns a {@code sockaddr_in} or {@code sockaddr_in6}: port and address in network byte order.
   */
  private static Memory address(InetAddress address, int port) {
    byte[] bytes = address.getAddress();
    boolean v4 = bytes.length == V4_BYTES;
    ByteBuffer buffer = ByteBuffer.allocate(v4 ? SOCKADDR_IN : SOCKADDR_IN6);
    buffer.order(ByteOrder.LITTLE_ENDIAN).putShort((short) (v4 ? AF_INET : AF_INET6));
    buffer.order(ByteOrder.BIG_ENDIAN).putShort((short) port);
    if (!v4) {
      buffer.putInt(0);
    }
    buffer.put(bytes);
    return NativeWindows.memory(buffer.array());
  }

  @Override
  public int reach(boolean tcp, InetAddress to, int port) throws WindowsCallException {
    start();
    boolean v4 = to.getAddress().length == V4_BYTES;
    Pointer socket =
        CALLS.socket(v4 ? AF_INET : AF_INET6, tcp ? SOCK_STREAM : SOCK_DGRAM, tcp ? TCP : UDP);
    if (INVALID.equals(socket)) {
      throw new WindowsCallException("socket", error());
    }
    try (Memory address = address(to, port)) {
      if (CALLS.connect(socket, address, (int) address.size()) != 0) {
        return error();
      }
      if (!tcp && CALLS.send(socket, new byte[1], 1, 0) < 0) {
        return error();
      }
      return 0;
    } finally {
      CALLS.closesocket(socket);
    }
  }

  @Override
  public boolean ping(InetAddress to) throws WindowsCallException {
    Pointer handle = IcmpCalls.INSTANCE.IcmpCreateFile();
    check(!INVALID.equals(handle), "IcmpCreateFile");
    try (Memory reply = new Memory(DATA)) {
      int address = ByteBuffer.wrap(to.getAddress()).order(ByteOrder.LITTLE_ENDIAN).getInt();
      return IcmpCalls.INSTANCE.IcmpSendEcho(
              handle, address, new byte[1], (short) 1, null, reply, DATA, PING_MILLIS)
          > 0;
    } finally {
      IcmpCalls.INSTANCE.IcmpCloseHandle(handle);
    }
  }
}
