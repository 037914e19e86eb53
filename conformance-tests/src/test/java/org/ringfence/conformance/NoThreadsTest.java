package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.Presets;

/**
 * Commands may take all processes that a user can have, and with them the threads of the JVM that
 * has started them: it goes on keeping time, and says what it cannot do.
 */
class NoThreadsTest {
  private static final int MOST = 300;

  /** The JVM, whose user may have few threads. */
  static final class Few {
    private Few() {}

    public static void main(String[] arguments) throws Exception {
      Path workspace = Path.of(arguments[0]);
      SandboxPolicy policy = Presets.load("workspace-write");
      SandboxPolicy brief = policy.toBuilder().wallTime(java.time.Duration.ofSeconds(4)).build();
      try (Sandbox sandbox =
              Sandbox.opener(policy).workspace(workspace).backend("landlock").open();
          Sandbox timed = Sandbox.opener(brief).workspace(workspace).backend("landlock").open()) {
        sandbox.start(SandboxCommand.of("mkfifo", "fifo")).waitFor();
        // Its shell opens a FIFO, for which the supervisor would start a thread, and never ends.
        SandboxedProcess waiting =
            timed.start(
                SandboxCommand.of(
                    "/bin/sh", "-c", "read x; echo y >fifo || echo put off; while :; do :; done"));
        CountDownLatch enough = new CountDownLatch(1);
        List<Thread> taken = takeAll(enough);
        // Threads of the JVM's own end when they have nothing to do.
        for (int i = 0; i < 5; i++) {
          TimeUnit.MILLISECONDS.sleep(100);
          taken.addAll(takeAll(enough));
        }
        waiting.getOutputStream().write('\n');
        waiting.getOutputStream().flush();
        List<String> refusals = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          // The first ones have a thread, started before there was anything to do, and no process.
          refusals.add("refused " + refused(sandbox));
          taken.addAll(takeAll(enough));
        }
        String told = new String(waiting.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        waiting.waitFor();
        enough.countDown();
        for (Thread thread : taken) {
          thread.join();
        }
        String after = "started " + sandbox.start(SandboxCommand.of("true")).waitFor();
        List<String> all = new ArrayList<>(refusals);
        all.add("said " + told.strip());
        all.add("ended " + waiting.termination().orElseThrow().cause());
        all.add(after);
        Files.write(workspace.resolve("told"), all);
      }
    }

    private static List<Thread> takeAll(CountDownLatch enough) {
      List<Thread> taken = new ArrayList<>();
      try {
        while (taken.size() < 10 * MOST) {
          Thread thread =
              new Thread(
                  () -> {
                    try {
                      enough.await();
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
          thread.start();
          taken.add(thread);
        }
      } catch (OutOfMemoryError e) {
        System.err.println("no more than " + taken.size());
      }
      return taken;
    }

    private static String refused(Sandbox sandbox) throws InterruptedException {
      try {
        sandbox.start(SandboxCommand.of("true")).waitFor();
        return "";
      } catch (SandboxException e) {
        return String.valueOf(e.getMessage());
      }
    }
  }

  @Test
  void timeIsKeptAndWhatCannotBeIsSaid() throws Exception {
    assumeTrue(new LandlockBackend().probe().usable(), "no Landlock here");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "prlimit (util-linux) is missing");
    try (OrdinaryUser user = OrdinaryUser.create()) {
      Path workspace = user.directory("workspace");
      ProcessBuilder jvm = user.java(Few.class.getName(), workspace.toString());
      jvm.command().addAll(0, List.of("/usr/bin/prlimit", "--nproc=" + MOST, "--"));
      // The JVM itself prints that it has no threads.
      Process process = jvm.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      try {
        assertThat(process.waitFor(90, TimeUnit.SECONDS)).as("it hangs").isTrue();
      } finally {
        process.destroyForcibly();
      }
      List<String> told = lines(workspace.resolve("told"));
      assertThat(told).endsWith("said put off", "ended TIMED_OUT", "started 0").hasSize(7);
      assertThat(told.subList(0, 4))
          .allSatisfy(line -> assertThat(line).contains("no process or thread left"));
    }
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }
}
