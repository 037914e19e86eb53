package org.ringfence.conformance.container;

import static org.ringfence.linux.bind.Constants.PR_CAPBSET_DROP;
import static org.ringfence.linux.bind.Constants.SECCOMP_SET_MODE_FILTER;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;

/**
 * Becomes the first program of a container, as an engine's runtime does: installs the filter, which
 * its capabilities allow without no_new_privs, keeps the container's capabilities, and executes a
 * program. It runs as root in the container's namespaces.
 */
public final class ContainerEntry {
  private static final int LAST_CAPABILITY = 63;
  private static final int CAPABILITY_VERSION_3 = 0x20080522;

  // linux/capability.h
  private static final Map<String, Integer> CAPABILITIES = new LinkedHashMap<>();

  static {
    CAPABILITIES.put("CAP_CHOWN", 0);
    CAPABILITIES.put("CAP_DAC_OVERRIDE", 1);
    CAPABILITIES.put("CAP_FOWNER", 3);
    CAPABILITIES.put("CAP_FSETID", 4);
    CAPABILITIES.put("CAP_KILL", 5);
    CAPABILITIES.put("CAP_SETGID", 6);
    CAPABILITIES.put("CAP_SETUID", 7);
    CAPABILITIES.put("CAP_SETPCAP", 8);
    CAPABILITIES.put("CAP_NET_BIND_SERVICE", 10);
    CAPABILITIES.put("CAP_NET_RAW", 13);
    CAPABILITIES.put("CAP_SYS_CHROOT", 18);
    CAPABILITIES.put("CAP_SYS_PTRACE", 19);
    CAPABILITIES.put("CAP_MKNOD", 27);
    CAPABILITIES.put("CAP_AUDIT_WRITE", 29);
    CAPABILITIES.put("CAP_SETFCAP", 31);
  }

  /** The default capabilities (moby/moby daemon/pkg/oci/caps, container-libs common/pkg/config). */
  static final Map<String, Set<String>> DEFAULTS =
      Map.of(
          "docker",
          without("CAP_SYS_PTRACE"),
          "podman",
          without("CAP_SYS_PTRACE", "CAP_NET_RAW", "CAP_MKNOD", "CAP_AUDIT_WRITE"));

  private ContainerEntry() {}

  private static Set<String> without(String... missing) {
    Set<String> kept = new LinkedHashSet<>(CAPABILITIES.keySet());
    List.of(missing).forEach(kept::remove);
    return kept;
  }

  /**
   * Enters a container.
   *
   * @param args the engine, a capability that is added or "-", rules that are added, separated by
   *     "; ", or "-", then the program by its path and its arguments
   * @throws IOException if a step fails
   */
  public static void main(String[] args) throws IOException {
    Set<String> capabilities = new LinkedHashSet<>(DEFAULTS.get(args[0]));
    ContainerProfile profile = ContainerProfile.of(args[0]);
    if (!args[1].equals("-")) {
      capabilities.add(args[1]);
    }
    if (!args[2].equals("-")) {
      for (String rule : args[2].split("; ")) {
        profile = profile.with(rule);
      }
    }
    Arch arch = Arch.current().orElseThrow();
    byte[] code = profile.compile(arch, capabilities).bytes();
    List<String> program = List.of(args).subList(3, args.length);
    List<String> variables =
        System.getenv().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
    Kernel kernel = new Kernel(arch);
    long size = code.length + NativeBlock.sizeOf(program) + NativeBlock.sizeOf(variables);
    try (NativeBlock block = new NativeBlock(size + 1024)) {
      long path = block.string(program.get(0));
      long arguments = block.strings(program);
      long environment = block.strings(variables);
      long instructions = block.bytes(code);
      // struct sock_fprog of linux/filter.h
      long filter = block.allocate(16);
      block.setShort(filter, (short) (code.length / 8));
      block.setLong(filter + 8, instructions);
      Descriptors.check(
          "seccomp", kernel.call(Syscall.SECCOMP, SECCOMP_SET_MODE_FILTER, 0, filter));
      keep(kernel, block, capabilities);
      Descriptors.check("execve", kernel.call(Syscall.EXECVE, path, arguments, environment));
    }
  }

  private static void keep(Kernel kernel, NativeBlock block, Set<String> capabilities)
      throws IOException {
    long kept = capabilities.stream().mapToLong(each -> 1L << CAPABILITIES.get(each)).sum();
    for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
      if ((kept >> capability & 1) == 0) {
        // The kernel refuses numbers that it does not know.
        kernel.call(Syscall.PRCTL, PR_CAPBSET_DROP, capability);
      }
    }
    long header = block.allocate(8);
    block.setInt(header, CAPABILITY_VERSION_3);
    long data = block.allocate(24);
    block.setInt(data, (int) kept);
    block.setInt(data + 4, (int) kept);
    Descriptors.check("capset", kernel.call(Syscall.CAPSET, header, data));
  }
}
