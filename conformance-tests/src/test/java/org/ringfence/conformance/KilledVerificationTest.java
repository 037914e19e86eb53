package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.ringfence.Backends;
import org.ringfence.conformance.stage.Patience;

/** Checks that a killed verification leaves no process and no directory. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the test reads /proc")
class KilledVerificationTest {
  private static final String FIXTURE = "ringfence-conformance-";
  private static final Patience PATIENCE = Patience.forProcesses(Duration.ofSeconds(60));

  /** The processes and directories of a run so far. */
  private record Run(
      List<ProcessHandle> processes, Optional<Path> fixture, List<Path> directories) {
    static Run of(Process jvm) {
      List<ProcessHandle> processes = jvm.descendants().toList();
      // The remover's arguments name the fixture's directory; the watchdog's environment names the
      // sandbox's.
      Optional<Path> fixture =
          processes.stream()
              .flatMap(each -> file(each.pid(), "cmdline"))
              .filter(word -> word.startsWith("/") && word.contains("/" + FIXTURE))
              .map(Path::of)
              .filter(path -> path.getFileName().toString().startsWith(FIXTURE))
              .findFirst();
      List<Path> directories = new ArrayList<>();
      processes.stream()
          .flatMap(each -> file(each.pid(), "environ"))
          .filter(entry -> entry.startsWith("DIRECTORY=/"))
          .map(entry -> Path.of(entry.substring("DIRECTORY=".length())))
          .forEach(directories::add);
      return new Run(processes, fixture, directories);
    }

    boolean isUnderWay() {
      return fixture.isPresent() && Files.exists(fixture.get()) && !directories.isEmpty();
    }

    List<String> left() throws IOException {
      List<String> left = new ArrayList<>();
      processes.stream()
          .filter(ProcessHandle::isAlive)
          .forEach(each -> left.add(each.pid() + " " + commandLine(each.pid())));
      String name = fixture.orElseThrow().getFileName().toString();
      ProcessHandle.allProcesses()
          .map(each -> commandLine(each.pid()))
          .filter(line -> line.contains(name))
          .forEach(left::add);
      directories.forEach(each -> add(each, left));
      add(fixture.get(), left);
      return left;
    }

    private static void add(Path path, List<String> left) {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        left.add(path.toString());
      }
    }

    private static String commandLine(long process) {
      return String.join(" ", file(process, "cmdline").toList());
    }

    private static Stream<String> file(long process, String name) {
      try {
        return Stream.of(
            Files.readString(Path.of("/proc/" + process, name), StandardCharsets.ISO_8859_1)
                .split("\0"));
      } catch (IOException e) {
        // The process has ended or belongs to a sandbox.
        return Stream.empty();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"landlock,KILL", "landlock,TERM", "bubblewrap,KILL", "bubblewrap,TERM"})
  void killedVerificationLeavesNoProcessOrDirectory(String backend, String signal)
      throws Exception {
    var probed = Backends.load().byId(backend).probe();
    assumeTrue(probed.usable(), () -> "not here: " + probed.reasons());
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:disable",
                "-cp",
                System.getProperty("java.class.path"),
                VerifyToStandardOutput.class.getName(),
                backend)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Run[] seen = new Run[1];
    try {
      boolean underWay =
          PATIENCE.until(
              () -> {
                seen[0] = Run.of(jvm);
                return seen[0].isUnderWay() || !jvm.isAlive();
              });
      assertThat(underWay && jvm.isAlive()).as("control: a run with a sandbox in it").isTrue();
      if (signal.equals("KILL")) {
        jvm.destroyForcibly();
      } else {
        jvm.destroy();
      }
      assertThat(PATIENCE.untilEnded(jvm)).isTrue();
      PATIENCE.until(() -> seen[0].left().isEmpty());
      assertThat(seen[0].left()).isEmpty();
    } finally {
      jvm.destroyForcibly();
    }
  }
}
