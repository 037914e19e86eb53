package org.ringfence.macos.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.Backends;
import org.ringfence.Ending;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.macos.SeatbeltBackend;
import org.ringfence.macos.bind.MacProcessMemory;
import org.ringfence.macos.bind.ProcessMemory;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.spi.VerifiedBuilds;

/** Accounts for memory with the facts of Linux in place of those of macOS. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the fake reads /proc")
class MemoryLimitTest {
  private static final Path PROGRAMS = Path.of("src", "test", "seatbelt").toAbsolutePath();
  private static final long MIB = 1 << 20;
  private static final String TAKE =
      "perl -e 'vec($x, 80 << 20, 8) = 1; print \"taken\\n\"; sleep 2'";

  @TempDir private Path workspace;

  /** Reads the group and the private memory of processes from /proc. */
  private static final ProcessMemory OF_LINUX =
      new ProcessMemory() {
        @Override
        public int[] group(int group) throws IOException {
          try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.map(each -> each.getFileName().toString())
                .filter(name -> name.matches("[0-9]+"))
                .mapToInt(Integer::parseInt)
                .filter(pid -> groupOf(pid) == group)
                .toArray();
          }
        }

        @Override
        public OptionalLong footprint(int pid) {
          return text(pid, "status")
              .lines()
              .filter(line -> line.startsWith("RssAnon:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
              .findFirst();
        }
      };

  private static int groupOf(int pid) {
    String stat = text(pid, "stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    return fields.length > 2 ? Integer.parseInt(fields[2]) : 0;
  }

  private static String text(int pid, String name) {
    try {
      return Files.readString(Path.of("/proc", Integer.toString(pid), name));
    } catch (IOException e) {
      return "";
    }
  }

  private Sandbox open(long mebibytes, SeatbeltSession.MemorySource memory)
      throws SandboxException {
    SeatbeltPrograms programs =
        new SeatbeltPrograms(
            "/bin/sh",
            List.of("/bin/sh", PROGRAMS.resolve("sandbox-exec.sh").toString()),
            PROGRAMS.resolve("log.sh").toString(),
            PROGRAMS.resolve("sw_vers.sh").toString());
    SandboxPolicy policy =
        SandboxPolicy.builder()
            .write(":workspace")
            .memory(mebibytes * MIB)
            .strictness(Strictness.Mode.BEST_EFFORT)
            .build();
    return Sandbox.opener(policy)
        .workspace(workspace)
        .backends(
            Backends.of(
                List.of(SeatbeltBackend.with(programs, memory, VerifiedBuilds.in(workspace)))))
        .open();
  }

  private Result run(long mebibytes, String script) throws Exception {
    try (Sandbox sandbox = open(mebibytes, () -> OF_LINUX)) {
      return sandbox.command("sh", "-c", script).run();
    }
  }

  private static void assertEnded(Result result) {
    assertThat(result.ending()).isEqualTo(new Ending.LimitReached(Ending.Limit.MEMORY));
  }

  @Test
  void commandBeyondItsMemoryEndsAndOneWithinRunsOn() throws Exception {
    assertEnded(run(60, TAKE));
    assertThat(run(120, TAKE).ending()).isEqualTo(new Ending.Exited(0));
  }

  @Test
  void memoryOfAllProcessesCountsTogether() throws Exception {
    String two = TAKE + " & " + TAKE + " & wait";
    assertEnded(run(120, two));
    assertThat(run(240, two).ending()).isEqualTo(new Ending.Exited(0));
  }

  @Test
  void processInASessionOfItsOwnCounts() throws Exception {
    assertEnded(run(60, "setsid " + TAKE + " & wait"));
  }

  @Test
  void limitIsRefusedWhereTheSystemTellsNoMemory() {
    assertThatThrownBy(() -> open(60, MacProcessMemory::load))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("libproc is not there");
  }
}
