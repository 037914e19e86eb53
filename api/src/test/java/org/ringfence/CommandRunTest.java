package org.ringfence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.FakeBackend.FakeProcess;
import org.ringfence.event.HostRequest;
import org.ringfence.event.HostVerdict;
import org.ringfence.event.Violation;
import org.ringfence.policy.EnvironmentPolicy;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.EventSink.Observation;

@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CommandRunTest {
  private static final int LARGE = 300_000;

  @TempDir private Path workspace;

  private Sandbox.Opener opener(FakeBackend backend) {
    SandboxPolicy policy =
        SandboxPolicy.builder().tmp(TmpPolicy.NONE).variable("SET", "policy").build();
    return Sandbox.opener(policy).workspace(workspace).backends(Backends.of(List.of(backend)));
  }

  private static FakeBackend backendRunning(BiConsumer<FakeProcess, EventSink> command) {
    return new FakeBackend(command);
  }

  /**
   * Writes more to each stream than a pipe holds. The process ends only after a reader has drained
   * both.
   */
  private static void writeLargeOutputToBothStreams(FakeProcess process) {
    PipedInputStream output = new PipedInputStream();
    PipedInputStream error = new PipedInputStream();
    process.output = output;
    process.error = error;
    PipedOutputStream toOutput = new PipedOutputStream();
    PipedOutputStream toError = new PipedOutputStream();
    try {
      toOutput.connect(output);
      toError.connect(error);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    Thread writer =
        new Thread(
            () -> {
              try (OutputStream out = toOutput;
                  OutputStream err = toError) {
                for (int i = 0; i < LARGE; i += 1000) {
                  out.write(new byte[1000]);
                  err.write(new byte[1000]);
                }
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
              process.exits(5);
            });
    writer.setDaemon(true);
    writer.start();
  }

  @Test
  void textOfResultHasLengthsInPlaceOfOutput() throws Exception {
    FakeBackend backend = backendRunning((process, sink) -> writeLargeOutputToBothStreams(process));
    try (Sandbox sandbox = opener(backend).open()) {
      assertThat(sandbox.command("x\n", "secret").run())
          .asString()
          .startsWith("Result[")
          .contains("exitCode=5", "Exited[status=5]", "stdout=" + LARGE + " bytes", "denials=0")
          .doesNotContain("secret", "\n")
          .hasSizeLessThan(300);
    }
  }

  @Test
  void missingValueIsNamed() throws Exception {
    try (Sandbox sandbox = opener(backendRunning((process, sink) -> process.exits(0))).open()) {
      CommandRun run = sandbox.command("x");
      assertThatThrownBy(() -> run.timeout(null)).hasMessage("timeout");
      assertThatThrownBy(() -> run.stdin((String) null)).hasMessage("stdin");
      assertThatThrownBy(() -> run.stdin((byte[]) null)).hasMessage("stdin");
      assertThatThrownBy(() -> run.stdin((Path) null)).hasMessage("stdin");
      assertThatThrownBy(() -> run.directory(null)).hasMessage("directory");
      assertThatThrownBy(() -> run.environment(null)).hasMessage("environment");
    }
  }

  @Test
  void resultDoesNotWaitForStreamThatNeverEnds() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    FakeBackend backend =
        backendRunning(
            (process, sink) -> {
              process.output = endless("some", never);
              process.exits(0);
            });
    try (Sandbox sandbox = opener(backend).open()) {
      Result result = sandbox.command("x").run();
      assertThat(result.stdout().text()).isEqualTo("some");
      assertThat(result.succeeded()).isTrue();
      assertThat(result.stdout().cutOff()).isTrue();
      assertThat(result.stdout().truncated()).isTrue();
      assertThat(result.stderr().cutOff()).isFalse();
      assertThat(result.stderr().truncated()).isFalse();
    } finally {
      never.countDown();
    }
  }

  private static InputStream endless(String text, CountDownLatch never) {
    return new InputStream() {
      private final InputStream first = new ByteArrayInputStream(text.getBytes());

      @Override
      public int read() throws IOException {
        int read = first.read();
        if (read < 0) {
          await(never);
        }
        return read;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = first.read(buffer, offset, length);
        if (read < 0) {
          await(never);
        }
        return read;
      }
    };
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void resultDoesNotWaitForUnreadInput() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    FakeBackend backend =
        backendRunning(
            (process, sink) -> {
              process.input =
                  new OutputStream() {
                    @Override
                    public void write(int one) {
                      CommandRunTest.await(never);
                    }
                  };
              process.exits(0);
            });
    try (Sandbox sandbox = opener(backend).open()) {
      assertThat(sandbox.command("x").stdin(new byte[LARGE]).run().succeeded()).isTrue();
    } finally {
      never.countDown();
    }
  }

  @Test
  void resultHasOnlyTheDenialsOfItsCommand() throws Exception {
    FakeBackend backend =
        backendRunning(
            (process, sink) -> {
              sink.violation(FakeBackend.denied(process.commandId(), "/own"));
              sink.violation(FakeBackend.denied(process.commandId() + 1, "/other"));
              sink.violation(FakeBackend.denied(0, "/unknown"));
              process.exits(1);
            });
    List<Violation> heard = new ArrayList<>();
    try (Sandbox sandbox = opener(backend).onDenied(heard::add).open()) {
      Result result = sandbox.command("x").run();
      assertThat(result.denials()).extracting(Violation::target).containsExactly("/own");
      assertThat(heard).hasSize(3);
      assertThatThrownBy(result::check)
          .isInstanceOf(CommandFailedException.class)
          .hasMessageContaining("/own");
    }
  }

  @Test
  void interruptEndsTheCommandAndIsThrown() throws Exception {
    CompletableFuture<FakeProcess> started = new CompletableFuture<>();
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    FakeBackend backend = backendRunning((process, sink) -> started.complete(process));
    try (Sandbox sandbox = opener(backend).open()) {
      Thread runner =
          new Thread(
              () -> {
                try {
                  sandbox.command("x").run();
                  thrown.complete(null);
                } catch (Exception e) {
                  thrown.complete(e);
                }
              });
      runner.start();
      started.get();
      runner.interrupt();
      assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
      assertThat(started.get().isAlive()).isFalse();
    }
  }

  @Test
  void eachHookTurnsOnItsObservation() throws Exception {
    FakeBackend backend = backendRunning((process, sink) -> process.exits(0));
    opener(backend).open().close();
    assertThat(backend.sink.observes()).isEmpty();
    opener(backend).onDecidedDenial(denied -> {}).open().close();
    assertThat(backend.sink.observes()).isEmpty();
    opener(backend).onDenied(denied -> {}).open().close();
    assertThat(backend.sink.observes()).containsExactly(Observation.DENIED_OPENS);
    opener(backend).onExecuted(record -> {}).open().close();
    assertThat(backend.sink.observes()).containsExactly(Observation.COMMANDS);
    opener(backend).onConnection(record -> {}).open().close();
    assertThat(backend.sink.observes()).containsExactly(Observation.CONNECTIONS);
    Duration time = Duration.ofSeconds(7);
    opener(backend).onUnlistedHost(host -> HostVerdict.ALLOW_ONCE, time).open().close();
    assertThat(backend.sink.observes()).containsExactly(Observation.UNLISTED_HOSTS);
    assertThat(backend.sink.decisionTimeout()).isEqualTo(time);
    assertThat(backend.sink.unlistedHost(new HostRequest("a.test", 443, 1, "x")))
        .isEqualTo(HostVerdict.ALLOW_ONCE);
    assertThatThrownBy(
            () ->
                opener(backend)
                    .onUnlistedHost(host -> HostVerdict.DENY, time)
                    .onUnlistedHost(host -> HostVerdict.DENY, time))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void throwingHookDoesNotSilenceTheOthers() throws Exception {
    List<Violation> heard = new ArrayList<>();
    FakeBackend backend = backendRunning((process, sink) -> process.exits(0));
    try (Sandbox sandbox =
        opener(backend)
            .onDenied(
                denied -> {
                  throw new IllegalStateException("a hook's own fault");
                })
            .onDenied(heard::add)
            .open()) {
      assertThatThrownBy(() -> backend.sink.violation(FakeBackend.denied(1, "/x")))
          .hasMessage("a hook's own fault");
      assertThat(heard).hasSize(1);
    }
  }

  @Test
  void hookWithoutMemoryIsAHookThatFails() throws Exception {
    List<Object> heard = new ArrayList<>();
    OutOfMemoryError full = new OutOfMemoryError("fake");
    FakeBackend backend = backendRunning((process, sink) -> process.exits(0));
    try (Sandbox sandbox =
        opener(backend)
            .onDenied(
                denied -> {
                  throw full;
                })
            .onDenied(heard::add)
            .onCommand(
                event -> {
                  throw full;
                })
            .onCommand(heard::add)
            .open()) {
      assertThatThrownBy(() -> backend.sink.violation(FakeBackend.denied(1, "/x")))
          .isInstanceOf(RuntimeException.class)
          .hasCause(full);
      assertThat(heard).hasSize(1);
      assertThat(sandbox.command("x").run().succeeded()).isTrue();
      assertThat(heard).hasSize(3);
    }
  }

  @Test
  void environmentKeepsCallerPolicyAndInheritedVariablesApart() throws Exception {
    FakeBackend backend = backendRunning((process, sink) -> process.exits(0));
    Map.Entry<String, String> own = System.getenv().entrySet().iterator().next();
    try (Sandbox sandbox = opener(backend).open()) {
      sandbox
          .command("x")
          .environment(own.getKey(), own.getValue())
          .environment("TMPDIR", "/caller")
          .run();
    }
    assertThat(backend.launch.environment().ofCaller())
        .containsOnly(own, Map.entry("TMPDIR", "/caller"));
    assertThat(backend.launch.environment().ofPolicy()).containsOnly(Map.entry("SET", "policy"));
    assertThat(backend.launch.environment().inherited())
        .isEqualTo(EnvironmentPolicy.CORE.apply(System.getenv()));
    assertThat(backend.launch.environment().resolved())
        .containsEntry("TMPDIR", "/caller")
        .containsEntry("SET", "policy");
  }

  @Test
  void toStringDescribesCommandAndSandbox() throws Exception {
    FakeBackend backend = backendRunning((process, sink) -> process.exits(0));
    Sandbox sandbox = opener(backend).open();
    assertThat(sandbox).hasToString("Sandbox[fake, workspace=" + workspace + "]");
    CommandRun run = sandbox.command("sh", "-c", "a\u001b[2J").environment("TOKEN", "secret");
    assertThat(run.toString()).isEqualTo("CommandRun[SandboxCommand[sh -c a\\x1b[2J]]");
    sandbox.close();
    assertThat(sandbox.toString()).endsWith("closed]");
    assertThatThrownBy(run::run).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void runReadsBothStreamsConcurrently() throws Exception {
    FakeBackend backend = backendRunning((process, sink) -> writeLargeOutputToBothStreams(process));
    try (Sandbox sandbox = opener(backend).open()) {
      Result result = sandbox.command("x").maxOutput(10).run();
      assertThat(result.ending()).isEqualTo(new Ending.Exited(5));
      assertThat(result.stdout().written()).isEqualTo(LARGE);
      assertThat(result.stderr().written()).isEqualTo(LARGE);
      assertThat(result.stderr().bytes()).hasSize(10);
    }
  }

  @Test
  void commandEndsWhenThereIsNoMemoryForItsOutput() throws Exception {
    CompletableFuture<Boolean> closed = new CompletableFuture<>();
    FakeBackend backend =
        backendRunning(
            (process, sink) ->
                process.output =
                    new InputStream() {
                      @Override
                      public int read() {
                        throw new OutOfMemoryError("Java heap space");
                      }

                      @Override
                      public int read(byte[] bytes, int from, int length) {
                        return read();
                      }

                      @Override
                      public void close() {
                        closed.complete(true);
                      }
                    });
    try (Sandbox sandbox = opener(backend).open()) {
      assertThatThrownBy(() -> sandbox.command("writes").run())
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("the heap of this JVM is full");
    }
    assertThat(closed).isCompletedWithValue(true);
  }

  @Test
  void runThatCannotReadTheOutputClosesTheStreams() throws Exception {
    CompletableFuture<Boolean> closed = new CompletableFuture<>();
    CompletableFuture<Sandbox> opened = new CompletableFuture<>();
    FakeBackend backend =
        backendRunning(
            (process, sink) -> {
              process.output =
                  new ByteArrayInputStream(new byte[0]) {
                    @Override
                    public void close() {
                      closed.complete(true);
                    }
                  };
              process.exits(0);
              opened.join().close();
            });
    try (Sandbox sandbox = opener(backend).open()) {
      opened.complete(sandbox);
      assertThatThrownBy(() -> sandbox.command("x").run())
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the sandbox is closed");
    }
    assertThat(closed).isCompletedWithValue(true);
  }
}
