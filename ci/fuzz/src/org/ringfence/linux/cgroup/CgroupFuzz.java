package org.ringfence.linux.cgroup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.ringfence.linux.plan.HostFacts.CgroupParent;

/** Any membership and any table of mounts of a container are read without an exception, and no group outside the mount is found. */
public final class CgroupFuzz {
  private static final Path PROCESS = made();

  private CgroupFuzz() {}

  private static Path made() {
    try {
      Path made = Files.createTempDirectory(Path.of("/dev/shm"), "fuzz-");
      made.toFile().deleteOnExit();
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Tries one input; its first byte says where the membership ends. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    int middle = 1 + (input[0] & 0xff) * (input.length - 1) / 255;
    Path membership = Files.write(PROCESS.resolve("cgroup"), Arrays.copyOfRange(input, 1, middle));
    Path mounts = Files.write(PROCESS.resolve("mountinfo"), Arrays.copyOfRange(input, middle, input.length));
    membership.toFile().deleteOnExit();
    mounts.toFile().deleteOnExit();
    CgroupParent found = new CgroupSearch(PROCESS).search();
    if (found instanceof CgroupParent.None none && none.problem().isEmpty()) {
      throw new IllegalStateException(found.toString());
    }
  }
}
