package org.ringfence.linux.plan;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Assembles classic BPF as seccomp takes it ({@code linux/filter.h}, {@code linux/bpf_common.h}).
 * Jumps go to labels and only forward; a far target is reached with an unconditional jump, so that
 * no distance is too long for the eight bits of a conditional one.
 */
final class BpfAssembler {
  private static final int LD_W_ABS = 0x20;
  private static final int ALU_AND_K = 0x54;
  private static final int JMP_JA = 0x05;
  private static final int JMP_JEQ_K = 0x15;
  private static final int JMP_JGE_K = 0x35;
  private static final int JMP_JSET_K = 0x45;
  private static final int RET_K = 0x06;

  /** One instruction; {@code target} is a label for jumps that are not yet resolved. */
  private record Line(int code, int jt, int jf, int k, String target) {}

  private final List<Line> lines = new ArrayList<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private int fresh;

  String freshLabel() {
    return "." + fresh++;
  }

  BpfAssembler label(String name) {
    if (labels.put(name, lines.size()) != null) {
      throw new IllegalStateException("label " + name + " is there twice");
    }
    return this;
  }

  BpfAssembler load(int offset) {
    return add(LD_W_ABS, 0, 0, offset, null);
  }

  BpfAssembler and(int mask) {
    return add(ALU_AND_K, 0, 0, mask, null);
  }

  BpfAssembler ret(int action) {
    return add(RET_K, 0, 0, action, null);
  }

  BpfAssembler jump(String target) {
    return add(JMP_JA, 0, 0, 0, target);
  }

  /** Goes to the label if the accumulator equals the value, else on. */
  BpfAssembler jumpIfEqual(int value, String target) {
    return conditional(JMP_JEQ_K, value, target);
  }

  /** Goes to the label if the accumulator is at least the value, unsigned, else on. */
  BpfAssembler jumpIfAtLeast(int value, String target) {
    return conditional(JMP_JGE_K, value, target);
  }

  /** Goes to the label if any bit of the mask is set in the accumulator, else on. */
  BpfAssembler jumpIfAnyBit(int mask, String target) {
    return conditional(JMP_JSET_K, mask, target);
  }

  private BpfAssembler conditional(int code, int k, String target) {
    add(code, 0, 1, k, null);
    return jump(target);
  }

  private BpfAssembler add(int code, int jt, int jf, int k, String target) {
    lines.add(new Line(code, jt, jf, k, target));
    return this;
  }

  /** The program as an array of {@code struct sock_filter}, eight bytes each. */
  BpfProgram assemble() {
    if (lines.size() > BpfProgram.MOST_INSTRUCTIONS) {
      throw new IllegalStateException("the filter has " + lines.size() + " instructions");
    }
    ByteBuffer out = ByteBuffer.allocate(lines.size() * 8).order(ByteOrder.nativeOrder());
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      int k = line.k();
      if (line.target() != null) {
        Integer target = labels.get(line.target());
        if (target == null || target <= i) {
          throw new IllegalStateException("label " + line.target() + " is not ahead of " + i);
        }
        k = target - i - 1;
      }
      out.putShort((short) line.code()).put((byte) line.jt()).put((byte) line.jf()).putInt(k);
    }
    return new BpfProgram(out.array());
  }
}
