package org.ringfence.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Assembles classic BPF as seccomp takes it ({@code linux/filter.h}, {@code linux/bpf_common.h}).
 * Jumps go to labels and only forward; an unconditional jump reaches a far target, since a
 * conditional one has only eight bits for the distance.
 */
public final class BpfAssembler {
  private static final int LD_W_ABS = 0x20;
  private static final int ALU_AND_K = 0x54;
  private static final int JMP_JA = 0x05;
  private static final int JMP_JEQ_K = 0x15;
  private static final int JMP_JGE_K = 0x35;
  private static final int JMP_JSET_K = 0x45;
  private static final int RET_K = 0x06;
  // jt and jf are eight bits wide.
  private static final int LONGEST_CONDITIONAL = 255;

  /** One instruction; {@code target} is a label for jumps that are not yet resolved. */
  private record Line(int code, int jt, int jf, int k, String target) {}

  private final List<Line> lines = new ArrayList<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private int fresh;

  /** Returns a label that no other one equals. */
  public String freshLabel() {
    return "." + fresh++;
  }

  /** Puts a label before the next instruction. */
  public BpfAssembler label(String name) {
    if (labels.put(name, lines.size()) != null) {
      throw new IllegalStateException("label " + name + " is there twice");
    }
    return this;
  }

  /** Loads the word at an offset of {@code struct seccomp_data} into the accumulator. */
  public BpfAssembler load(int offset) {
    return add(LD_W_ABS, 0, 0, offset, null);
  }

  /** Keeps the bits of a mask in the accumulator. */
  public BpfAssembler and(int mask) {
    return add(ALU_AND_K, 0, 0, mask, null);
  }

  /** Ends the program with an action. */
  public BpfAssembler ret(int action) {
    return add(RET_K, 0, 0, action, null);
  }

  /** Goes to the label. */
  public BpfAssembler jump(String target) {
    return add(JMP_JA, 0, 0, 0, target);
  }

  /** Goes to the label if the accumulator equals the value, else on. */
  public BpfAssembler jumpIfEqual(int value, String target) {
    return conditional(JMP_JEQ_K, value, target);
  }

  /** Goes to the label if the accumulator is at least the value, unsigned, else on. */
  public BpfAssembler jumpIfAtLeast(int value, String target) {
    return conditional(JMP_JGE_K, value, target);
  }

  /** Goes to the label if any bit of the mask is set in the accumulator, else on. */
  public BpfAssembler jumpIfAnyBit(int mask, String target) {
    return conditional(JMP_JSET_K, mask, target);
  }

  private BpfAssembler conditional(int code, int k, String target) {
    return add(code, 0, 0, k, target);
  }

  private BpfAssembler add(int code, int jt, int jf, int k, String target) {
    lines.add(new Line(code, jt, jf, k, target));
    return this;
  }

  /** Returns the program as an array of {@code struct sock_filter}, eight bytes each. */
  public BpfProgram assemble() {
    boolean[] far = new boolean[lines.size()];
    int[] starts = layOut(far);
    while (lengthen(far, starts)) {
      starts = layOut(far);
    }
    int length = starts[lines.size()];
    if (length > BpfProgram.MOST_INSTRUCTIONS) {
      throw new IllegalStateException("the filter has " + length + " instructions");
    }
    ByteBuffer out = ByteBuffer.allocate(length * 8).order(ByteOrder.nativeOrder());
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      if (line.target() == null) {
        put(out, line.code(), line.jt(), line.jf(), line.k());
      } else if (line.code() == JMP_JA) {
        put(out, JMP_JA, 0, 0, distance(i, starts));
      } else if (far[i]) {
        put(out, line.code(), 0, 1, line.k());
        put(out, JMP_JA, 0, 0, distance(i, starts) - 1);
      } else {
        put(out, line.code(), distance(i, starts), 0, line.k());
      }
    }
    return new BpfProgram(out.array());
  }

  /** Returns the start of each line, and after the last one the length of the program. */
  private int[] layOut(boolean[] far) {
    int[] starts = new int[lines.size() + 1];
    for (int i = 0; i < lines.size(); i++) {
      starts[i + 1] = starts[i] + (far[i] ? 2 : 1);
    }
    return starts;
  }

  /** Marks conditional jumps whose target is too far; returns true if any is new. */
  private boolean lengthen(boolean[] far, int[] starts) {
    boolean changed = false;
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      boolean conditional = line.target() != null && line.code() != JMP_JA;
      if (conditional && !far[i] && distance(i, starts) > LONGEST_CONDITIONAL) {
        far[i] = true;
        changed = true;
      }
    }
    return changed;
  }

  private int distance(int line, int[] starts) {
    Integer target = labels.get(lines.get(line).target());
    if (target == null || target <= line) {
      throw new IllegalStateException(
          "label " + lines.get(line).target() + " is not ahead of line " + line);
    }
    return starts[target] - starts[line] - 1;
  }

  private static void put(ByteBuffer out, int code, int jt, int jf, int k) {
    out.putShort((short) code).put((byte) jt).put((byte) jf).putInt(k);
  }
}
