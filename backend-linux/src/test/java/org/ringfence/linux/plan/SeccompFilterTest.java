package org.ringfence.linux.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ringfence.linux.bpf.BpfProgram;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.ProcessGrant;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;

@ExtendWith(InstancioExtension.class)
class SeccompFilterTest {
  private static final int EPERM = Verdict.RET_ERRNO | 1;
  private static final int EACCES = Verdict.RET_ERRNO | 13;
  private static final int EINVAL = Verdict.RET_ERRNO | 22;
  private static final int ENOSYS = Verdict.RET_ERRNO | 38;
  private static final int ENOPROTOOPT = Verdict.RET_ERRNO | 92;
  private static final int EAFNOSUPPORT = Verdict.RET_ERRNO | 97;

  private static SeccompFilter filter(SandboxPolicy policy) {
    return SeccompCompiler.compile(
        effective(policy),
        Supervision.inProcess(effective(policy), HostFacts.ASSUMED, Supervision.Observation.NONE));
  }

  private static EffectivePolicy effective(SandboxPolicy policy) {
    return EffectivePolicy.of(policy, PathContext.of(PathStyle.POSIX, "/ws", "/home/me"));
  }

  private static PolicyBuilder writing() {
    return SandboxPolicy.builder().write(":workspace");
  }

  private static int run(BpfProgram program, Arch arch, Syscall syscall, long... arguments) {
    return program.run(arch.audit(), syscall.number(arch), arguments);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void noSignalReachesAThreadOfTheJvm(Arch arch) {
    BpfProgram program = filter(writing().build()).compile(arch);
    long jvm = ProcessHandle.current().pid();
    for (Syscall syscall : List.of(Syscall.TGKILL, Syscall.RT_TGSIGQUEUEINFO)) {
      assertThat(run(program, arch, syscall, jvm, 77, 9)).isEqualTo(EPERM);
      assertThat(run(program, arch, syscall, jvm + 1, 77, 9)).isEqualTo(Verdict.RET_ALLOW);
    }
    assertThat(run(program, arch, Syscall.PIDFD_SEND_SIGNAL, 3, 9)).isEqualTo(ENOSYS);
    assertThat(run(program, arch, Syscall.PIDFD_SEND_SIGNAL, -10_000, 9))
        .isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.FCNTL, 3, 15, 1)).isEqualTo(EINVAL);
    assertThat(run(program, arch, Syscall.IOCTL, 3, 0x8901)).isEqualTo(EPERM);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void commandThreadAloneIsSparedByItsOwnFilter(Arch arch) {
    BpfProgram program = ThreadFilter.compile(arch);
    int number = ThreadFilter.NUMBER;
    for (Syscall syscall : List.of(Syscall.KILL, Syscall.TKILL, Syscall.RT_SIGQUEUEINFO)) {
      assertThat(run(program, arch, syscall, number, 9)).isEqualTo(EPERM);
      assertThat(run(program, arch, syscall, 1L << 32 | number, 9)).isEqualTo(EPERM);
      assertThat(run(program, arch, syscall, number - 1, 9)).isEqualTo(Verdict.RET_ALLOW);
    }
    assertThat(run(program, arch, Syscall.FCNTL, 3, 8, number)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.FCNTL, 3, 8, -number)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.FCNTL, 3, 4, number)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(program.placesOf(number)).hasSize(4);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void dangerousCallsAreDenied(Arch arch) {
    BpfProgram program = filter(writing().build()).compile(arch);
    for (Syscall syscall :
        List.of(
            Syscall.PTRACE,
            Syscall.MOUNT,
            Syscall.BPF,
            Syscall.IO_URING_SETUP,
            Syscall.KEYCTL,
            Syscall.SETNS,
            Syscall.OPEN_BY_HANDLE_AT,
            Syscall.PIDFD_GETFD,
            Syscall.USERFAULTFD)) {
      assertThat(run(program, arch, syscall)).as(syscall.kernelName()).isEqualTo(EPERM);
    }
    assertThat(run(program, arch, Syscall.CLONE3)).isEqualTo(ENOSYS);
    assertThat(run(program, arch, Syscall.OPENAT)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.READ)).isEqualTo(Verdict.RET_ALLOW);
  }

  /** A child of the JVM with its descriptors comes to the supervisor for another reason. */
  @ParameterizedTest
  @EnumSource(Arch.class)
  void supervisorHearsOfClosedCallsOnlyForAnObserver(Arch arch) {
    EffectivePolicy policy = effective(writing().build());
    Supervision observed =
        Supervision.inProcess(policy, HostFacts.ASSUMED, new Supervision.Observation(true, false));
    BpfProgram heard = SeccompCompiler.compile(policy, observed).compile(arch);
    BpfProgram unheard = SeccompCompiler.compile(policy, observed.unobserved()).compile(arch);
    int namespace = 0x10000000;
    for (Syscall syscall :
        List.of(Syscall.PTRACE, Syscall.SHMGET, Syscall.UNSHARE, Syscall.CLONE)) {
      assertThat(run(heard, arch, syscall, namespace))
          .as(syscall.kernelName())
          .isEqualTo(Verdict.RET_USER_NOTIF);
      assertThat(run(unheard, arch, syscall, namespace)).isEqualTo(EPERM);
    }
    assertThat(run(heard, arch, Syscall.UNSHARE, 0)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(heard, arch, Syscall.IOCTL, 0, 0x5412)).isEqualTo(Verdict.RET_USER_NOTIF);
    assertThat(run(heard, arch, Syscall.SOCKET, 40)).isEqualTo(Verdict.RET_USER_NOTIF);
    assertThat(run(heard, arch, Syscall.SETSOCKOPT, 0, 1, 15)).isEqualTo(ENOPROTOOPT);
    assertThat(run(heard, arch, Syscall.CLONE3)).isEqualTo(ENOSYS);
  }

  /** The supervisor repeats the filter's decision for each call that only a report hears of. */
  @Test
  void refusalsAreThoseOfTheFilterItself() {
    EffectivePolicy policy = effective(writing().build());
    SeccompFilter filter = filter(policy.policy());
    BpfProgram program = filter.compile(Arch.X86_64);
    Random random = new Random(21);
    long[] values = {0, 1, 2, 3, 6, 10, 16, 17, 40, 0x5412, 0x541c, 1024, 0x40, 04755, 02755, -1};
    Set<Errno> seen = EnumSet.noneOf(Errno.class);
    for (Syscall syscall : Syscall.values()) {
      if (syscall.number(Arch.X86_64) < 0) {
        continue;
      }
      for (int i = 0; i < 400; i++) {
        long[] arguments =
            random.ints(6, 0, values.length).mapToLong(index -> values[index]).toArray();
        Optional<Errno> refusal = filter.refusal(syscall, index -> arguments[index]);
        int verdict = run(program, Arch.X86_64, syscall, arguments);
        if (refusal.isPresent()) {
          assertThat(verdict)
              .as("%s %s", syscall, Arrays.toString(arguments))
              .isEqualTo(Verdict.RET_ERRNO | refusal.get().value());
          seen.add(refusal.get());
        } else {
          assertThat(verdict)
              .as("%s %s", syscall, Arrays.toString(arguments))
              .isNotIn(EPERM, Verdict.RET_ERRNO | Errno.EAFNOSUPPORT.value());
        }
      }
    }
    assertThat(seen).contains(Errno.EPERM, Errno.EACCES, Errno.EAFNOSUPPORT);
  }

  /** The option for exits, and the parent as a tracer, go to the supervisor. */
  @ParameterizedTest
  @EnumSource(Arch.class)
  void tracingIsOpenOnlyInAProcessNamespaceWithASupervisor(Arch arch) {
    EffectivePolicy policy = effective(writing().allow(ProcessGrant.PTRACE).build());
    Supervision inside =
        Supervision.inNamespaces(policy, HostFacts.ASSUMED, Supervision.Observation.NONE);
    SeccompFilter open = SeccompCompiler.compile(policy, inside);
    int attach = 16;
    int seize = 0x4206;
    int exits = 1 << 6;
    BpfProgram program = open.compile(arch);
    assertThat(run(program, arch, Syscall.PTRACE, attach, 7)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.PTRACE, seize, 7, 0, 1)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.PTRACE, attach, 1)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.PTRACE, seize, 1, 0, exits)).isEqualTo(EPERM);
    assertThat(run(open.deciding().compile(arch), arch, Syscall.PTRACE, seize, 1, 0, exits))
        .isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.PTRACE, 0)).isEqualTo(Verdict.RET_USER_NOTIF);
    for (int request : List.of(seize, 0x4200, 21)) {
      assertThat(run(program, arch, Syscall.PTRACE, request, 7, 0, exits | 1))
          .isEqualTo(Verdict.RET_USER_NOTIF);
    }
    assertThat(run(program, arch, Syscall.PROCESS_VM_READV)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.PERSONALITY, 0x0040000)).isEqualTo(Verdict.RET_ALLOW);
    EffectivePolicy kept =
        effective(writing().allow(ProcessGrant.PTRACE).onRootExit(Leftovers.KEEP).build());
    for (SeccompFilter closed :
        List.of(
            open.withoutListener(),
            SeccompCompiler.compileAlone(policy),
            SeccompCompiler.compile(kept, inside),
            filter(policy.policy()))) {
      assertThat(run(closed.compile(arch), arch, Syscall.PTRACE, attach, 7)).isEqualTo(EPERM);
      assertThat(run(closed.compile(arch), arch, Syscall.PTRACE, 0)).isEqualTo(EPERM);
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void policyOpensSystemVIpcWithoutMessageQueues(Arch arch) {
    BpfProgram open = filter(writing().allow(ProcessGrant.SYSV_IPC).build()).compile(arch);
    assertThat(run(open, arch, Syscall.SHMGET)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(open, arch, Syscall.SEMOP)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(open, arch, Syscall.MQ_OPEN)).isEqualTo(EPERM);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void sharedMemoryIsOpenOnlyInANamespaceOfItsOwn(Arch arch) {
    EffectivePolicy policy = effective(writing().build());
    Supervision inside =
        Supervision.inNamespaces(policy, HostFacts.ASSUMED, Supervision.Observation.NONE);
    for (SeccompFilter filter :
        List.of(SeccompCompiler.compile(policy, inside), SeccompCompiler.compileAlone(policy))) {
      assertThat(run(filter.compile(arch), arch, Syscall.SHMGET)).isEqualTo(Verdict.RET_ALLOW);
      assertThat(run(filter.compile(arch), arch, Syscall.MQ_OPEN)).isEqualTo(Verdict.RET_ALLOW);
    }
    assertThat(run(filter(writing().build()).compile(arch), arch, Syscall.SHMGET)).isEqualTo(EPERM);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void foreignArchitecturesAndUnknownCallsAreDenied(Arch arch) {
    BpfProgram program = filter(writing().build()).compile(arch);
    int i386 = 0x40000003;
    assertThat(program.run(i386, 20)).isEqualTo(ENOSYS);
    assertThat(program.run(arch.audit(), SeccompFilter.X32_BIT | 39)).isEqualTo(ENOSYS);
    assertThat(program.run(arch.audit(), Syscall.NEWEST_KNOWN + 1)).isEqualTo(ENOSYS);
    assertThat(program.run(arch.audit(), -1)).isEqualTo(ENOSYS);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void cloneAllowsThreadsButNoNamespaces(Arch arch) {
    BpfProgram program = filter(writing().build()).compile(arch);
    long thread = 0x3d0f00;
    assertThat(run(program, arch, Syscall.CLONE, thread)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.CLONE, 0x4111)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.CLONE, 0x10000011)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.CLONE, 0x00008011)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.UNSHARE, 0x600)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.UNSHARE, 0x80)).isEqualTo(EPERM);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void supervisorHearsOfASharedTableAndOfAProcessThatClosesItself(Arch arch) {
    BpfProgram program = filter(writing().build()).compile(arch);
    assertThat(run(program, arch, Syscall.CLONE, 0x411)).isEqualTo(Verdict.RET_USER_NOTIF);
    assertThat(run(program, arch, Syscall.CLONE, 0x10411)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.PRCTL, 4, 0)).isEqualTo(Verdict.RET_USER_NOTIF);
    assertThat(run(program, arch, Syscall.PRCTL, 4, 0, 7)).isEqualTo(Verdict.RET_USER_NOTIF);
    assertThat(run(program, arch, Syscall.PRCTL, 4, 1)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.PRCTL, 4, 0, SeccompCompiler.CLOSED_TO_ALL))
        .isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.PRCTL, 3, 0)).isEqualTo(Verdict.RET_ALLOW);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void supervisorAnswersForThePeerOfASocket(Arch arch) {
    BpfProgram program = filter(writing().build()).compile(arch);
    int noOption = Verdict.RET_ERRNO | 92;
    assertThat(run(program, arch, Syscall.GETSOCKOPT, 3, 1, 17)).isEqualTo(Verdict.RET_USER_NOTIF);
    assertThat(run(program, arch, Syscall.GETSOCKOPT, 3, 1, 77)).isEqualTo(noOption);
    assertThat(run(program, arch, Syscall.GETSOCKOPT, 3, 1, 3)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.SETSOCKOPT, 3, 1, 76)).isEqualTo(noOption);
    assertThat(run(program, arch, Syscall.SETSOCKOPT, 3, 1, 16)).isEqualTo(Verdict.RET_ALLOW);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void terminalInjectionIsDeniedWhateverTheHighBits(Arch arch) {
    BpfProgram program = filter(writing().build()).compile(arch);
    assertThat(run(program, arch, Syscall.IOCTL, 0, 0x5412)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.IOCTL, 0, 0x7_0000_5412L)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.IOCTL, 0, 0x541C)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.IOCTL, 0, 0x5401)).isEqualTo(Verdict.RET_ALLOW);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void closedNetworkMediatesInetSocketsAndDeniesOthers(Arch arch) {
    BpfProgram program = filter(writing().build()).compile(arch);
    int stream = 1 | 0x80000 | 0x800;
    assertThat(run(program, arch, Syscall.SOCKET, 1, 1, 0)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.SOCKET, 2, stream, 0)).isEqualTo(Verdict.RET_USER_NOTIF);
    assertThat(run(program, arch, Syscall.SOCKET, 10, stream, 6)).isEqualTo(Verdict.RET_USER_NOTIF);
    assertThat(run(program, arch, Syscall.SOCKET, 2, stream, 262)).isEqualTo(EACCES);
    assertThat(run(program, arch, Syscall.SOCKET, 2, stream, 132)).isEqualTo(EACCES);
    assertThat(run(program, arch, Syscall.SOCKET, 2, 3, 1)).isEqualTo(EACCES);
    assertThat(run(program, arch, Syscall.SOCKET, 2, 2, 1)).isEqualTo(EACCES);
    assertThat(run(program, arch, Syscall.SOCKET, 16, 3, 0)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.SOCKET, 16, 3, 4)).isEqualTo(EAFNOSUPPORT);
    assertThat(run(program, arch, Syscall.SETSOCKOPT, 3, 270, 1)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.SETSOCKOPT, 3, 270, 12)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.SOCKET, 17, 3, 0)).isEqualTo(EAFNOSUPPORT);
    assertThat(run(program, arch, Syscall.SOCKET, 40, 1, 0)).isEqualTo(EAFNOSUPPORT);
    assertThat(run(program, arch, Syscall.SENDTO, 3, 4, 5, 0, 0, 0)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.SENDTO, 3, 4, 5, 0, 1L << 40, 16))
        .isEqualTo(Verdict.RET_USER_NOTIF);
  }

  @Test
  void fullNetworkMediatesOnlyUnixSockets() {
    Arch arch = Arch.X86_64;
    BpfProgram program = filter(writing().network(NetworkMode.FULL).build()).compile(arch);
    assertThat(run(program, arch, Syscall.SOCKET, 2, 1, 0)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.SOCKET, 2, 3, 1)).isEqualTo(EACCES);
    assertThat(run(program, arch, Syscall.CONNECT)).isEqualTo(Verdict.RET_USER_NOTIF);
    SandboxPolicy open = writing().network(NetworkMode.FULL).unixSocket("/").build();
    assertThat(run(filter(open).compile(arch), arch, Syscall.CONNECT)).isEqualTo(Verdict.RET_ALLOW);
  }

  @Test
  void execveIsMediatedOnlyForLimits() {
    Arch arch = Arch.X86_64;
    assertThat(run(filter(writing().build()).compile(arch), arch, Syscall.EXECVE))
        .isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(filter(writing().openFiles(9).build()).compile(arch), arch, Syscall.EXECVE))
        .isEqualTo(Verdict.RET_USER_NOTIF);
    assertThat(SeccompCompiler.needsGate(Limits.NONE)).isFalse();
  }

  @Test
  void limitsAndPriorityOfOtherProcessesCannotBeChanged() {
    Arch arch = Arch.X86_64;
    BpfProgram program = filter(writing().build()).compile(arch);
    assertThat(run(program, arch, Syscall.PRLIMIT64, 0, 7, 1)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.PRLIMIT64, 99, 7, 0, 1)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.PRLIMIT64, 99, 7, 1L << 33)).isEqualTo(EPERM);
    assertThat(run(program, arch, Syscall.SETPRIORITY, 0, 0, 5)).isEqualTo(Verdict.RET_ALLOW);
    assertThat(run(program, arch, Syscall.SETPRIORITY, 2, 0, 5)).isEqualTo(EPERM);
  }

  @Test
  void mediatedCallsAreDeniedWithoutAListener() {
    Arch arch = Arch.X86_64;
    SeccompFilter filter = filter(writing().openFiles(9).build()).withoutListener();
    assertThat(filter.needsListener()).isFalse();
    BpfProgram program = filter.compile(arch);
    assertThat(run(program, arch, Syscall.FCHMOD)).isEqualTo(EACCES);
    assertThat(run(program, arch, Syscall.CONNECT)).isEqualTo(EACCES);
    assertThat(run(program, arch, Syscall.SOCKET, 2, 1, 0)).isEqualTo(EACCES);
    assertThat(run(program, arch, Syscall.EXECVE)).isEqualTo(Verdict.RET_ALLOW);
  }

  private static final Generator<List<Long>> SIX_ARGUMENTS =
      Inputs.lists(
          Inputs.of(
              0L,
              1L,
              2L,
              3L,
              6L,
              10L,
              16L,
              17L,
              30L,
              132L,
              262L,
              0x5412L,
              0x541CL,
              0x100005412L,
              0x80000L | 1,
              0x20000000L,
              0x10000000L,
              0x40086602L,
              1L << 32,
              1L << 63,
              -1L,
              -100L),
          6,
          6);

  /** Compares the compiled program with a direct evaluation of the rules, for every call. */
  @Test
  void compiledProgramDecidesLikeTheRules() {
    SeccompFilter filter = filter(writing().openFiles(9).build());
    Map<Arch, BpfProgram> programs = new EnumMap<>(Arch.class);
    for (Arch arch : Arch.values()) {
      programs.put(arch, filter.compile(arch));
    }
    Property.forAll(
        SIX_ARGUMENTS,
        arguments -> {
          long[] six = arguments.stream().mapToLong(Long::longValue).toArray();
          for (Syscall syscall : Syscall.values()) {
            int expected = evaluate(filter, syscall, six);
            programs.forEach(
                (arch, program) -> {
                  if (syscall.number(arch) >= 0) {
                    assertThat(run(program, arch, syscall, six))
                        .as("%s on %s", syscall, arch)
                        .isEqualTo(expected);
                  }
                });
          }
        });
  }

  private static int evaluate(SeccompFilter filter, Syscall syscall, long[] arguments) {
    for (SyscallRule rule : filter.rules()) {
      if (rule.syscall() == syscall) {
        for (SyscallRule.Clause clause : rule.clauses()) {
          if (clause.tests().stream().allMatch(test -> matches(test, arguments))) {
            return clause.verdict().action();
          }
        }
        return rule.otherwise().action();
      }
    }
    return Verdict.RET_ALLOW;
  }

  private static boolean matches(SyscallRule.Test test, long[] arguments) {
    long argument = arguments[test.argument()];
    return switch (test.kind()) {
      case POINTER_SET -> argument != 0;
      case THIS_JVM -> (int) argument == ProcessHandle.current().pid();
      case ANY_BIT -> ((int) argument & test.mask()) != 0;
      case MASKED_EQUALS -> ((int) argument & test.mask()) == test.value();
    };
  }
}
