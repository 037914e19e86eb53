package org.ringfence.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.CommandFailedException;
import org.ringfence.CommandNotFoundException;
import org.ringfence.Ending;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.event.AuditRecord;
import org.ringfence.event.Violation;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.json.Presets;

/** Checks the result of a command that a program runs and waits for. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ResultTest {
  private static final String BOTH = "{0}";
  private static final String BUSY = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";

  @TempDir private Path workspace;

  private Sandbox.Opener opener(String backend, SandboxPolicy policy) {
    return Sandbox.opener(policy).workspace(workspace).backend(backend);
  }

  private static PolicyBuilder writing() {
    return Presets.load("workspace-write").toBuilder().strictness(Strictness.Mode.BEST_EFFORT);
  }

  private Sandbox open(String backend) throws SandboxException {
    return opener(backend, writing().build()).open();
  }

  private static Result sh(Sandbox sandbox, String script) throws Exception {
    return sandbox.command("sh", "-c", script).run();
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void outputLargerThanAPipeIsReadFromBothStreams(String backend) throws Exception {
    try (Sandbox sandbox = open(backend)) {
      Result result =
          sh(
              sandbox,
              "head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2;"
                  + " head -c 1000000 /dev/zero; exit 3");
      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.ending()).isEqualTo(new Ending.Exited(3));
      assertThat(result.stdout().bytes()).hasSize(4_000_000);
      assertThat(result.stderr().bytes()).hasSize(2_000_000);
      assertThat(result.stdout().truncated()).isFalse();
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void outputBeyondTheKeptPartIsReadAndCounted(String backend) throws Exception {
    try (Sandbox sandbox = open(backend)) {
      Result result =
          sandbox
              .command("sh", "-c", "head -c 3000000 /dev/zero; echo; echo last; echo x >&2")
              .maxOutput(1000)
              .run();
      assertThat(result.ending()).isEqualTo(new Ending.Exited(0));
      assertThat(result.stdout().bytes()).hasSize(1000);
      assertThat(result.stdout().truncated()).isTrue();
      assertThat(result.stdout().written()).isEqualTo(3_000_006);
      assertThat(result.stdout().lastLines(1)).containsExactly("last");
      assertThat(result.stderr().truncated()).isFalse();
      assertThat(result.stderr().text()).isEqualTo("x\n");
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void unreadInputDoesNotBlockTheResult(String backend) throws Exception {
    byte[] large = new byte[5_000_000];
    try (Sandbox sandbox = open(backend)) {
      assertThat(sandbox.command("true").stdin(large).run().succeeded()).isTrue();
      assertThat(sandbox.command("wc", "-c").stdin(large).run().stdout().text().strip())
          .isEqualTo("5000000");
      assertThat(sandbox.command("cat").stdin("grün").run().stdout().text()).isEqualTo("grün");
      assertThat(sandbox.command("cat").run().stdout().bytes()).isEmpty();
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void leftoverProcessDoesNotBlockTheResult(String backend) throws Exception {
    SandboxPolicy keeping =
        writing().lifetime(new Lifetime(Lifetime.Leftovers.KEEP, Lifetime.Leftovers.KILL)).build();
    try (Sandbox sandbox = opener(backend, keeping).open()) {
      Result result = sh(sandbox, "sleep 1000 & echo left");
      assertThat(result.stdout().text()).isEqualTo("left\n");
      assertThat(result.succeeded()).isTrue();
    }
    try (Sandbox sandbox = open(backend)) {
      assertThat(sh(sandbox, "sleep 1000 & echo killed").stdout().text()).isEqualTo("killed\n");
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void endingTellsSignalTimeoutAndLimitsApart(String backend) throws Exception {
    SandboxPolicy limited =
        writing().outputBytes(10_000).cpuTime(Duration.ofSeconds(1)).fileSize(100_000).build();
    Duration time = Duration.ofMillis(300);
    try (Sandbox sandbox = open(backend);
        Sandbox bounded = opener(backend, limited).open()) {
      assertThat(sh(sandbox, "kill -9 $$").ending()).isEqualTo(new Ending.Signaled(9));
      assertThat(sandbox.command("sleep", "1000").timeout(time).run().ending())
          .isEqualTo(new Ending.TimedOut(time));
      assertThat(bounded.command("yes").run().ending())
          .isEqualTo(new Ending.LimitReached(Ending.Limit.OUTPUT));
      assertThat(sh(bounded, "exec sh -c 'while :; do :; done'").ending())
          .isEqualTo(new Ending.LimitReached(Ending.Limit.CPU_TIME));
      assertThat(bounded.command("dd", "if=/dev/zero", "of=large", "bs=200000", "count=2").run())
          .extracting(Result::ending)
          .isEqualTo(new Ending.LimitReached(Ending.Limit.FILE_SIZE));
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void closingTheSandboxCancelsRunningCommands(String backend) throws Exception {
    CompletableFuture<Result> result = new CompletableFuture<>();
    Sandbox sandbox = open(backend);
    Path started = workspace.resolve("started");
    Thread runner =
        new Thread(
            () -> {
              try {
                result.complete(sh(sandbox, "echo x >started; exec sleep 1000"));
              } catch (Exception e) {
                result.completeExceptionally(e);
              }
            });
    runner.start();
    while (!started.toFile().exists()) {
      Thread.onSpinWait();
    }
    sandbox.close();
    assertThat(result.get().ending()).isEqualTo(new Ending.Cancelled());
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void interruptEndsTheProcessTree(String backend) throws Exception {
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    try (Sandbox sandbox = open(backend)) {
      Path pid = workspace.resolve("pid");
      Thread runner =
          new Thread(
              () -> {
                try {
                  sh(sandbox, "sleep 4711 & echo x >pid; wait");
                  thrown.complete(null);
                } catch (Exception e) {
                  thrown.complete(e);
                }
              });
      runner.start();
      while (!pid.toFile().exists()) {
        Thread.onSpinWait();
      }
      runner.interrupt();
      assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
      assertThat(
              ProcessHandle.allProcesses()
                  .flatMap(process -> process.info().arguments().stream())
                  .filter(arguments -> List.of(arguments).contains("4711")))
          .isEmpty();
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void resultContainsOnlyTheDenialsOfItsCommand(String backend) throws Exception {
    ConcurrentLinkedQueue<Violation> all = new ConcurrentLinkedQueue<>();
    try (Sandbox sandbox = opener(backend, writing().build()).onDenied(all::add).open()) {
      CompletableFuture<Result> other =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return sh(
                      sandbox,
                      "i=0; while [ $i -lt 50 ]; do chmod 700 /etc/passwd; i=$((i+1)); done");
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      for (int i = 0; i < 20; i++) {
        Result one = sh(sandbox, "chmod 700 /etc/hostname");
        assertThat(targets(one.denials())).containsOnly("/etc/hostname");
      }
      assertThat(targets(other.get().denials())).containsOnly("/etc/passwd");
      assertThat(all).allMatch(denied -> denied.command() > 0);
      assertThat(sh(sandbox, "true").denials()).isEmpty();
    }
  }

  private static List<String> targets(Collection<Violation> denials) {
    return denials.stream().map(Violation::target).toList();
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void denialOfADaemonBelongsToItsCommand(String backend) throws Exception {
    String daemon = "setsid sh -c 'chmod 700 /etc/hostname; touch done' & wait";
    try (Sandbox sandbox = opener(backend, writing().build()).completeDenials().open()) {
      SandboxedProcess beside = sandbox.start(SandboxCommand.of("sleep", "1000"));
      Result result = sh(sandbox, daemon);
      assertThat(targets(result.denials())).containsOnly("/etc/hostname");
      beside.destroyForcibly();
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void slowHookGetsItsEventsBeforeTheCommandEnds(String backend) throws Exception {
    ConcurrentLinkedQueue<Violation> heard = new ConcurrentLinkedQueue<>();
    ConcurrentLinkedQueue<AuditRecord> executed = new ConcurrentLinkedQueue<>();
    try (Sandbox sandbox =
        opener(backend, writing().build())
            .onDenied(
                denied -> {
                  pause();
                  heard.add(denied);
                })
            .onExecuted(executed::add)
            .open()) {
      for (int i = 1; i <= 5; i++) {
        SandboxedProcess process =
            sandbox.start(SandboxCommand.of("chmod", "700", "/etc/hostname").inheritIO());
        process.waitFor();
        assertThat(heard).hasSize(i);
        assertThat(executed)
            .anyMatch(
                record ->
                    record.command() == process.commandId() && record.path().endsWith("chmod"));
      }
      SandboxedProcess process = sandbox.start(SandboxCommand.of("chmod", "700", "/etc/hostname"));
      process.onExit().thenAccept(ended -> assertThat(heard).hasSize(6)).get();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(30);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void hangingHookDoesNotBlockTheResult(String backend) throws Exception {
    CompletableFuture<Void> never = new CompletableFuture<>();
    try (Sandbox sandbox =
        opener(backend, writing().build()).onDenied(denied -> never.join()).open()) {
      assertThat(sh(sandbox, "chmod 700 /etc/hostname").exitCode()).isEqualTo(1);
      assertThat(sandbox.flushEvents(Duration.ofMillis(1))).isFalse();
      never.complete(null);
      assertThat(sandbox.flushEvents(Duration.ofMinutes(1))).isTrue();
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void usageReportsTimeAndMemoryWhereAvailable(String backend) throws Exception {
    try (Sandbox sandbox = open(backend)) {
      Result busy = sh(sandbox, BUSY);
      assertThat(busy.usage().wallTime()).isPositive();
      Duration used = Duration.ofMillis(20);
      assertThat(busy.usage().cpuTime()).hasValueSatisfying(isMoreThan(used));
      // An orphan counts, too, which the first process of the namespace has waited for.
      Result left =
          sh(
              sandbox,
              "(setsid sh -c '"
                  + BUSY
                  + "; echo >done' &) ; while ! [ -e done ]; do sleep 0.02; done");
      if (backend.equals("bubblewrap")) {
        assertThat(left.usage().cpuTime()).hasValueSatisfying(isMoreThan(used));
      }
      // A small program inherits the JVM's peak, which does not describe the program.
      assertThat(busy.usage().peakMemory()).isEmpty();
      Result large = sh(sandbox, "dd if=/dev/zero of=/dev/null bs=1050000000 count=1");
      assertThat(large.usage().peakMemory()).isPresent();
      assertThat(large.usage().peakMemory().getAsLong()).isBetween(1_000_000_000L, 2_500_000_000L);
    }
  }

  private static Consumer<Duration> isMoreThan(Duration least) {
    return time -> assertThat(time).isGreaterThan(least);
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void checkThrowsAFailureWithItsReasons(String backend) throws Exception {
    try (Sandbox sandbox = open(backend)) {
      assertThat(sh(sandbox, "exit 0").check().succeeded()).isTrue();
      Result failed = sh(sandbox, "echo one >&2; chmod 700 /etc/hostname; echo two >&2; exit 4");
      assertThatThrownBy(failed::check)
          .isInstanceOf(CommandFailedException.class)
          .hasMessageContainingAll("status 4", "one", "two", "/etc/hostname")
          .extracting(thrown -> ((CommandFailedException) thrown).result())
          .isSameAs(failed);
    }
  }

  @ParameterizedTest(name = BOTH)
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void deniedProgramIsReportedBeforeTheStart(String backend) throws Exception {
    SandboxPolicy minimal =
        SandboxPolicy.builder()
            .fileDefault(org.ringfence.policy.FileDefault.MINIMAL)
            .read(":workspace")
            .strictness(Strictness.Mode.BEST_EFFORT)
            .build();
    Path program = workspace.getParent().resolve("outside-" + backend);
    java.nio.file.Files.writeString(program, "#!/bin/sh\necho ran\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    try (Sandbox sandbox = opener(backend, minimal).open()) {
      assertThatThrownBy(() -> sandbox.command(program.toString()).run())
          .isInstanceOf(CommandNotFoundException.class)
          .hasMessageContaining("the policy denies running " + program);
    } finally {
      java.nio.file.Files.delete(program);
    }
  }
}
