package org.ringfence.policy.effective;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The way of a path when links are followed one by one, even if nothing exists at the end.
 *
 * @param links the symbolic links on the way, each by the real path of its directory
 * @param end the end of the way
 */
record LinkWay(Set<Path> links, Path end) {
  private static final int MOST_LINKS = 40;

  /** Follows a path; empty for a loop of links. */
  static Optional<LinkWay> of(Path path) {
    Set<Path> links = new LinkedHashSet<>();
    Path walked = path.getRoot();
    Deque<Path> rest = new ArrayDeque<>();
    path.forEach(rest::add);
    int followed = 0;
    while (!rest.isEmpty()) {
      Path next = walked.resolve(rest.remove()).normalize();
      if (!Files.isSymbolicLink(next)) {
        walked = next;
        continue;
      }
      if (++followed > MOST_LINKS) {
        return Optional.empty();
      }
      links.add(next);
      Path target;
      try {
        target = Files.readSymbolicLink(next);
      } catch (IOException e) {
        // Not readable: no tool of this user follows it.
        return Optional.empty();
      }
      walked = target.isAbsolute() ? target.getRoot() : walked;
      List<Path> names = new ArrayList<>();
      target.forEach(names::add);
      Collections.reverse(names);
      names.forEach(rest::addFirst);
    }
    return Optional.of(new LinkWay(links, walked));
  }
}
