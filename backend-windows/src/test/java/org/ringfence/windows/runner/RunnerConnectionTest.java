package org.ringfence.windows.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.SandboxException;
import org.ringfence.windows.channel.FrameChannel;
import org.ringfence.windows.channel.message.Message;
import org.ringfence.windows.command.PipeStreams;
import org.ringfence.windows.system.FakeWindows;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.NamedPipes.Direction;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.TokenFacts;
import org.ringfence.windows.system.WindowsCallException;
import org.ringfence.windows.system.WindowsError;

/** Checks how the start of a runner fails, on a fake Windows. */
class RunnerConnectionTest {
  private final FakeWindows windows = new FakeWindows();

  private RunnerConnection open(RunnerConnection.Starting start) throws SandboxException {
    return RunnerConnection.open(windows, start, FakeWindows.USER);
  }

  @ParameterizedTest
  @EnumSource(WindowsError.class)
  void everyLogonErrorIsReportedWithItsRemedy(WindowsError error) {
    assertThatThrownBy(
            () ->
                open(
                    pipes -> {
                      throw new WindowsCallException("CreateProcessWithLogonW", error.code());
                    }))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining(WindowsError.describe(error.code()))
        .hasMessageContaining(error.remedy());
    assertThat(windows.openHandles()).isZero();
  }

  private Processes.Started started(Integer exitCode) {
    return windows.start(
        new TokenFacts(
            FakeWindows.USER, Optional.empty(), Set.of(), List.of(), false, false, false, 1),
        exitCode);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CreateNamedPipeW",
        "CreateJobObjectW",
        "AssignProcessToJobObject",
        "ResumeThread",
        "GetTokenInformation"
      })
  void failedStartLeavesNoHandleOrProcess(String call) {
    windows.fail(call, 5);
    assertThatThrownBy(() -> open(pipes -> started(null)))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("error 5");
    assertThat(windows.openHandles()).isZero();
    assertThat(windows.running()).isZero();
  }

  @Test
  void earlyEndOfTheRunnerIsReportedWithItsExitCode() {
    assertThatThrownBy(() -> open(pipes -> started(WindowsError.STATUS_DLL_INIT_FAILED.code())))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("it ended with 0xC0000142");
    assertThat(windows.openHandles()).isZero();
  }

  /** Connects to the pipes and sends one message, as a runner in this process. */
  private Processes.Started connectAndSend(String pipes, Message first)
      throws WindowsCallException {
    Handle up = windows.administration.open(pipes + "-up", Direction.IN);
    Handle down = windows.administration.open(pipes + "-down", Direction.OUT);
    try (up;
        down) {
      new FrameChannel(PipeStreams.input(windows, down), PipeStreams.output(windows, up))
          .send(first);
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
    Processes.Started started = started(null);
    return new Processes.Started(
        started.process(), started.thread(), (int) ProcessHandle.current().pid());
  }

  @Test
  void otherVersionOrMissingHelloIsRefused() {
    assertThatThrownBy(
            () -> open(pipes -> connectAndSend(pipes, new Message.Hello(1, 1, java.util.Map.of()))))
        .hasMessageContaining("it speaks version 1")
        .hasMessageContaining("ringfence windows setup");
    assertThatThrownBy(() -> open(pipes -> connectAndSend(pipes, new Message.Finished("x"))))
        .hasMessageContaining("it does not identify itself");
    assertThat(windows.openHandles()).isZero();
  }

  @Test
  void requestForAnEndFailsAfterTheRunnerHasEnded() throws Exception {
    Message.Hello hello = new Message.Hello(Message.VERSION, 1, java.util.Map.of());
    try (RunnerConnection connection = open(pipes -> connectAndSend(pipes, hello))) {
      // The runner has closed its pipes. The request fails whether or not the reader has noticed.
      assertThat(connection.end(7))
          .failsWithin(java.time.Duration.ofSeconds(20))
          .withThrowableThat()
          .withMessageContaining("the runner has ended");
      assertThat(connection.end(8)).failsWithin(java.time.Duration.ofSeconds(20));
    }
    assertThat(windows.openHandles()).isZero();
  }
}
