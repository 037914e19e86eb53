package org.ringfence.linux.path;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Finds names that lead through {@code /proc/self}, as {@code /etc/mtab}, {@code /proc/net/dev} and
 * {@code self/stat} below {@code /proc} do. That link means the process that follows it: for the
 * supervisor this JVM, or nothing in a procfs that does not know this JVM.
 */
final class ProcessLinks {
  /** Opens a path itself, link or not, as the sandboxed thread sees it; the caller closes it. */
  interface Opener {
    int open(byte[] path, boolean follow) throws AccessException;
  }

  // The kernel's limit (MAXSYMLINKS of linux/namei.h).
  private static final int MOST_LINKS = 40;
  private static final Charset LATIN = StandardCharsets.ISO_8859_1;
  private static final int LONGEST = 4096;

  private final Kernel kernel;
  private final TargetMemory child;
  private final PathResolver paths;

  ProcessLinks(Kernel kernel, PathResolver paths) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
    this.paths = paths;
  }

  /**
   * Replaces links that lead to {@code /proc/self} or {@code /proc/thread-self}.
   *
   * @param path an absolute path
   * @param follow whether a link at the end is followed
   * @return a path that begins with one of the two; empty if the path does not lead through them
   */
  byte[] unfolded(Opener opener, byte[] path, boolean follow) {
    String text = new String(path, LATIN);
    for (int links = 0; links <= MOST_LINKS; links++) {
      String next = oneLink(opener, text, follow);
      if (next.isEmpty() || next.length() >= LONGEST) {
        return new byte[0];
      }
      if (isSelf(next)) {
        return next.getBytes(LATIN);
      }
      text = next;
    }
    return new byte[0];
  }

  private static boolean isSelf(String text) {
    return text.equals("/proc/self")
        || text.startsWith("/proc/self/")
        || text.equals("/proc/thread-self")
        || text.startsWith("/proc/thread-self/");
  }

  /** Returns the path with its first link replaced; empty if it has none, or if it is missing. */
  private String oneLink(Opener opener, String text, boolean follow) {
    for (int end = next(text, 0); end > 0; end = next(text, end)) {
      String rest = text.substring(end);
      if (rest.isEmpty() && !follow) {
        return "";
      }
      int object;
      try {
        object = opener.open(text.substring(0, end).getBytes(LATIN), false);
      } catch (AccessException e) {
        return "";
      }
      try {
        String seen = paths.pathOf(object);
        if (isSelf(seen)) {
          return seen + rest;
        }
        String target = target(object);
        if (!target.isEmpty()) {
          String parent = text.substring(0, text.lastIndexOf('/', end - 1) + 1);
          return (target.startsWith("/") ? target : parent + target) + rest;
        }
      } catch (AccessException e) {
        return "";
      } finally {
        child.close(object);
      }
    }
    return "";
  }

  /** Returns the end of the component that begins at or after an index; 0 if there is none. */
  private static int next(String text, int from) {
    int start = from;
    while (start < text.length() && text.charAt(start) == '/') {
      start++;
    }
    if (start == text.length()) {
      return 0;
    }
    int slash = text.indexOf('/', start);
    return slash < 0 ? text.length() : slash;
  }

  private String target(int link) {
    try (NativeBlock block = new NativeBlock(LONGEST + 64L)) {
      long buffer = block.allocate(LONGEST);
      long length = kernel.call(Syscall.READLINKAT, link, block.allocate(1), buffer, LONGEST);
      return length <= 0 ? "" : new String(block.getBytes(buffer, (int) length), LATIN);
    }
  }

  /**
   * Returns whether some part of a path is a dangling link. A path that ends in a missing entry has
   * none, and needs no second look.
   */
  boolean mayLead(Opener opener, byte[] path) {
    String text = new String(path, LATIN);
    int end = text.length();
    while (end > 0) {
      int last = end;
      while (last > 0 && text.charAt(last - 1) == '/') {
        last--;
      }
      int parent = text.lastIndexOf('/', last - 1) + 1;
      if (last == 0 || parent == 0) {
        return false;
      }
      if (opens(opener, text.substring(0, parent), true)) {
        return opens(opener, text.substring(0, last), false);
      }
      end = parent;
    }
    return false;
  }

  private boolean opens(Opener opener, String path, boolean follow) {
    try {
      child.close(opener.open(path.getBytes(LATIN), follow));
      return true;
    } catch (AccessException e) {
      return false;
    }
  }
}
