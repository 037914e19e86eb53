package org.ringfence.review;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.file.TreeVisitor;
import org.ringfence.review.Manifest.State;

/** Compares a workspace with a copy, and with its earlier state. */
final class Same {
  private static final long LARGEST = 64 << 20;

  private Same() {}

  /** Returns whether a path is the same in both trees; larger files count as different. */
  static boolean at(
      HeldDirectory workspace, HeldDirectory copy, String path, Map<String, State> before)
      throws IOException {
    try (Place one = Place.of(workspace, path, before);
        Place other = Place.inCopy(copy, path)) {
      Optional<Status> first = one.directory().status(one.name());
      Optional<Status> second = other.directory().status(other.name());
      return first.isPresent()
          && second.isPresent()
          && first.get().mode() == second.get().mode()
          && same(one, first.get(), other, second.get());
    } catch (Place.ChangedException e) {
      return false;
    }
  }

  private static boolean same(Place one, Status first, Place other, Status second)
      throws IOException {
    if (first.isLink()) {
      return one.directory().readLink(one.name()).equals(other.directory().readLink(other.name()));
    }
    if (!first.isFile()) {
      return first.isDirectory();
    }
    int size = (int) Math.min(first.size(), LARGEST + 1);
    return first.size() == second.size()
        && size <= LARGEST
        && Arrays.equals(
            one.directory().read(one.name(), size), other.directory().read(other.name(), size));
  }

  /**
   * Returns whether a directory holds only unchanged entries.
   *
   * @param parent the parent of the directory
   * @param name its name there
   * @param path its path in the workspace
   * @param before the earlier state of the workspace
   */
  static boolean below(HeldDirectory parent, String name, String path, Map<String, State> before)
      throws IOException {
    boolean[] changed = new boolean[1];
    try (HeldDirectory directory = parent.open(name)) {
      directory.walk(
          new TreeVisitor() {
            @Override
            public boolean visit(Entry entry) {
              State then = before.get(path + "/" + entry.path());
              changed[0] |= then == null || !State.of(entry.status()).isStill(then);
              return !changed[0];
            }
          });
    }
    return !changed[0];
  }
}
