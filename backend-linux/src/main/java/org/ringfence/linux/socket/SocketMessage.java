package org.ringfence.linux.socket;

import static org.ringfence.linux.bind.Constants.IPPROTO_IP;
import static org.ringfence.linux.bind.Constants.IPPROTO_IPV6;
import static org.ringfence.linux.bind.Constants.IPV6_HOPLIMIT;
import static org.ringfence.linux.bind.Constants.IPV6_TCLASS;
import static org.ringfence.linux.bind.Constants.IP_TOS;
import static org.ringfence.linux.bind.Constants.IP_TTL;
import static org.ringfence.linux.bind.Constants.MSG_ZEROCOPY;
import static org.ringfence.linux.bind.Constants.SCM_RIGHTS;
import static org.ringfence.linux.bind.Constants.SOL_SOCKET;
import static org.ringfence.linux.bind.Constants.SOL_UDP;
import static org.ringfence.linux.bind.Constants.UDP_SEGMENT;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * A message of a sandboxed thread, copied from its memory: {@code struct msghdr} with address,
 * data, and control messages; descriptors in them become this JVM's copies.
 */
public final class SocketMessage {
  /** {@code sizeof(struct msghdr)}. */
  public static final int HEADER_BYTES = 56;

  private static final int MOST_DATA = 1 << 20;
  private static final int MOST_PARTS = 1024;
  private static final int MOST_CONTROL = 1 << 16;

  /** The largest number of copied bytes of data and control messages. */
  public static final int LARGEST = MOST_DATA + MOST_CONTROL;

  private static final int CONTROL_HEADER = 16;

  private final SocketAddress address;
  private final byte[] data;
  private final byte[] control;
  private final List<Integer> descriptors;
  private final int size;

  private SocketMessage(
      SocketAddress address, byte[] data, byte[] control, List<Integer> descriptors, int size) {
    this.address = address;
    this.data = data;
    this.control = control;
    this.descriptors = descriptors;
    this.size = size;
  }

  /** Makes a message of data and an address only. */
  public static SocketMessage plain(
      TargetMemory child, int tid, SocketAddress address, long at, long length, int most)
      throws AccessException {
    byte[] data = child.read(tid, at, Math.min(bounded(length), most));
    return new SocketMessage(address, data, new byte[0], List.of(), data.length);
  }

  /** Limits a length: a stream's caller sends the rest, and a larger datagram is too long. */
  private static int bounded(long length) throws AccessException {
    if (length < 0) {
      throw new AccessException(-Errno.EINVAL.value());
    }
    return (int) Math.min(length, MOST_DATA);
  }

  /** Reads a whole {@code struct msghdr}; cuts off data beyond {@code most} bytes. */
  public static SocketMessage read(TargetMemory child, int tid, long at, int most)
      throws AccessException {
    ByteBuffer header =
        ByteBuffer.wrap(child.read(tid, at, HEADER_BYTES)).order(ByteOrder.nativeOrder());
    long nameAt = header.getLong(0);
    int nameLength = nameAt == 0 ? 0 : header.getInt(8);
    if (nameLength < 0) {
      throw new AccessException(-Errno.EINVAL.value());
    }
    // The kernel cuts off a longer name (net/socket.c, __copy_msghdr).
    nameLength = Math.min(nameLength, SocketAddress.LONGEST);
    SocketAddress address = new SocketAddress(child.read(tid, nameAt, nameLength));
    byte[] data = gather(child, tid, header.getLong(16), header.getLong(24), most);
    long controlLength = header.getLong(32) == 0 ? 0 : header.getLong(40);
    if (controlLength < 0 || controlLength > Math.min(MOST_CONTROL, most - data.length)) {
      throw new AccessException(-Errno.EINVAL.value());
    }
    byte[] given = child.read(tid, header.getLong(32), (int) controlLength);
    List<Integer> descriptors = new ArrayList<>();
    try {
      byte[] control = translate(child, tid, given, descriptors);
      return new SocketMessage(address, data, control, descriptors, data.length + given.length);
    } catch (AccessException e) {
      descriptors.forEach(child::close);
      throw e;
    }
  }

  private static byte[] gather(TargetMemory child, int tid, long parts, long count, int most)
      throws AccessException {
    if (count < 0 || count > MOST_PARTS) {
      throw new AccessException(-Errno.EMSGSIZE.value());
    }
    ByteBuffer vector =
        ByteBuffer.wrap(child.read(tid, parts, (int) count * 16)).order(ByteOrder.nativeOrder());
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      int length = bounded(vector.getLong(i * 16 + 8));
      length = Math.min(length, Math.min(MOST_DATA, most) - data.size());
      data.writeBytes(child.read(tid, vector.getLong(i * 16), length));
    }
    return data.toByteArray();
  }

  /**
   * Copies control messages. Omits credentials, since the kernel adds true ones, and every option
   * that would change the destination after the decision: the device and the source (IP_PKTINFO),
   * options and routes (IP_RETOPTS, IPV6_RTHDR).
   */
  private static byte[] translate(
      TargetMemory child, int tid, byte[] given, List<Integer> descriptors) throws AccessException {
    ByteBuffer in = ByteBuffer.wrap(given).order(ByteOrder.nativeOrder());
    ByteBuffer out = ByteBuffer.allocate(given.length).order(ByteOrder.nativeOrder());
    int at = 0;
    while (at + CONTROL_HEADER <= given.length) {
      long length = in.getLong(at);
      if (length < CONTROL_HEADER || length > given.length - at) {
        throw new AccessException(-Errno.EINVAL.value());
      }
      int level = in.getInt(at + 8);
      int type = in.getInt(at + 12);
      boolean rights = level == SOL_SOCKET && type == SCM_RIGHTS;
      if (rights || harmless(level, type)) {
        int to = out.position();
        out.put(given, at, (int) length);
        if (rights) {
          for (int i = CONTROL_HEADER; i + 4 <= length; i += 4) {
            int copy = child.descriptor(tid, in.getInt(at + i));
            descriptors.add(copy);
            out.putInt(to + i, copy);
          }
        }
        out.position(Math.min(out.capacity(), (out.position() + 7) & ~7));
      }
      at += (int) ((length + 7) & ~7);
    }
    byte[] control = new byte[out.position()];
    out.get(0, control);
    return control;
  }

  private static boolean harmless(int level, int type) {
    return switch (level) {
      case IPPROTO_IP -> type == IP_TOS || type == IP_TTL;
      case IPPROTO_IPV6 -> type == IPV6_TCLASS || type == IPV6_HOPLIMIT;
      case SOL_UDP -> type == UDP_SEGMENT;
      default -> false;
    };
  }

  public SocketAddress address() {
    return address;
  }

  /** Returns the number of copied bytes of data and control messages. */
  public int size() {
    return size;
  }

  /** Returns the number of passed descriptors. */
  public int passed() {
    return descriptors.size();
  }

  /** Sends to the given address instead of the caller's; to none if it is empty. */
  public long send(Kernel kernel, int fd, SocketAddress to, int flags) {
    try (NativeBlock block =
        new NativeBlock(data.length + control.length + SocketAddress.LONGEST + 256L)) {
      long header = block.allocate(HEADER_BYTES);
      if (to.bytes().length > 0) {
        block.setLong(header, block.bytes(to.bytes()));
        block.setInt(header + 8, to.bytes().length);
      }
      long vector = block.allocate(16);
      block.setLong(vector, data.length == 0 ? 0 : block.bytes(data));
      block.setLong(vector + 8, data.length);
      block.setLong(header + 16, vector);
      block.setLong(header + 24, 1);
      if (control.length > 0) {
        block.setLong(header + 32, block.bytes(control));
        block.setLong(header + 40, control.length);
      }
      // The copy is freed when the call returns: the device must not read it later.
      return kernel.call(Syscall.SENDMSG, fd, header, flags & ~MSG_ZEROCOPY);
    }
  }

  public void close(TargetMemory child) {
    descriptors.forEach(child::close);
  }
}
