package org.ringfence.wsl2.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.ringfence.Sandbox;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.wsl2.plan.DoorMounts;
import org.ringfence.wsl2.plan.DoorTrial;
import org.ringfence.wsl2.plan.GuestPolicy;

/** The doors of this distribution, as they are at a moment. */
final class GuestDoors {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final int MOST_ENTRIES = 20;

  private GuestDoors() {}

  private static String mounts() throws IOException {
    return new String(Files.readAllBytes(MOUNTS), StandardCharsets.UTF_8);
  }

  /** Returns the places of the mounts that lead to Windows or to other distributions. */
  static List<String> mounted() throws IOException {
    return DoorMounts.of(mounts());
  }

  /** Tries the doors from inside a sandbox; throws if one leads out that leads out without it. */
  static void demandShut(Sandbox sandbox, EffectivePolicy policy) throws IOException {
    DoorTrial trial = DoorTrial.of(policy, GuestPolicy.tried(mounts()), GuestDoors::entries);
    List<String> words = new ArrayList<>(List.of("/bin/sh", "-c", DoorTrial.SCRIPT, "sh"));
    words.addAll(trial.probes());
    try {
      Process control = new ProcessBuilder(words).redirectErrorStream(true).start();
      control.getOutputStream().close();
      String outside = new String(control.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      control.waitFor();
      String inside = sandbox.command(words.toArray(String[]::new)).run().stdout().text();
      DoorTrial.demandShut(trial.open(outside, inside));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the doors were tried", e);
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
