package org.ringfence.wsl2.guest;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.ringfence.Sandbox;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.wsl2.plan.DoorMounts;
import org.ringfence.wsl2.plan.DoorTrial;
import org.ringfence.wsl2.plan.GuestPolicy;

/**
 * The doors of this distribution, when a sandbox was opened.
 *
 * @param policy the policy of the sandbox
 * @param known the places of the mounts that lead to Windows or to other distributions
 */
record GuestDoors(EffectivePolicy policy, List<String> known) {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final int MOST_ENTRIES = 20;

  /** The other side waits for a minute. */
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  /** Opens the sandbox that is tried. */
  interface Opening {
    Sandbox open() throws IOException;
  }

  private static String mounts() throws IOException {
    return new String(Files.readAllBytes(MOUNTS), StandardCharsets.UTF_8);
  }

  /** Returns the places of the mounts that lead to Windows or to other distributions. */
  static List<String> mounted() throws IOException {
    return DoorMounts.of(mounts());
  }

  /** Refuses a command if something was mounted since where it may look. */
  void demandKnown() throws IOException {
    DoorMounts.demandKnown(policy, known, mounted());
  }

  /** Tries the doors from inside a sandbox; throws if one leads out that leads out without it. */
  void demandShut(Opening opening) throws IOException {
    within(
        PATIENCE,
        () -> {
          // In a sandbox of its own: the caller hears of no denial of the trial.
          try (Sandbox sandbox = opening.open()) {
            demandShut(sandbox);
          }
          return null;
        });
  }

  /**
   * Waits for a trial. A drive that does not answer blocks the thread that looks at it, even
   * against a signal; that thread stays behind.
   */
  static void within(Duration patience, Callable<Void> trial) throws IOException {
    FutureTask<Void> task = new FutureTask<>(trial);
    Thread thread = new Thread(task, "ringfence-doors");
    thread.setDaemon(true);
    thread.start();
    try {
      task.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw DoorTrial.untried("the trial takes more than " + patience.toSeconds() + " s");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IOException("wsl.doors: " + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the doors were tried", e);
    } finally {
      task.cancel(true);
    }
  }

  private void demandShut(Sandbox sandbox) throws IOException, InterruptedException {
    DoorTrial all = DoorTrial.of(policy, GuestPolicy.tried(mounts()), GuestDoors::entries);
    for (DoorTrial part : all.parts()) {
      List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", DoorTrial.SCRIPT, "sh"));
      words.addAll(part.probes());
      String outside = control(words);
      part.demandShut(outside, sandbox.command(words.toArray(String[]::new)).run().stdout().text());
    }
  }

  private static String control(List<String> words) throws IOException, InterruptedException {
    // No sandbox confines it, and commands write into the caller's directory.
    ProcessBuilder builder =
        new ProcessBuilder(words).directory(new File("/")).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/bin:/bin");
    Process control = builder.start();
    try {
      control.getOutputStream().close();
      String outside = new String(control.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      control.waitFor();
      return outside;
    } finally {
      control.destroyForcibly();
    }
  }

  private static List<String> entries(String directory) {
    try (Stream<Path> names = Files.list(Path.of(directory))) {
      return names.map(path -> path.getFileName().toString()).limit(MOST_ENTRIES).toList();
    } catch (IOException | RuntimeException e) {
      // No directory, or one that this user does not read: no command does either.
      return List.of();
    }
  }
}
