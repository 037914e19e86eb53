package org.ringfence.policy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Looks paths up on this machine. */
final class HostLookup implements PathLookup {
  private static final int MOST_LINKS = 40;

  @Override
  public String real(String path) {
    try {
      Path rest = null;
      Path existing = Path.of(path);
      while (existing != null) {
        try {
          Path real = existing.toRealPath();
          return (rest == null ? real : real.resolve(rest)).normalize().toString();
        } catch (IOException e) {
          // Missing or not reachable here: keep this component as it is written.
          Path name = existing.getFileName();
          if (name != null) {
            rest = rest == null ? name : name.resolve(rest);
          }
          existing = existing.getParent();
        }
      }
    } catch (InvalidPathException e) {
      throw new InvalidPolicyException("path", path, "a path without NUL", e);
    }
    return path;
  }

  @Override
  public Map<String, String> linksOn(String path) {
    Map<String, String> links = new LinkedHashMap<>();
    try {
      Path walked = Path.of(path).getRoot();
      Deque<Path> rest = new ArrayDeque<>();
      Path.of(path).forEach(rest::add);
      while (!rest.isEmpty() && links.size() < MOST_LINKS) {
        Path next = walked.resolve(rest.remove()).normalize();
        if (!Files.isSymbolicLink(next) || links.containsKey(next.toString())) {
          walked = next;
          continue;
        }
        Path target = Files.readSymbolicLink(next);
        links.put(next.toString(), target.toString());
        walked = target.isAbsolute() ? target.getRoot() : walked;
        List<Path> names = new ArrayList<>();
        target.forEach(names::add);
        Collections.reverse(names);
        names.forEach(rest::addFirst);
      }
    } catch (IOException | InvalidPathException e) {
      // What cannot be looked at cannot be used either.
      return links;
    }
    return links;
  }

  @Override
  public boolean exists(String path) {
    return Files.exists(Path.of(path), LinkOption.NOFOLLOW_LINKS);
  }
}
