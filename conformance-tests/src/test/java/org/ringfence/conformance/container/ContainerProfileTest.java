package org.ringfence.conformance.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ringfence.linux.bpf.BpfProgram;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;

/** Checks that the profiles decide as their engines' do. */
class ContainerProfileTest {
  private static final int ALLOW = 0x7fff0000;
  private static final int EPERM = 0x00050001;
  private static final int ENOSYS = 0x00050026;
  private static final long CLONE_NEWUSER = 0x10000000;
  private static final long THREAD = 0x3d0f00;
  private static final int AF_ALG = 38;
  private static final int AF_VSOCK = 40;

  private record Filter(BpfProgram program, Arch arch) {
    static Filter of(String engine, Arch arch, String... more) throws IOException {
      Set<String> capabilities = new LinkedHashSet<>(ContainerEntry.DEFAULTS.get(engine));
      capabilities.addAll(Set.of(more));
      return new Filter(ContainerProfile.of(engine).compile(arch, capabilities), arch);
    }

    int run(Syscall call, long... arguments) {
      return program.run(arch.audit(), call.number(arch), arguments);
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void dockerDeniesNamespacesAndOthersDescriptors(Arch arch) throws Exception {
    Filter docker = Filter.of("docker", arch);
    assertThat(docker.run(Syscall.CLONE, THREAD)).isEqualTo(ALLOW);
    assertThat(docker.run(Syscall.CLONE, CLONE_NEWUSER)).isEqualTo(EPERM);
    assertThat(docker.run(Syscall.CLONE3)).isEqualTo(ENOSYS);
    assertThat(docker.run(Syscall.UNSHARE, 0)).isEqualTo(EPERM);
    assertThat(docker.run(Syscall.PIDFD_GETFD)).isEqualTo(EPERM);
    assertThat(docker.run(Syscall.PROCESS_VM_READV)).isEqualTo(ALLOW);
    assertThat(docker.run(Syscall.LANDLOCK_RESTRICT_SELF)).isEqualTo(ALLOW);
    assertThat(docker.run(Syscall.SECCOMP)).isEqualTo(ALLOW);
    assertThat(docker.run(Syscall.SOCKET, 2)).isEqualTo(ALLOW);
    assertThat(docker.run(Syscall.SOCKET, AF_ALG)).isEqualTo(EPERM);
    assertThat(docker.run(Syscall.SOCKET, AF_VSOCK)).isEqualTo(EPERM);
    assertThat(docker.run(Syscall.SOCKET, AF_VSOCK + 1)).isEqualTo(ALLOW);
    assertThat(docker.program().run(0, Syscall.READ.number(arch))).isEqualTo(EPERM);
    assertThat(Filter.of("docker", arch, "CAP_SYS_PTRACE").run(Syscall.PIDFD_GETFD))
        .isEqualTo(ALLOW);
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void podmanAllowsNamespaces(Arch arch) throws Exception {
    Filter podman = Filter.of("podman", arch);
    assertThat(podman.run(Syscall.CLONE, CLONE_NEWUSER)).isEqualTo(ALLOW);
    assertThat(podman.run(Syscall.UNSHARE, CLONE_NEWUSER)).isEqualTo(ALLOW);
    assertThat(podman.run(Syscall.MOUNT)).isEqualTo(ALLOW);
    assertThat(podman.run(Syscall.PIDFD_GETFD)).isEqualTo(ALLOW);
    assertThat(podman.run(Syscall.USERFAULTFD)).isEqualTo(EPERM);
    assertThat(podman.run(Syscall.IO_URING_SETUP)).isEqualTo(ENOSYS);
    assertThat(podman.run(Syscall.SOCKET, AF_VSOCK)).isEqualTo(EPERM);
  }
}
