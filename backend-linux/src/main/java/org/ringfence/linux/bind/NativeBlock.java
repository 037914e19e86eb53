package org.ringfence.linux.bind;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One block of native memory, handed out from its start and freed as a whole. It is not JNA's
 * Memory, whose cleaner may start a thread. Close it only when no thread may still use the memory;
 * an access after that fails, and a second close has no effect.
 */
public final class NativeBlock implements AutoCloseable {
  private final long size;
  private final long address;
  private final Pointer memory;
  private long used;
  private volatile boolean closed;

  /**
   * Allocates a block filled with zeros.
   *
   * @param size bytes
   */
  @RestrictedThread
  public NativeBlock(long size) {
    this.size = size;
    this.address = Native.malloc(size);
    if (address == 0) {
      throw new OutOfMemoryError("native memory: " + size + " bytes");
    }
    this.memory = new Pointer(address);
    memory.clear(size);
  }

  /**
   * Hands out bytes, aligned to 16.
   *
   * @param bytes how many
   * @return their address
   */
  @RestrictedThread
  public long allocate(long bytes) {
    long start = (used + 15) & ~15L;
    if (start + bytes > size) {
      throw new IllegalStateException("block of " + size + " bytes is too small");
    }
    used = start + bytes;
    memory();
    return address + start;
  }

  /**
   * Hands out a copy of bytes.
   *
   * @param bytes the bytes
   * @return their address
   */
  public long bytes(byte[] bytes) {
    long at = allocate(bytes.length);
    memory().write(at - address, bytes, 0, bytes.length);
    return at;
  }

  /**
   * Hands out a NUL-terminated string.
   *
   * @param text the text, written in the encoding of file names
   * @return its address
   */
  public long string(String text) {
    byte[] bytes = encode(text);
    long at = allocate(bytes.length + 1L);
    memory().write(at - address, bytes, 0, bytes.length);
    return at;
  }

  /**
   * Hands out a NULL-terminated array of strings.
   *
   * @param texts the strings
   * @return its address
   */
  public long strings(List<String> texts) {
    long array = allocate(8L * (texts.size() + 1));
    for (int i = 0; i < texts.size(); i++) {
      setLong(array + 8L * i, string(texts.get(i)));
    }
    return array;
  }

  /**
   * Returns the size that {@link #strings} needs.
   *
   * @param texts the strings
   * @return bytes
   */
  public static long sizeOf(List<String> texts) {
    long sum = 8L * (texts.size() + 1) + 32;
    for (String text : texts) {
      // No encoding needs more than three bytes for a char.
      sum += 3L * text.length() + 32;
    }
    return sum;
  }

  /**
   * Returns the bytes of a file name or argument.
   *
   * @param text the text
   * @return UTF-8
   */
  public static byte[] encode(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Writes a long.
   *
   * @param at the address
   * @param value the value
   */
  @RestrictedThread
  public void setLong(long at, long value) {
    memory().setLong(at - address, value);
  }

  /**
   * Writes an int.
   *
   * @param at the address
   * @param value the value
   */
  @RestrictedThread
  public void setInt(long at, int value) {
    memory().setInt(at - address, value);
  }

  /**
   * Writes a short.
   *
   * @param at the address
   * @param value the value
   */
  @RestrictedThread
  public void setShort(long at, short value) {
    memory().setShort(at - address, value);
  }

  /**
   * Writes a byte.
   *
   * @param at the address
   * @param value the value
   */
  public void setByte(long at, byte value) {
    memory().setByte(at - address, value);
  }

  /**
   * Reads a long.
   *
   * @param at the address
   * @return the value
   */
  @RestrictedThread
  public long getLong(long at) {
    return memory().getLong(at - address);
  }

  /**
   * Reads an int.
   *
   * @param at the address
   * @return the value
   */
  @RestrictedThread
  public int getInt(long at) {
    return memory().getInt(at - address);
  }

  /**
   * Reads a short.
   *
   * @param at the address
   * @return the value
   */
  @RestrictedThread
  public short getShort(long at) {
    return memory().getShort(at - address);
  }

  /**
   * Reads a byte.
   *
   * @param at the address
   * @return the value
   */
  public byte getByte(long at) {
    return memory().getByte(at - address);
  }

  /**
   * Reads bytes.
   *
   * @param at the address
   * @param length how many
   * @return a copy
   */
  public byte[] getBytes(long at, int length) {
    return memory().getByteArray(at - address, length);
  }

  /**
   * Writes bytes.
   *
   * @param at the address
   * @param bytes the bytes
   */
  public void setBytes(long at, byte[] bytes) {
    memory().write(at - address, bytes, 0, bytes.length);
  }

  /**
   * Fills with zeros.
   *
   * @param at the address
   * @param length how many bytes
   */
  @RestrictedThread
  public void clear(long at, long length) {
    memory().setMemory(at - address, length, (byte) 0);
  }

  @RestrictedThread
  private Pointer memory() {
    if (closed) {
      throw new IllegalStateException("closed block of " + size + " bytes");
    }
    return memory;
  }

  /** Frees the block, once. */
  @Override
  @RestrictedThread
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Native.free(address);
    }
  }
}
