package org.ringfence.conformance.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import org.ringfence.conformance.probe.NativeCalls;

/**
 * Resolves the paths that a name traverses and reaches in the current tree, for the executor
 * outside the sandbox.
 */
final class Ways {
  private static final int MOST_LINKS = 40;
  private static final Path FDS = Path.of("/proc/thread-self/fd");

  private Ways() {}

  /**
   * Follows a name.
   *
   * @param base the descriptor of the starting directory
   * @param name the name
   * @return paths with a prefix: {@code r:} for traversed ones, {@code f:} for the last name and
   *     the target of a link there, {@code n:} for the last name alone if it lies deeper than the
   *     longest path
   */
  static Set<String> of(int base, String name) {
    Set<String> seen = new LinkedHashSet<>();
    try {
      Path at = name.startsWith("/") ? Path.of("/") : directory(base);
      Deque<String> rest = new ArrayDeque<>(Arrays.asList(name.split("/")));
      int links = 0;
      seen.add("r:" + at);
      while (!rest.isEmpty()) {
        String part = rest.pop();
        if (part.isEmpty() || part.equals(".")) {
          continue;
        }
        if (part.equals("..")) {
          at = at.getParent() == null ? at : at.getParent();
          seen.add("r:" + at);
          continue;
        }
        Path next = at.resolve(part);
        seen.add((rest.isEmpty() ? "f:" : "r:") + next);
        if (Files.isSymbolicLink(next) && links++ < MOST_LINKS) {
          Path target = Files.readSymbolicLink(next);
          boolean magic = next.startsWith("/proc") && target.isAbsolute();
          if (magic) {
            next = target;
            seen.add((rest.isEmpty() ? "f:" : "r:") + next);
          } else {
            String[] more = target.toString().split("/");
            for (int i = more.length - 1; i >= 0; i--) {
              rest.push(more[i]);
            }
            next = target.isAbsolute() ? Path.of("/") : at;
          }
        }
        at = next;
      }
      seen.add("f:" + at);
    } catch (IOException | RuntimeException e) {
      // The path is too long or the descriptor does not exist: only the name decides about a denial
      // then.
      String last = name.substring(name.lastIndexOf('/') + 1);
      if (!last.isEmpty()) {
        seen.add("n:" + last);
      }
      return seen;
    }
    return seen;
  }

  /** Returns the path behind a descriptor. */
  static Set<String> of(int fd) {
    try {
      return Set.of("f:" + Files.readSymbolicLink(FDS.resolve(Integer.toString(fd))));
    } catch (IOException e) {
      return Set.of();
    }
  }

  private static Path directory(int base) throws IOException {
    return Files.readSymbolicLink(
        base == NativeCalls.AT_FDCWD
            ? Path.of("/proc/thread-self/cwd")
            : FDS.resolve(Integer.toString(base)));
  }
}
