package org.ringfence.macos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxException;
import org.ringfence.macos.launch.SeatbeltPrograms;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.spi.VerifiedBuilds;

/** The remark of a plan depends on the build of macOS, which a script imitates. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the programs are shell scripts")
class MacBuildTest {
  private static final String NOT_YET =
      "not yet verified on this build; run: ringfence verify --first-run";

  @TempDir private Path directory;

  private SeatbeltBackend on(String versions) throws IOException {
    Path sandboxExec = script("sandbox-exec", "exit 0\n");
    Path version = script("sw_vers", "cat <<'E'\n" + versions + "\nE\n");
    return SeatbeltBackend.with(
        new SeatbeltPrograms(
            "/bin/sh", List.of(sandboxExec.toString()), "/bin/false", version.toString()),
        VerifiedBuilds.in(directory));
  }

  private Path script(String name, String text) throws IOException {
    Path script = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + text);
    script.toFile().setExecutable(true);
    return script;
  }

  private static List<PlannedGuarantee> plan(SeatbeltBackend backend) {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder().build(), PathContext.ofMac("/Users/u/w", "/Users/u"));
    return backend.plan(policy).guarantees();
  }

  private static String remark(SeatbeltBackend backend) {
    List<PlannedGuarantee> guarantees = plan(backend);
    assertThat(guarantees).isNotEmpty();
    String first = guarantees.get(0).verification();
    assertThat(guarantees).allMatch(each -> each.verification().equals(first));
    return first;
  }

  private static String versions(String build) {
    return "ProductName:\t\tmacOS\nProductVersion:\t\t15.5\nBuildVersion:\t\t" + build;
  }

  @Test
  void remarkIsLiftedByAResultOfThatVeryBuildAlone() throws Exception {
    SeatbeltBackend backend = on(versions("24F74"));
    assertThat(backend.build()).startsWith("macOS 15.5 (24F74) ");
    Set<String> ids = plan(backend).stream().map(PlannedGuarantee::id).collect(Collectors.toSet());
    assertThat(remark(backend)).isEqualTo(NOT_YET);
    backend.verifiedBuilds().orElseThrow().keep("seatbelt", backend.build(), ids);
    assertThat(remark(backend)).isEmpty();
    assertThat(backend.probe().facts().get("verified"))
        .isEqualTo("by a first run on this build, guarantees that it has shown: " + ids.size());
    backend.verifiedBuilds().orElseThrow().keep("seatbelt", backend.build(), Set.of("files.write"));
    assertThat(plan(backend))
        .allMatch(
            each ->
                each.verification()
                    .equals(each.id().equals("files.write") ? "" : VerifiedBuilds.NOT_SHOWN));
    assertThat(remark(on(versions("24G84")))).isEqualTo(NOT_YET);
    backend.verifiedBuilds().orElseThrow().keep("seatbelt", backend.build(), Set.of());
    assertThat(remark(on(versions("24F74")))).isEqualTo(NOT_YET);
  }

  @Test
  void unknownBuildHasNoResult() throws Exception {
    SeatbeltBackend backend = on("sw_vers: something else");
    assertThatThrownBy(backend::build)
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("does not tell the build");
    assertThat(remark(backend)).isEqualTo(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM);
  }
}
