package org.ringfence.linux.socket;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * A socket address as a sandboxed thread passed it, copied once ({@code linux/socket.h}, {@code
 * linux/in.h}, {@code linux/un.h}).
 *
 * @param bytes the structure
 */
public record SocketAddress(byte[] bytes) {
  /** {@code sizeof(struct sockaddr_storage)}. */
  public static final int LONGEST = 128;

  /** No address. */
  public static final SocketAddress NONE = new SocketAddress(new byte[0]);

  /**
   * Copies the address that a call was given.
   *
   * @param index the argument that points to it; the next one is its length
   */
  public static SocketAddress read(TargetMemory child, SyscallNotification call, int index)
      throws AccessException {
    int length = call.intArgument(index + 1);
    if (length < 0 || length > LONGEST) {
      throw new AccessException(-Errno.EINVAL.value());
    }
    return new SocketAddress(child.read(call.tid(), call.argument(index), length));
  }

  /** Returns an address for a socket of a family; maps an IPv4 address for an IPv6 socket. */
  public static SocketAddress inet(InetAddress address, int port, int family) {
    return inet(address, port, family, 0);
  }

  /** Returns such an address; the scope of a link-local address is the link's number. */
  static SocketAddress inet(InetAddress address, int port, int family, int scope) {
    byte[] raw = address.getAddress();
    boolean v4 = family == Constants.AF_INET;
    byte[] bytes = new byte[v4 ? 16 : 28];
    ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putShort(0, (short) family);
    ByteBuffer.wrap(bytes).putShort(2, (short) port);
    if (!v4 && raw.length == 4) {
      bytes[18] = (byte) 0xff;
      bytes[19] = (byte) 0xff;
    }
    System.arraycopy(raw, 0, bytes, v4 ? 4 : 24 - raw.length, raw.length);
    if (!v4) {
      ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putInt(24, scope);
    }
    return new SocketAddress(bytes);
  }

  /** Returns the address of a unix socket that is bound to a path. */
  public static SocketAddress unix(String path) {
    byte[] name = NativeBlock.encode(path);
    byte[] bytes = new byte[2 + name.length + 1];
    bytes[0] = Constants.AF_UNIX;
    System.arraycopy(name, 0, bytes, 2, name.length);
    return new SocketAddress(bytes);
  }

  /** Makes a call that takes a descriptor and an address, and returns its result. */
  public long passTo(Kernel kernel, Syscall syscall, int fd) {
    try (NativeBlock block = new NativeBlock(LONGEST + 32L)) {
      return kernel.call(syscall, fd, block.bytes(bytes), bytes.length);
    }
  }

  public int family() {
    return bytes.length < 2
        ? -1
        : ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getShort(0) & 0xffff;
  }

  public boolean isInet() {
    return (family() == Constants.AF_INET && bytes.length >= 16)
        || (family() == Constants.AF_INET6 && bytes.length >= 24);
  }

  public int port() {
    return ByteBuffer.wrap(bytes).getShort(2) & 0xffff;
  }

  /** Returns the IP address; a v4 address inside a v6 one becomes v4. */
  public InetAddress inet() {
    return inetOf(family());
  }

  /** Returns the IP address, read as this family's whatever family is given. */
  InetAddress inetOf(int family) {
    byte[] raw =
        family == Constants.AF_INET
            ? Arrays.copyOfRange(bytes, 4, 8)
            : Arrays.copyOfRange(bytes, 8, 24);
    try {
      return InetAddress.getByAddress(raw);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 or 16 bytes", e);
    }
  }

  /** Returns the scope of an IPv6 address; 0 if it has none. */
  int scope() {
    return family() == Constants.AF_INET6 && bytes.length >= 28
        ? ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getInt(24)
        : 0;
  }

  /** Returns whether a unix address has a path in the file system. */
  public boolean hasPath() {
    return bytes.length > 2 && bytes[2] != 0;
  }

  /** Returns the path of a unix address. */
  public byte[] path() {
    int end = 2;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(bytes, 2, end);
  }

  /** Returns the abstract name of a unix address, in a comparable form. */
  public String abstractName() {
    return HexFormat.of().formatHex(bytes, 2, bytes.length);
  }

  /** Returns the address as readable text. */
  public String display() {
    if (isInet()) {
      InetAddress address = inet();
      String host = address.getHostAddress();
      return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port();
    }
    if (family() == Constants.AF_UNIX) {
      return hasPath()
          ? new String(path(), java.nio.charset.StandardCharsets.UTF_8)
          : "abstract " + abstractName();
    }
    return "family " + family();
  }
}
