package org.ringfence.linux.plan;

import java.util.List;
import java.util.function.IntToLongFunction;

/**
 * The filter's rule for one system call.
 *
 * @param syscall the call
 * @param clauses tried in order; the first whose tests all hold decides
 * @param otherwise the verdict when no clause does
 */
public record SyscallRule(Syscall syscall, List<Clause> clauses, Verdict otherwise) {
  /** Copies the list. */
  public SyscallRule {
    clauses = List.copyOf(clauses);
  }

  /** Returns the verdict on a call with these arguments, by index. */
  Verdict verdict(IntToLongFunction arguments) {
    for (Clause clause : clauses) {
      if (clause.tests().stream().allMatch(test -> test.holds(arguments))) {
        return clause.verdict();
      }
    }
    return otherwise;
  }

  /**
   * A condition with its verdict.
   *
   * @param tests all of them must hold
   * @param verdict the verdict when they do
   */
  public record Clause(List<Test> tests, Verdict verdict) {
    /** Copies the list. */
    public Clause {
      tests = List.copyOf(tests);
    }
  }

  /**
   * A test of one argument. The kernel takes the arguments tested here as {@code int}, so only the
   * lower half counts; {@link Kind#POINTER_SET} looks at both halves.
   *
   * @param argument its index, from 0
   * @param kind how
   * @param mask for {@link Kind#MASKED_EQUALS} and {@link Kind#ANY_BIT}
   * @param value for {@link Kind#MASKED_EQUALS}
   */
  public record Test(int argument, Kind kind, int mask, int value) {
    static Test equal(int argument, int value) {
      return new Test(argument, Kind.MASKED_EQUALS, -1, value);
    }

    static Test masked(int argument, int mask, int value) {
      return new Test(argument, Kind.MASKED_EQUALS, mask, value);
    }

    static Test anyBit(int argument, int mask) {
      return new Test(argument, Kind.ANY_BIT, mask, 0);
    }

    static Test thisJvm(int argument) {
      return new Test(argument, Kind.THIS_JVM, 0, 0);
    }

    static Test pointerSet(int argument) {
      return new Test(argument, Kind.POINTER_SET, 0, 0);
    }

    private boolean holds(IntToLongFunction arguments) {
      long given = arguments.applyAsLong(argument);
      return switch (kind) {
        case POINTER_SET -> given != 0;
        case THIS_JVM -> (int) given == jvm();
        case ANY_BIT -> ((int) given & mask) != 0;
        case MASKED_EQUALS -> ((int) given & mask) == value;
      };
    }

    /** Returns the number of this JVM, which stays the same as long as the filter exists. */
    static int jvm() {
      return (int) ProcessHandle.current().pid();
    }

    @Override
    public String toString() {
      return switch (kind) {
        case THIS_JVM -> "arg" + argument + " == this JVM";
        case POINTER_SET -> "arg" + argument + " != NULL";
        case ANY_BIT -> "arg" + argument + " & 0x" + Integer.toHexString(mask);
        case MASKED_EQUALS ->
            "arg"
                + argument
                + (mask == -1 ? "" : " & 0x" + Integer.toHexString(mask))
                + " == 0x"
                + Integer.toHexString(value);
      };
    }
  }

  /** How an argument is tested. */
  public enum Kind {
    /** {@code (argument & mask) == value}. */
    MASKED_EQUALS,
    /** {@code (argument & mask) != 0}. */
    ANY_BIT,
    /** The whole 64 bits are not zero. */
    POINTER_SET,
    /** The argument is the number of this JVM's process. */
    THIS_JVM
  }
}
