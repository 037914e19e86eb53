package org.ringfence.linux.bind;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;

@EnabledOnOs(OS.LINUX)
class MemoryHoldTest {
  // linux/prctl.h
  private static final int PR_GET_DUMPABLE = 3;
  private static final int PR_SET_DUMPABLE = 4;

  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());

  @BeforeEach
  @AfterEach
  void thisJvmIsDumpable() {
    kernel.call(Syscall.PRCTL, PR_SET_DUMPABLE, 1);
  }

  private long dumpable() {
    return kernel.call(Syscall.PRCTL, PR_GET_DUMPABLE);
  }

  @Test
  void thisJvmIsDumpableAgainAfterTheLastHold() throws Exception {
    MemoryHold first = MemoryHold.begin(kernel);
    MemoryHold second = MemoryHold.begin(kernel);
    assertThat(dumpable()).isZero();
    first.close();
    first.close();
    assertThat(dumpable()).isZero();
    second.close();
    assertThat(dumpable()).isEqualTo(1);
  }

  @Test
  void aJvmThatWasNotDumpableStaysSo() throws Exception {
    kernel.call(Syscall.PRCTL, PR_SET_DUMPABLE, 0);
    MemoryHold.begin(kernel).close();
    assertThat(dumpable()).isZero();
  }
}
