package org.ringfence.windows.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.system.WindowsCallException;

/** Connects an unprivileged process with an elevated one over their pipes. */
class ElevationTest {
  @TempDir private Path directory;
  private SetupStage stage;

  @BeforeEach
  void prepare() throws Exception {
    stage = new SetupStage(directory);
    stage.windows.administration.elevated = false;
    stage.windows.administration.prompt =
        pipes -> {
          try {
            new ElevatedTask(stage.windows, stage.machine).run(pipes);
            return 0;
          } catch (IOException e) {
            return 3;
          }
        };
  }

  private Elevation elevation() {
    return new Elevation(
        stage.windows, "C:\\Program Files\\java\\javaw.exe", List.of("-cp", "a;b", "Main"));
  }

  private Message.Task task(String verb) {
    SetupRequest request = stage.request();
    return new Message.Task(
        Message.VERSION,
        verb,
        SetupStage.id(request.home()),
        request.home(),
        true,
        false,
        request.offlinePassword(),
        request.onlinePassword(),
        SetupStage.READABLE,
        request.libraries());
  }

  @Test
  void elevatedProcessRunsTheTaskAndReturnsItsFindings() throws Exception {
    stage.addReadableJvm();
    List<Finding> findings = elevation().run(task("setup"));
    assertThat(findings).hasSizeGreaterThan(10).allMatch(Finding::fine);
    assertThat(stage.windows.administration.elevatedIn)
        .as("a directory that no command writes")
        .isEqualTo("C:\\Program Files\\java\\");
    ClientRecord client = stage.machine.find(SetupStage.id(SetupStage.HOME)).orElseThrow();
    assertThat(client.user()).isEqualTo(SetupStage.REAL_USER);
    assertThat(stage.windows.administration.users.get(client.accounts().offline()).password)
        .isEqualTo(stage.request().offlinePassword());
    assertThat(elevation().run(task("teardown"))).isNotEmpty().allMatch(Finding::fine);
    assertThat(stage.windows.administration.users).isEmpty();
    assertThat(stage.windows.openHandles()).isZero();
  }

  /** The token of a process of another account is closed, also to administrators. */
  @Test
  void clientIsIdentifiedWhenAnotherAdministratorAnswersThePrompt() throws Exception {
    stage.addReadableJvm();
    stage.windows.othersAreClosed = true;
    assertThat(elevation().run(task("setup"))).isNotEmpty().allMatch(Finding::fine);
    ClientRecord client = stage.machine.find(SetupStage.id(SetupStage.HOME)).orElseThrow();
    assertThat(client.user()).isEqualTo(SetupStage.REAL_USER);
    // An elevated client's pipe belongs to the administrators, and its token is this user's.
    stage.windows.othersAreClosed = false;
    stage.windows.administration.pipeOwner = Optional.of(Sid.ADMINISTRATORS);
    assertThat(elevation().run(task("teardown"))).isNotEmpty().allMatch(Finding::fine);
  }

  @Test
  void declinedPromptIsReported() {
    stage.windows.fail("ShellExecuteExW", 1223);
    assertThatThrownBy(() -> elevation().run(task("setup")))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("the user declined")
        .hasMessageContaining("an administrator who agrees");
    assertThat(stage.windows.openHandles()).isZero();
  }

  @Test
  void elevatedProcessThatDoesNotConnectIsReported() {
    stage.windows.administration.prompt = pipes -> 5;
    assertThatThrownBy(() -> elevation().run(task("setup")))
        .hasMessageContaining("it ended with error 5, access is denied");
  }

  @Test
  void elevatedProcessThatEndsEarlyIsReported() {
    stage.windows.administration.prompt =
        pipes -> {
          try (var up = open(pipes + "-up");
              var down = open(pipes + "-down")) {
            return up.value() == down.value() ? 1 : 0;
          }
        };
    assertThatThrownBy(() -> elevation().run(task("setup")))
        .hasMessageContaining("it ended in the middle")
        .hasMessageContaining("ringfence windows repair");
  }

  private org.ringfence.windows.system.Handle open(String name) throws WindowsCallException {
    return stage.windows.administration.open(
        name, org.ringfence.windows.system.NamedPipes.Direction.IN);
  }

  @Test
  void taskOfAnotherClientVersionOrVerbIsRefused() {
    Message.Task own = task("teardown");
    Message.Task others =
        new Message.Task(
            own.version(),
            "teardown",
            "0123456789",
            own.home(),
            true,
            false,
            "",
            "",
            "",
            List.of());
    assertThatThrownBy(() -> elevation().run(others)).hasMessageContaining("is not that of");
    Message.Task later =
        new Message.Task(
            own.version() + 1,
            own.verb(),
            own.client(),
            own.home(),
            true,
            false,
            "",
            "",
            "",
            List.of());
    assertThatThrownBy(() -> elevation().run(later)).hasMessageContaining("is not spoken here");
    assertThatThrownBy(() -> elevation().run(task("format")))
        .hasMessageContaining("'format' is nothing to do");
  }

  @Test
  void failureReturnsWithItsReason() {
    stage.windows.fail("NetUserAdd", 2245);
    assertThatThrownBy(() -> elevation().run(task("setup"))).hasMessageContaining("error 2245");
  }
}
