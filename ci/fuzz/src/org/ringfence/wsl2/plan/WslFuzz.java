package org.ringfence.wsl2.plan;

import java.nio.charset.StandardCharsets;

/** Output of {@code wsl.exe} and tables of mounts of its guests are read without an exception, in time. */
public final class WslFuzz {
  private WslFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    WslFailure.in(input);
    for (WslDistribution each : WslDistribution.list(input)) {
      if (each.name().isBlank() || each.name().indexOf('\n') >= 0 || each.version() < 1 || each.version() > 2) {
        throw new IllegalStateException(each.toString());
      }
    }
    String text = new String(input, StandardCharsets.UTF_8);
    for (String door : DoorMounts.of(text)) {
      if (door.equals("/")) {
        throw new IllegalStateException("the root is a door");
      }
    }
  }
}
