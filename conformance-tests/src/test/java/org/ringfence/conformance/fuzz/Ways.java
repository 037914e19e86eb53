package org.ringfence.conformance.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import org.ringfence.conformance.probe.LibC;

/** What a name leads past and to, in the tree as it is. For the executor outside the sandbox. */
final class Ways {
  private static final int MOST_LINKS = 40;
  private static final Path FDS = Path.of("/proc/thread-self/fd");

  private Ways() {}

  /**
   * Follows a name.
   *
   * @param base the descriptor of the directory that it begins in
   * @param name the name
   * @return paths, those passed with {@code r:} before them, the last name and what a link there
   *     leads to with {@code f:}; the last name alone with {@code n:} where it lies deeper than a
   *     path can say
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
      // Deeper than a path can say, or no such descriptor: what is denied there is so by its name.
      String last = name.substring(name.lastIndexOf('/') + 1);
      if (!last.isEmpty()) {
        seen.add("n:" + last);
      }
      return seen;
    }
    return seen;
  }

  /** What a descriptor is open on. */
  static Set<String> of(int fd) {
    try {
      return Set.of("f:" + Files.readSymbolicLink(FDS.resolve(Integer.toString(fd))));
    } catch (IOException e) {
      return Set.of();
    }
  }

  private static Path directory(int base) throws IOException {
    return Files.readSymbolicLink(
        base == LibC.AT_FDCWD
            ? Path.of("/proc/thread-self/cwd")
            : FDS.resolve(Integer.toString(base)));
  }
}
