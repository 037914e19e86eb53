package org.ringfence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.FakeBackend.FakeProcess;
import org.ringfence.event.Violation;
import org.ringfence.event.json.AuditLog;
import org.ringfence.event.json.SecretMask;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.EventSink.Observation;

@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CommandEventTest {
  @TempDir private Path workspace;
  private final List<Object> heard = new CopyOnWriteArrayList<>();

  private Sandbox.Opener opener(FakeBackend backend) {
    SandboxPolicy policy = SandboxPolicy.builder().tmp(TmpPolicy.NONE).build();
    return Sandbox.opener(policy)
        .workspace(workspace)
        .backends(Backends.of(List.of(backend)))
        .onDecidedDenial(denied -> heard.add(denied.command()))
        .onCommand(heard::add);
  }

  private static FakeBackend running(BiConsumer<FakeProcess, EventSink> command) {
    return new FakeBackend(command);
  }

  private static void deniesAndExits(FakeProcess process, EventSink sink) {
    sink.violation(FakeBackend.denied(process.commandId(), "/denied"));
    process.exits(3);
  }

  @Test
  void startAndEndFrameTheDenialsOfACommandThatRuns() throws Exception {
    try (Sandbox sandbox = opener(running(CommandEventTest::deniesAndExits)).open()) {
      for (long id = 1; id <= 2; id++) {
        Result result = sandbox.command("program", "secret\n").run();
        assertThat(result.commandId()).isEqualTo(id);
        assertThat(result.denials()).extracting(Violation::command).containsExactly(id);
        assertThat(heard)
            .containsExactly(
                new CommandEvent.Begun(id, List.of("program", "secret\n")),
                id,
                new CommandEvent.Ended(id, 3, new Ending.Exited(3), result.usage()));
        assertThat(heard.get(0)).hasToString("Begun[commandId=" + id + ", program=program]");
        heard.clear();
      }
    }
  }

  @Test
  void startIsHeardOnTheThreadThatStarts() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    FakeBackend backend = running(CommandEventTest::deniesAndExits);
    try (Sandbox sandbox =
        opener(backend).onCommand(event -> thread.complete(Thread.currentThread())).open()) {
      sandbox.start(SandboxCommand.of("x"));
      assertThat(thread.get()).isSameAs(Thread.currentThread());
    }
  }

  @Test
  void endOfAProcessIsHeardWhenItEndsAndBeforeItsSandboxIsClosed() throws Exception {
    CompletableFuture<FakeProcess> started = new CompletableFuture<>();
    Sandbox sandbox = opener(running((process, sink) -> started.complete(process))).open();
    SandboxedProcess process = sandbox.start(SandboxCommand.of("x"));
    assertThat(heard).containsExactly(new CommandEvent.Begun(1, List.of("x")));
    started.get().destroy();
    sandbox.close();
    assertThat(heard)
        .element(1)
        .isEqualTo(
            new CommandEvent.Ended(1, 137, new Ending.Cancelled(), process.usage().orElseThrow()));
  }

  @Test
  void interruptedCommandEndsForItsHook() throws Exception {
    FakeBackend backend = running((process, sink) -> Thread.currentThread().interrupt());
    try (Sandbox sandbox = opener(backend).open()) {
      assertThatThrownBy(() -> sandbox.command("x").run()).isInstanceOf(InterruptedException.class);
      assertThat(heard).hasSize(2);
      assertThat(((CommandEvent.Ended) heard.get(1)).ending()).isEqualTo(new Ending.Cancelled());
    }
  }

  @Test
  void hookHearsWhyACommandDoesNotStart() throws Exception {
    IllegalStateException fault = new IllegalStateException("no");
    FakeBackend backend =
        running(
            (process, sink) -> {
              throw fault;
            });
    try (Sandbox sandbox = opener(backend).open()) {
      assertThatThrownBy(() -> sandbox.command("x").run()).isSameAs(fault);
      assertThat(heard)
          .containsExactly(
              new CommandEvent.Begun(1, List.of("x")), new CommandEvent.NotStarted(1, fault));
      heard.clear();
      assertThatThrownBy(() -> sandbox.command("x").directory(Path.of("missing")).run())
          .isInstanceOf(SandboxException.class);
      assertThat(heard).hasSize(2).element(1).isInstanceOf(CommandEvent.NotStarted.class);
    }
  }

  @Test
  void commandDoesNotDependOnItsHook() throws Exception {
    FakeBackend backend = running((process, sink) -> process.exits(0));
    Sandbox.Opener opener =
        opener(backend)
            .onCommand(
                event -> {
                  throw new IllegalStateException("a hook's own fault");
                });
    try (Sandbox sandbox = opener.onCommand(heard::add).open()) {
      assertThat(sandbox.command("x").run().succeeded()).isTrue();
      assertThat(heard).hasSize(4);
    }
  }

  @Test
  void auditLogThatHasToBeCompleteStartsNoCommandWithoutItsLine() throws Exception {
    Writer full =
        new Writer() {
          @Override
          public void write(char[] text, int from, int count) throws IOException {
            throw new IOException("no space left");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    SecretMask mask = SecretMask.usualAnd(List.of());
    FakeBackend backend = running((process, sink) -> process.exits(0));
    try (Sandbox sandbox = new AuditLog(full, mask, true).recording(opener(backend)).open()) {
      assertThatThrownBy(() -> sandbox.command("x").run())
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("could not be recorded");
      assertThat(backend.launch).isNull();
      assertThat(heard).hasSize(2).element(1).isInstanceOf(CommandEvent.NotStarted.class);
    }
    // The control: a log that may miss lines does not stop a command.
    try (Sandbox sandbox = new AuditLog(full, mask, false).recording(opener(backend)).open()) {
      assertThat(sandbox.command("x").run().succeeded()).isTrue();
    }
  }

  @Test
  void hookMayCloseItsSandbox() throws Exception {
    CompletableFuture<Sandbox> opened = new CompletableFuture<>();
    CompletableFuture<FakeProcess> started = new CompletableFuture<>();
    CompletableFuture<Void> closed = new CompletableFuture<>();
    Sandbox.Opener opener =
        opener(running((process, sink) -> started.complete(process)))
            .onCommand(
                event -> {
                  if (event instanceof CommandEvent.Ended) {
                    opened.join().close();
                    closed.complete(null);
                  }
                });
    Sandbox sandbox = opener.open();
    opened.complete(sandbox);
    sandbox.start(SandboxCommand.of("x"));
    started.get().exits(0);
    closed.get();
    assertThat(sandbox.toString()).endsWith("closed]");
  }

  @Test
  void completeDenialsObservesOpensWithoutAHook() throws Exception {
    FakeBackend backend = running((process, sink) -> process.exits(0));
    opener(backend).open().close();
    assertThat(backend.sink.observes()).isEmpty();
    opener(backend).completeDenials().open().close();
    assertThat(backend.sink.observes()).containsExactly(Observation.DENIED_OPENS);
  }
}
