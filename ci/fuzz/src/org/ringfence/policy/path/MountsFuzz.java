package org.ringfence.policy.path;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Any table of mounts is read without an exception; no other name of a path lies above, at or below it. */
public final class MountsFuzz {
  private MountsFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    MountTable table = new MountTable(new String(input, StandardCharsets.UTF_8));
    for (String path : List.of("/home/user/.ssh", "/srv", "/a b/c")) {
      for (String name : table.otherNames(path)) {
        if (PathStyle.POSIX.isAtOrBelow(name, path) || PathStyle.POSIX.isAtOrBelow(path, name)) {
          throw new IllegalStateException(path + ": " + name);
        }
      }
    }
  }
}
