package org.ringfence.linux.names;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.file.HeldDirectory;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.tree.NameSearch;
import org.ringfence.linux.tree.NameSearch.Found;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

@EnabledOnOs(OS.LINUX)
class MadeNamesTest {
  @TempDir private Path base;
  private Path root;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(base.toRealPath().resolve("w"));
  }

  private void write(String path, String content) throws IOException {
    Files.createDirectories(root.resolve(path).getParent());
    Files.writeString(root.resolve(path), content);
  }

  /** Returns the found names that would be moved. */
  private List<String> moved() throws Exception {
    EffectivePolicy policy =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .write(root.toString())
                .protectedNames(ProtectedNames.EXISTING)
                .build(),
            PathContext.current(root));
    MadeNames made = new MadeNames(policy);
    List<String> moved = new ArrayList<>();
    try (NameSearch search =
        new NameSearch(new Kernel(Arch.current().orElseThrow()), policy, Optional.empty()).run()) {
      for (Found each : search.found().values()) {
        try (HeldDirectory directory = search.directoryOf(each)) {
          if (!made.isHarmless(each, directory, new byte[0])) {
            moved.add(each.below());
          }
        }
      }
    }
    return moved.stream().sorted().toList();
  }

  @Test
  void pointerInsideTheWorkspaceStaysAndOneOverALinkDoesNot() throws Exception {
    Files.createDirectories(root.resolve("g"));
    Files.createSymbolicLink(root.resolve("l"), base);
    write("a/.git", "gitdir: ../g\n");
    write("b/.git", "gitdir: " + base + "\n");
    write("c/.git", "gitdir: ../l/../g\n");
    write("d/.git", "gitdir: ../l\n");
    write("e/.git", "gitdir: ./../e/../g\n");
    assertThat(moved()).containsExactly("b/.git", "c/.git", "d/.git");
  }

  @Test
  void settingsWithoutProgramsStayAndHooksThatAreExamples() throws Exception {
    write("a/.git/config", "[core]\n\tbare = false\n");
    write("a/.git/hooks/update.sample", "x");
    write("b/.git/config", "[core]\n\tfsmonitor = evil\n");
    write("b/.git/hooks/update", "x");
    assertThat(moved()).containsExactly("b/.git/config", "b/.git/hooks");
  }
}
