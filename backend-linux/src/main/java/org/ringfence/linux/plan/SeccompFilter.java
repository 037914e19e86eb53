package org.ringfence.linux.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntToLongFunction;
import java.util.function.UnaryOperator;
import org.ringfence.linux.bpf.BpfAssembler;
import org.ringfence.linux.bpf.BpfProgram;

/**
 * A seccomp filter as a value: it allows each call without a rule, unless the call is newer than
 * the table or uses another architecture's entry.
 *
 * @param rules one per system call
 */
public record SeccompFilter(List<SyscallRule> rules) {
  private static final Verdict ALLOW = new Verdict.Allow();
  private static final Verdict EPERM = new Verdict.Deny(Errno.EPERM);

  /**
   * The errors of refusals that programs and their users may wonder about. The other errors tell a
   * program that a call or an option does not exist, or that a listener does, and it goes on.
   */
  private static final Set<Verdict> TELLING =
      Set.of(EPERM, new Verdict.Deny(Errno.EACCES), new Verdict.Deny(Errno.EAFNOSUPPORT));

  private static final int OFFSET_NUMBER = 0;
  private static final int OFFSET_ARCH = 4;
  private static final int OFFSET_ARGUMENTS = 16;

  /** {@code __X32_SYSCALL_BIT} of {@code asm/unistd.h}; such numbers are above every known call. */
  public static final int X32_BIT = 0x40000000;

  /** Copies the list. */
  public SeccompFilter {
    rules = List.copyOf(rules);
  }

  /**
   * Returns whether any call goes to a supervisor.
   *
   * @return true if the filter needs a listener
   */
  public boolean needsListener() {
    return rules.stream()
        .anyMatch(
            rule ->
                rule.otherwise() instanceof Verdict.Notify
                    || rule.clauses().stream()
                        .anyMatch(clause -> clause.verdict() instanceof Verdict.Notify));
  }

  /**
   * Returns the filter for a machine where no supervisor can listen: it denies the calls that the
   * supervisor would decide, and does not hold programs at their start.
   *
   * @return a filter without a listener
   */
  public SeccompFilter withoutListener() {
    return new SeccompFilter(
            rules.stream()
                .filter(
                    rule ->
                        rule.syscall() != Syscall.EXECVE
                            && rule.syscall() != Syscall.EXECVEAT
                            && rule.syscall() != Syscall.PRCTL
                            && rule.syscall() != Syscall.SECCOMP
                            && rule.syscall() != Syscall.FLOCK
                            && rule.syscall() != Syscall.GETSOCKNAME)
                // Without a supervisor no tracing is offered.
                .map(
                    rule ->
                        rule.syscall() == Syscall.PTRACE
                            ? new SyscallRule(Syscall.PTRACE, List.of(), EPERM)
                            : rule)
                .toList())
        .mapped(SeccompFilter::denied);
  }

  /**
   * Returns the part that goes to the supervisor and allows every other call. It is in force while
   * the namespaces of a command are made, which {@link #deciding} forbids.
   *
   * @return the filter with the listener
   */
  public SeccompFilter notifying() {
    return new SeccompFilter(
        mapped(verdict -> verdict instanceof Verdict.Notify ? verdict : ALLOW).rules.stream()
            .filter(rule -> new SeccompFilter(List.of(rule)).needsListener())
            .toList());
  }

  /**
   * Returns the part that the filter decides itself, for a command already under {@link
   * #notifying}.
   *
   * @return a filter without a listener
   */
  public SeccompFilter deciding() {
    return mapped(verdict -> verdict instanceof Verdict.Notify ? ALLOW : verdict);
  }

  /**
   * Returns a filter that makes the supervisor hear of the calls that {@link #refusal} names, which
   * it refuses with the same error.
   *
   * @return a filter with a listener
   */
  SeccompFilter heard() {
    return mapped(verdict -> TELLING.contains(verdict) ? new Verdict.Notify() : verdict);
  }

  /**
   * Returns the error with which this filter refuses a call by itself, as a whole or for an
   * argument.
   *
   * @param syscall the call
   * @param arguments its arguments by index
   * @return the error; empty if the filter allows the call or leaves it to the supervisor, or if
   *     the error says that there is no such call or option
   */
  public Optional<Errno> refusal(Syscall syscall, IntToLongFunction arguments) {
    return rules.stream()
        .filter(rule -> rule.syscall() == syscall)
        .findFirst()
        .map(rule -> rule.verdict(arguments))
        .filter(TELLING::contains)
        .map(verdict -> ((Verdict.Deny) verdict).errno());
  }

  private SeccompFilter mapped(UnaryOperator<Verdict> verdicts) {
    return new SeccompFilter(
        rules.stream()
            .map(
                rule ->
                    new SyscallRule(
                        rule.syscall(),
                        rule.clauses().stream()
                            .map(
                                clause ->
                                    new SyscallRule.Clause(
                                        clause.tests(), verdicts.apply(clause.verdict())))
                            .toList(),
                        verdicts.apply(rule.otherwise())))
            .toList());
  }

  private static Verdict denied(Verdict verdict) {
    return verdict instanceof Verdict.Notify ? new Verdict.Deny(Errno.EACCES) : verdict;
  }

  /**
   * Compiles the filter: a binary search over the call's number, then the clauses.
   *
   * @param arch the architecture
   * @return the program
   */
  public BpfProgram compile(Arch arch) {
    BpfAssembler out = new BpfAssembler();
    out.load(OFFSET_ARCH).jumpIfEqual(arch.audit(), "arch-ok");
    out.ret(new Verdict.Deny(Errno.ENOSYS).action());
    out.label("arch-ok").load(OFFSET_NUMBER).jumpIfAtLeast(Syscall.NEWEST_KNOWN + 1, "unknown");
    List<SyscallRule> sorted =
        rules.stream()
            .filter(rule -> rule.syscall().number(arch) >= 0)
            .sorted((a, b) -> Integer.compare(a.syscall().number(arch), b.syscall().number(arch)))
            .toList();
    search(out, arch, sorted);
    out.label("unknown").ret(new Verdict.Deny(Errno.ENOSYS).action());
    sorted.stream()
        .filter(rule -> rule.clauses().isEmpty())
        .mapToInt(rule -> rule.otherwise().action())
        .distinct()
        .forEach(action -> out.label(leaf(action)).ret(action));
    return out.assemble();
  }

  private static void search(BpfAssembler out, Arch arch, List<SyscallRule> sorted) {
    if (sorted.size() > 3) {
      int middle = sorted.size() / 2;
      String upper = out.freshLabel();
      out.jumpIfAtLeast(sorted.get(middle).syscall().number(arch), upper);
      search(out, arch, sorted.subList(0, middle));
      out.label(upper);
      search(out, arch, sorted.subList(middle, sorted.size()));
      return;
    }
    List<SyscallRule> conditional = new ArrayList<>();
    List<String> hits = new ArrayList<>();
    for (SyscallRule rule : sorted) {
      String hit = rule.clauses().isEmpty() ? leaf(rule.otherwise().action()) : out.freshLabel();
      if (!rule.clauses().isEmpty()) {
        conditional.add(rule);
        hits.add(hit);
      }
      out.jumpIfEqual(rule.syscall().number(arch), hit);
    }
    out.ret(Verdict.RET_ALLOW);
    for (int i = 0; i < conditional.size(); i++) {
      out.label(hits.get(i));
      clauses(out, conditional.get(i));
    }
  }

  /** Returns the label of an unconditional verdict, shared at the end of the program. */
  private static String leaf(int action) {
    return "leaf " + action;
  }

  private static void clauses(BpfAssembler out, SyscallRule rule) {
    int loaded = -1;
    for (SyscallRule.Clause clause : rule.clauses()) {
      String next = out.freshLabel();
      boolean keepsAccumulator = true;
      for (SyscallRule.Test test : clause.tests()) {
        int low = OFFSET_ARGUMENTS + 8 * test.argument();
        if (loaded != low) {
          out.load(low);
        }
        // After a test of another argument or with a mask, the loaded value depends on the path.
        keepsAccumulator &= clause.tests().size() == 1 && plain(test);
        loaded = keepsAccumulator ? low : -1;
        test(out, test, next);
      }
      out.ret(clause.verdict().action());
      out.label(next);
    }
    out.ret(rule.otherwise().action());
  }

  private static boolean plain(SyscallRule.Test test) {
    return test.kind() == SyscallRule.Kind.ANY_BIT
        || (test.kind() == SyscallRule.Kind.MASKED_EQUALS && test.mask() == -1);
  }

  /** Continues if the test of the loaded argument holds; jumps to {@code otherwise} if not. */
  private static void test(BpfAssembler out, SyscallRule.Test test, String otherwise) {
    String holds = out.freshLabel();
    switch (test.kind()) {
      case POINTER_SET -> {
        out.jumpIfAnyBit(-1, holds);
        // Both architectures are little-endian: the upper half comes second.
        out.load(OFFSET_ARGUMENTS + 8 * test.argument() + 4).jumpIfAnyBit(-1, holds);
      }
      case ANY_BIT -> out.jumpIfAnyBit(test.mask(), holds);
      case THIS_JVM -> out.jumpIfEqual(SyscallRule.Test.jvm(), holds);
      case MASKED_EQUALS -> {
        if (test.mask() != -1) {
          out.and(test.mask());
        }
        out.jumpIfEqual(test.value(), holds);
      }
    }
    out.jump(otherwise).label(holds);
  }

  /**
   * Returns the filter as text.
   *
   * @return a line per call and clause
   */
  public String describe() {
    StringBuilder text = new StringBuilder();
    for (SyscallRule rule : rules) {
      for (SyscallRule.Clause clause : rule.clauses()) {
        text.append("  ").append(rule.syscall().kernelName()).append(" if ");
        text.append(String.join(" && ", clause.tests().stream().map(Object::toString).toList()));
        text.append(" -> ").append(describe(clause.verdict())).append('\n');
      }
      if (!(rule.otherwise() instanceof Verdict.Allow)) {
        text.append("  ").append(rule.syscall().kernelName());
        text.append(rule.clauses().isEmpty() ? "" : " otherwise");
        text.append(" -> ").append(describe(rule.otherwise())).append('\n');
      }
    }
    return text.append("  other architectures, x32, calls above ")
        .append(Syscall.NEWEST_KNOWN)
        .append(" -> ENOSYS\n")
        .toString();
  }

  private static String describe(Verdict verdict) {
    if (verdict instanceof Verdict.Deny deny) {
      return deny.errno().name();
    }
    return verdict instanceof Verdict.Notify ? "supervisor" : "allow";
  }
}
