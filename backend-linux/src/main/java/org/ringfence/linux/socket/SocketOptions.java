package org.ringfence.linux.socket;

import static org.ringfence.linux.bind.Constants.AF_INET6;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SOL_SOCKET;
import static org.ringfence.linux.bind.Constants.SO_BINDTODEVICE;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;
import static org.ringfence.linux.bind.Constants.SO_TYPE;

import java.util.Arrays;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory.AccessException;

/** Reads and sets options of sockets that this JVM holds. */
public final class SocketOptions {
  private static final byte[] LOOPBACK_DEVICE = {'l', 'o', 0};
  private static final int LONGEST_DEVICE = 16;

  private final Kernel kernel;

  public SocketOptions(Kernel kernel) {
    this.kernel = kernel;
  }

  /** Returns an int option of level SOL_SOCKET. */
  public long get(int fd, int name) throws AccessException {
    return getLong(fd, name) & 0xffffffffL;
  }

  /** Returns an option of level SOL_SOCKET of up to eight bytes. */
  public long getLong(int fd, int name) throws AccessException {
    try (NativeBlock block = new NativeBlock(64)) {
      long value = block.allocate(8);
      long length = block.allocate(8);
      block.setInt(length, 8);
      checked(kernel.call(Syscall.GETSOCKOPT, fd, SOL_SOCKET, name, value, length, 0));
      return block.getLong(value);
    }
  }

  /** Returns a socket's inode, from a link such as {@code socket:[1234]}. */
  public long inode(int fd, PathResolver paths) throws AccessException {
    String link = paths.link(fd);
    return Long.parseLong(link.substring(link.indexOf('[') + 1, link.indexOf(']')));
  }

  /**
   * Ties a socket to the device lo. Without CAP_NET_RAW no process can untie it (net/core/sock.c,
   * sock_bindtoindex_locked).
   */
  public void tieToLoopback(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(16)) {
      checked(
          kernel.call(
              Syscall.SETSOCKOPT,
              fd,
              SOL_SOCKET,
              SO_BINDTODEVICE,
              block.bytes(LOOPBACK_DEVICE),
              LOOPBACK_DEVICE.length,
              0));
    }
  }

  public boolean tiedToLoopback(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(64)) {
      long value = block.allocate(LONGEST_DEVICE);
      long length = block.allocate(8);
      block.setInt(length, LONGEST_DEVICE);
      checked(kernel.call(Syscall.GETSOCKOPT, fd, SOL_SOCKET, SO_BINDTODEVICE, value, length, 0));
      return block.getInt(length) == LOOPBACK_DEVICE.length
          && Arrays.equals(block.getBytes(value, LOOPBACK_DEVICE.length), LOOPBACK_DEVICE);
    }
  }

  /** Returns the state of an inet socket, on which the meaning of an address depends. */
  public PeerAddress.Socket state(int fd) throws AccessException {
    return new PeerAddress.Socket(
        get(fd, SO_DOMAIN) == AF_INET6, get(fd, SO_TYPE) == SOCK_STREAM, boundName(fd));
  }

  /** Returns the address that a socket is bound to. */
  public SocketAddress boundName(int fd) throws AccessException {
    try (NativeBlock block = new NativeBlock(256)) {
      long at = block.allocate(SocketAddress.LONGEST);
      long length = block.allocate(8);
      block.setInt(length, SocketAddress.LONGEST);
      checked(kernel.call(Syscall.GETSOCKNAME, fd, at, length));
      return new SocketAddress(block.getBytes(at, block.getInt(length)));
    }
  }

  private static void checked(long result) throws AccessException {
    if (result < 0) {
      throw new AccessException(result);
    }
  }
}
