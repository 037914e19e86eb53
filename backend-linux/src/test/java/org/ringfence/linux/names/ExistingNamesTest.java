package org.ringfence.linux.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxException;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;

/** What a command does is done here by the test, without a sandbox. */
@EnabledOnOs(OS.LINUX)
class ExistingNamesTest {
  @TempDir private Path base;
  private Path root;

  /** A step of the test. */
  private interface Step {
    void run() throws Exception;
  }

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(base.toRealPath().resolve("w"));
    write(".git/config", "[alias]\n\tx = !run\n");
    write("a/.vscode/tasks.json", "1");
    write(".envrc", "1");
    Files.createSymbolicLink(root.resolve(".bashrc"), Path.of("nowhere"));
  }

  private void write(String path, String content) throws IOException {
    Files.createDirectories(root.resolve(path).getParent());
    Files.writeString(root.resolve(path), content);
  }

  /** Replaces a file as editors do. */
  private void replace(String path, String content) throws IOException {
    write("new", content);
    Files.move(root.resolve("new"), root.resolve(path), StandardCopyOption.REPLACE_EXISTING);
  }

  private ExistingNames find() throws SandboxException {
    return ExistingNames.find(
        new Kernel(Arch.current().orElseThrow()),
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .write(root.toString())
                .protectedNames(ProtectedNames.EXISTING_REPORT)
                .build(),
            PathContext.current(root)));
  }

  /** Returns a command's reports: paths below the root, each with its outcome. */
  private List<String> reported(ExistingNames names, Step command) throws Exception {
    List<String> told = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch end = new CountDownLatch(1);
    names.begin();
    command.run();
    names.atEnd(
        1,
        1,
        () -> true,
        one -> told.add(root.relativize(Path.of(one.target())) + ": " + one.rule()),
        end::countDown);
    assertThat(end.await(1, TimeUnit.MINUTES)).isTrue();
    return told.stream().sorted().toList();
  }

  @Test
  void mountsAreThoseOfNamesThatAreNoLinks() throws Exception {
    try (ExistingNames names = find()) {
      assertThat(names.mounts())
          .containsExactly(root + "/.envrc", root + "/.git/config", root + "/a/.vscode");
      assertThat(reported(names, () -> write("b", "1"))).isEmpty();
    }
  }

  @Test
  void madeNameIsReportedOnce() throws Exception {
    try (ExistingNames names = find()) {
      List<String> told = reported(names, () -> write("n/.idea/x", "1"));
      assertThat(told).hasSize(1).first().asString().startsWith("n/.idea: ").contains("made by");
      assertThat(reported(names, () -> write("b", "1"))).isEmpty();
    }
  }

  @Test
  void replacedOrRemovedLinkIsMadeAgain() throws Exception {
    try (ExistingNames names = find()) {
      assertThat(reported(names, () -> Files.delete(root.resolve(".bashrc")))).hasSize(1);
      assertThat(Files.readSymbolicLink(root.resolve(".bashrc"))).hasToString("nowhere");
    }
  }

  @Test
  void settingsThatAProgramOutsideReplacesStayIfTheyNameNoNewProgram() throws Exception {
    try (ExistingNames names = find()) {
      assertThat(
              reported(
                  names,
                  () -> replace(".git/config", "[alias]\n\tx = !run\n[user]\n\tname = me\n")))
          .hasSize(1)
          .first()
          .asString()
          .contains("names no new program and stays");
      assertThatThrownBy(names::begin)
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("open the sandbox again");
    }
    try (ExistingNames names = find()) {
      assertThat(reported(names, () -> replace(".git/config", "[core]\n\tfsmonitor = evil\n")))
          .hasSize(1)
          .first()
          .asString()
          .contains("or by a program outside; it is still there");
    }
  }

  @Test
  void directoryThatIsMovedAndItsReplacementAreBothReported() throws Exception {
    try (ExistingNames names = find()) {
      List<String> told =
          reported(
              names,
              () -> {
                Files.move(root.resolve("a"), root.resolve("b"));
                write("a/.vscode/tasks.json", "evil");
              });
      assertThat(told).hasSize(2);
      assertThat(told.get(0)).startsWith("a/.vscode: ").contains("replaced while the command ran");
      assertThat(told.get(1)).startsWith("b/.vscode: ").contains("was moved with its directory");
    }
  }
}
