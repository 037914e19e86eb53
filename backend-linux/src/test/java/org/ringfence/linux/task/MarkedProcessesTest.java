package org.ringfence.linux.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;

@EnabledOnOs(OS.LINUX)
class MarkedProcessesTest {
  private static final long MARK = 1_234_567_890_000_000_001L;
  // linux/threads.h: no process has a number above PID_MAX_LIMIT.
  private static final int NO_PROCESS = 4_200_000;
  private static final int MANY = 1000;

  private final List<Integer> heard = new ArrayList<>();

  private MarkedProcesses processes() {
    return new MarkedProcesses(
        new Kernel(Arch.current().orElseThrow()),
        MARK,
        group -> {
          heard.add(group);
          return true;
        });
  }

  @Test
  void groupThatItsLeaderHasNotEnteredYetIsKept() throws Exception {
    Process leader = new ProcessBuilder("sleep", "1000").start();
    try (MarkedProcesses processes = processes()) {
      int group = (int) leader.pid();
      processes.addGroup(group);
      IntStream.range(NO_PROCESS, NO_PROCESS + MANY).forEach(processes::addGroup);
      assertThat(processes.knowsGroup(group)).isTrue();
      // The control: groups that nothing enters are dropped.
      assertThat(processes.knowsGroup(NO_PROCESS)).isFalse();
    } finally {
      leader.destroyForcibly().waitFor();
    }
  }

  @Test
  void watchdogHearsOfGroupWhoseNumberIsUsedAgain() {
    try (MarkedProcesses processes = processes()) {
      processes.addGroup(NO_PROCESS);
      processes.addGroup(NO_PROCESS);
      assertThat(heard).containsExactly(NO_PROCESS, NO_PROCESS);
    }
  }
}
