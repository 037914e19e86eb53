package org.ringfence.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** An assembled classic BPF program, in the byte order of this machine. Immutable. */
public final class BpfProgram {
  /** {@code BPF_MAXINSNS} of {@code linux/bpf_common.h}. */
  public static final int MOST_INSTRUCTIONS = 4096;

  private final byte[] bytes;

  BpfProgram(byte[] bytes) {
    this.bytes = bytes.clone();
  }

  /**
   * Returns the program as an array of {@code struct sock_filter}.
   *
   * @return a copy of the bytes
   */
  public byte[] bytes() {
    return bytes.clone();
  }

  /**
   * Returns the number of instructions.
   *
   * @return the number
   */
  public int length() {
    return bytes.length / 8;
  }

  /**
   * Returns where a constant is, to put another in its place.
   *
   * @param constant the operand of instructions
   * @return the offsets of the operands, in bytes
   */
  public List<Integer> placesOf(int constant) {
    ByteBuffer code = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    // struct sock_filter: the operand is its last word.
    return IntStream.range(0, length())
        .map(instruction -> 8 * instruction + 4)
        .filter(place -> code.getInt(place) == constant)
        .boxed()
        .toList();
  }

  /**
   * Runs the program on a system call, as the kernel would. For tests and for {@code explain}.
   *
   * @param arch the value of {@code seccomp_data.arch}
   * @param number the system call's number
   * @param arguments up to six arguments
   * @return the action
   */
  public int run(int arch, int number, long... arguments) {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
    data.putInt(0, number).putInt(4, arch);
    for (int i = 0; i < arguments.length; i++) {
      data.putLong(16 + 8 * i, arguments[i]);
    }
    ByteBuffer code = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    int accumulator = 0;
    for (int pc = 0; ; pc++) {
      int at = pc * 8;
      int jt = code.get(at + 2) & 0xff;
      int jf = code.get(at + 3) & 0xff;
      int k = code.getInt(at + 4);
      switch (code.getShort(at)) {
        case 0x20 -> accumulator = data.getInt(k);
        case 0x54 -> accumulator &= k;
        case 0x05 -> pc += k;
        case 0x15 -> pc += accumulator == k ? jt : jf;
        case 0x35 -> pc += Integer.compareUnsigned(accumulator, k) >= 0 ? jt : jf;
        case 0x45 -> pc += (accumulator & k) != 0 ? jt : jf;
        case 0x06 -> {
          return k;
        }
        default -> throw new IllegalStateException("instruction " + code.getShort(at));
      }
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BpfProgram that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }
}
