package org.ringfence.linux.plan;

import java.util.Optional;

/** The processor architectures that the seccomp filter is built for. */
public enum Arch {
  /** AMD64; {@code AUDIT_ARCH_X86_64} of {@code linux/audit.h}. */
  X86_64(0xC000003E),
  /** 64-bit Arm; {@code AUDIT_ARCH_AARCH64} of {@code linux/audit.h}. */
  AARCH64(0xC00000B7);

  private final int audit;

  Arch(int audit) {
    this.audit = audit;
  }

  /**
   * Returns the value of {@code seccomp_data.arch}.
   *
   * @return the audit architecture
   */
  public int audit() {
    return audit;
  }

  /**
   * Returns the architecture of this JVM.
   *
   * @return empty on any other
   */
  public static Optional<Arch> current() {
    return switch (System.getProperty("os.arch")) {
      case "amd64", "x86_64" -> Optional.of(X86_64);
      case "aarch64" -> Optional.of(AARCH64);
      default -> Optional.empty();
    };
  }
}
