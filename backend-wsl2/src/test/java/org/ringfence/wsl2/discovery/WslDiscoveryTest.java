package org.ringfence.wsl2.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.wsl2.distribution.WslProgram;
import org.ringfence.wsl2.plan.GuestFacts;

/** Tests discovery with a program that imitates {@code wsl.exe} on this kernel. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the fake wsl.exe runs its guest on this kernel")
class WslDiscoveryTest {
  private static final String TWO =
      "  NAME            STATE           VERSION\r\n"
          + "* Ubuntu-24.04    Running         2\r\n"
          + "  Old One         Stopped         1\r\n"
          + "  docker-desktop  Running         2";

  private static WslProgram standIn(String list, boolean old) {
    Path script = Path.of("src", "test", "wsl", "wsl-stand-in.sh").toAbsolutePath();
    List<String> command = new ArrayList<>(List.of("env", "STANDIN_LIST=" + list));
    if (old) {
      command.add("STANDIN_OLD=1");
    }
    command.addAll(List.of("sh", script.toString()));
    return new WslProgram(command);
  }

  private static WslDiscovery.Found look(String list, boolean old, String wanted) throws Exception {
    return new WslDiscovery(
            Optional.of(standIn(list, old)),
            Optional.ofNullable(wanted),
            new KnownDistributions(Optional.empty()))
        .look();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void defaultDistributionReportsItsFacts(boolean old) throws Exception {
    WslDiscovery.Found found = look(TWO, old, null);
    assertThat(found.facts())
        .containsEntry("WSL distribution", "Ubuntu-24.04, Running")
        .containsEntry("kernel", Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip())
        .containsEntry("interop", "on");
    assertThat(found.guest()).hasValueSatisfying(guest -> assertThat(guest.complete()).isTrue());
    // Every missing part of this machine comes with a remedy.
    assertThat(found.reasons()).hasSameSizeAs(found.remedies());
    assertThat(found.availability().usable()).isEqualTo(found.reasons().isEmpty());
    if (Files.isExecutable(Path.of("/usr/bin/bwrap"))) {
      assertThat(found.facts().get("bubblewrap")).startsWith("bubblewrap ");
      assertThat(found.facts()).containsKey("namespaces");
    }
    assertThat(found.facts().get("java")).isNotNull();
  }

  @Test
  void wsl1IsRefusedWithTheCommandThatConvertsIt() throws Exception {
    WslDiscovery.Found found = look(TWO, false, "old one");
    assertThat(found.reasons()).singleElement().asString().contains("Old One is WSL1");
    assertThat(found.remedies()).containsExactly("wsl --set-version Old One 2");
  }

  @Test
  void distributionsOfOtherProgramsAreIgnored() throws Exception {
    WslDiscovery.Found found = look(TWO, false, "docker-desktop");
    assertThat(found.reasons()).singleElement().asString().contains("[Ubuntu-24.04, Old One]");
    WslDiscovery.Found alone =
        look("  NAME            STATE   VERSION\r\n* docker-desktop  Running 2", false, null);
    assertThat(alone.reasons()).containsExactly("this user has no distribution of their own");
    assertThat(alone.remedies()).containsExactly("wsl --install -d Ubuntu");
  }

  @Test
  void errorsAreRecognizedByNumberAndName() throws Exception {
    assertThat(look("Error code: Wsl/0x80040321", true, null).reasons())
        .containsExactly("WSL is not installed (0x80040321)");
    assertThat(look("Fehlercode: Wsl/WSL_E_DEFAULT_DISTRO_NOT_FOUND", false, null).remedies())
        .containsExactly("wsl --install -d Ubuntu");
  }

  @Test
  void missingWslProgramIsReported() {
    assertThat(new WslDiscovery(Map.of(), Optional.empty()).look().reasons())
        .containsExactly("there is no wsl.exe in the system's directory");
  }

  @Test
  void standInImitatesExitCodesAndStreamsOfWsl() throws Exception {
    WslProgram program = standIn(TWO, true);
    assertThat(exit(program, "exit 5")).isEqualTo(5);
    assertThat(exit(program, "exit 67")).isEqualTo(255);
    assertThat(exit(program, "exit 87")).isEqualTo(255);
    assertThat(exit(program, "kill -9 $$")).isEqualTo(9);
    WslProgram.Answer bytes =
        program.ask(
            "grün\0".getBytes(StandardCharsets.UTF_8), "-d", "Ubuntu-24.04", "--exec", "cat");
    assertThat(bytes.output()).isEqualTo("grün\0".getBytes(StandardCharsets.UTF_8));
    assertThat(program.ask(new byte[0], "-d", "None", "--exec", "true").exit()).isEqualTo(255);
  }

  private static int exit(WslProgram program, String command) throws Exception {
    return program.ask(new byte[0], "-d", "Ubuntu-24.04", "--exec", "sh", "-c", command).exit();
  }

  @Test
  void completeFactsAreCachedPerDistribution(@TempDir Path directory) throws Exception {
    Path kept = directory.resolve("kept");
    KnownDistributions known = new KnownDistributions(Optional.of(kept));
    WslDiscovery discovery =
        new WslDiscovery(Optional.of(standIn(TWO, false)), Optional.empty(), known);
    WslDiscovery.Found first = discovery.look();
    assumeTrue(
        first.guest().isPresent() && first.guest().get().lacksOfGuest().isEmpty(),
        "the cache keeps only complete distributions");
    assertThat(first.remembered()).isFalse();
    WslDiscovery.Found second = discovery.look();
    assertThat(second.remembered()).isTrue();
    assertThat(second.facts()).containsAllEntriesOf(first.facts());
    // Another wsl.exe or a forgotten distribution is not answered from the cache.
    WslDiscovery other = new WslDiscovery(Optional.of(standIn(TWO, true)), Optional.empty(), known);
    assertThat(other.look().remembered()).isFalse();
    discovery.forget(first.distribution());
    assertThat(discovery.look().remembered()).isFalse();
    try (Stream<Path> files = Files.list(kept)) {
      for (Path file : files.toList()) {
        Files.writeString(file, "not=complete");
      }
    }
    assertThat(discovery.look().remembered()).isFalse();
  }

  @Test
  void expiredFactsAreNotUsed(@TempDir Path directory) throws Exception {
    KnownDistributions known = new KnownDistributions(Optional.of(directory));
    known.keep("one", new GuestFacts(Map.of("end", "yes", "kernel", "6.6 ü")));
    assertThat(known.of("one").orElseThrow().told()).containsEntry("kernel", "6.6 ü");
    assertThat(known.of("two")).isEmpty();
    try (Stream<Path> files = Files.list(directory)) {
      Path file = files.findFirst().orElseThrow();
      Files.writeString(file, Files.readString(file).replaceAll("[.]time=.*", ".time=1000"));
    }
    assertThat(known.of("one")).isEmpty();
  }
}
