package org.ringfence.review;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.ringfence.Backends;
import org.ringfence.file.HeldDirectories;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.policy.effective.OwnPlaces;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.review.Change.Kind;
import org.ringfence.review.Manifest.State;

/**
 * A copy of a workspace for a command to work on (see {@link
 * org.ringfence.Sandbox.Opener#workspaceCopy}), kept until the caller commits or discards it. It
 * lies in a store on disk, so that neither the workspace nor the copy is lost when a JVM ends in
 * between. No command can reach the usual store.
 *
 * <p>All operations use descriptors and follow no link. The copy shares blocks with the workspace
 * if the file system supports it (reflink); hard links become separate files. Not thread-safe.
 */
public final class WorkspaceReview {
  private static final String COPY = "copy";
  static final String BEFORE = "before";
  private static final String BASE = "base";
  private static final String WORKSPACE = "workspace";
  private static final int ID_BYTES = 4;
  private static final Pattern ID = Pattern.compile("[0-9a-f]{8}");
  private static final Duration ABANDONED = Duration.ofDays(1);
  private static final int OTHERS_WRITE = 022;
  private static final int LARGEST_MARK = 1 << 16;

  private final HeldDirectories directories;
  private final Path directory;
  private final Path workspace;
  private final long workspaceInode;
  private final List<String> leftOut;

  private WorkspaceReview(
      HeldDirectories directories,
      Path directory,
      Path workspace,
      long workspaceInode,
      List<String> leftOut) {
    this.directories = directories;
    this.directory = directory;
    this.workspace = workspace;
    this.workspaceInode = workspaceInode;
    this.leftOut = leftOut;
  }

  /**
   * Returns the default store of reviews. No policy grants any of it.
   *
   * @return {@code ringfence/reviews} in {@code $XDG_STATE_HOME} or {@code ~/.local/state}
   * @throws InvalidPolicyException if there is neither
   */
  public static Path usualStore() {
    return OwnPlaces.state()
        .orElseThrow(
            () ->
                new InvalidPolicyException(
                    "review",
                    "no home directory",
                    "HOME or XDG_STATE_HOME set to a directory of yours"))
        .resolve("reviews");
  }

  private static HeldDirectories directories() throws IOException {
    return Backends.load().all().stream()
        .map(backend -> backend.extension(HeldDirectories.class))
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow(() -> new IOException("review: no backend can hold directories here"));
  }

  /**
   * Copies a workspace.
   *
   * @param store the store of reviews; created when missing
   * @param workspace the workspace
   * @return the review
   * @throws IOException if it cannot be copied; nothing is left in the store
   * @throws InvalidPolicyException if the store lies in the workspace
   */
  public static WorkspaceReview begin(Path store, Path workspace) throws IOException {
    return begin(store, workspace, path -> false);
  }

  /**
   * Copies the part of a workspace that a command may read. Hidden paths are in no copy: another
   * command could read them there.
   *
   * @param store the store of reviews; created when missing
   * @param workspace the workspace
   * @param denied whether a real path is left out, with everything below it
   * @return the review
   * @throws IOException if it cannot be copied; nothing is left in the store
   * @throws InvalidPolicyException if the store lies in the workspace
   */
  public static WorkspaceReview begin(Path store, Path workspace, Predicate<Path> denied)
      throws IOException {
    HeldDirectories directories = directories();
    Path real = workspace.toRealPath();
    Files.createDirectories(
        store, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path realStore = store.toRealPath();
    if (realStore.startsWith(real)) {
      throw new InvalidPolicyException(
          "review", store.toString(), "a store outside the workspace " + real);
    }
    byte[] bytes = new byte[ID_BYTES];
    ThreadLocalRandom.current().nextBytes(bytes);
    String id = HexFormat.of().formatHex(bytes);
    try (HeldDirectory all = store(directories, realStore)) {
      sweep(all);
      all.makeDirectory(id, 0700);
      boolean done = false;
      try (HeldDirectory review = all.open(id);
          HeldDirectory from = directories.open(real)) {
        long inode = from.status().inode();
        review.makeDirectory(COPY, 0700);
        List<String> leftOut =
            copy(directories, from, review, path -> denied.test(real.resolve(path)));
        review.setPermissions(COPY, from.status().mode());
        // Last: a directory without this mark is not a review.
        review.write(WORKSPACE, mark(real, inode));
        done = true;
        return new WorkspaceReview(directories, realStore.resolve(id), real, inode, leftOut);
      } finally {
        if (!done) {
          all.removeTree(id);
        }
      }
    }
  }

  private static List<String> copy(
      HeldDirectories directories,
      HeldDirectory from,
      HeldDirectory review,
      Predicate<String> denied)
      throws IOException {
    try (HeldDirectory to = review.open(COPY);
        TreeCopy copy = new TreeCopy(to, directories.user(), denied)) {
      from.walk(copy);
      review.write(BEFORE, copy.before().bytes());
      review.write(BASE, Manifest.of(to).bytes());
      return copy.leftOut().stream().map(Commit::printable).toList();
    }
  }

  private static byte[] mark(Path workspace, long inode) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(inode);
    out.write(workspace.toString().getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  private static HeldDirectory store(HeldDirectories directories, Path store) throws IOException {
    HeldDirectory held = directories.open(store);
    Status status = held.status();
    if (status.user() != directories.user() || (status.mode() & OTHERS_WRITE) != 0) {
      held.close();
      throw new IOException("review: " + store + " can be written by other users");
    }
    return held;
  }

  /** Removes the leftovers of a JVM that was killed while copying. */
  private static void sweep(HeldDirectory store) throws IOException {
    long yesterday = TimeUnit.SECONDS.toNanos(Instant.now().minus(ABANDONED).getEpochSecond());
    for (String name : store.names()) {
      Optional<Status> status = store.status(name);
      if (ID.matcher(name).matches()
          && status.isPresent()
          && status.get().isDirectory()
          && status.get().changed() < yesterday) {
        boolean marked;
        try (HeldDirectory review = store.open(name)) {
          marked = review.status(WORKSPACE).isPresent();
        }
        if (!marked) {
          store.removeTree(name);
        }
      }
    }
  }

  /**
   * Returns the reviews of a store that are neither committed nor discarded.
   *
   * @param store the store; may be missing
   * @return the reviews
   * @throws IOException if it cannot be read
   */
  public static List<WorkspaceReview> list(Path store) throws IOException {
    List<WorkspaceReview> reviews = new ArrayList<>();
    if (!Files.isDirectory(store)) {
      return reviews;
    }
    HeldDirectories directories = directories();
    Path real = store.toRealPath();
    try (HeldDirectory all = store(directories, real)) {
      for (String name : new TreeSet<>(all.names())) {
        if (ID.matcher(name).matches()) {
          try (HeldDirectory review = all.open(name)) {
            if (review.status(WORKSPACE).isPresent()) {
              reviews.add(read(directories, real.resolve(name), review));
            }
          }
        }
      }
    }
    return reviews;
  }

  private static WorkspaceReview read(
      HeldDirectories directories, Path directory, HeldDirectory review) throws IOException {
    DataInputStream in =
        new DataInputStream(new ByteArrayInputStream(review.read(WORKSPACE, LARGEST_MARK)));
    long inode = in.readLong();
    Path workspace = Path.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    return new WorkspaceReview(directories, directory, workspace, inode, List.of());
  }

  /**
   * Finds a review by its id.
   *
   * @param store the store
   * @param id the id
   * @return the review
   * @throws IOException if the store cannot be read
   * @throws InvalidPolicyException if no review has that id
   */
  public static WorkspaceReview find(Path store, String id) throws IOException {
    List<WorkspaceReview> all = list(store);
    return all.stream()
        .filter(review -> review.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidPolicyException(
                    "review",
                    id,
                    all.isEmpty()
                        ? "the id of a review; there are none in " + store
                        : "one of "
                            + String.join(", ", all.stream().map(WorkspaceReview::id).toList())));
  }

  /**
   * Returns the id.
   *
   * @return eight hexadecimal digits
   */
  public String id() {
    return directory.getFileName().toString();
  }

  /**
   * Returns the workspace that was copied.
   *
   * @return its real path
   */
  public Path workspace() {
    return workspace;
  }

  /**
   * Returns the time when the copy was complete and the command could begin.
   *
   * @return the time, as the file system has it
   * @throws IOException if the review cannot be read
   */
  public Instant begun() throws IOException {
    try (HeldDirectory review = directories.open(directory)) {
      Status mark =
          review
              .status(WORKSPACE)
              .orElseThrow(() -> new IOException("review: " + id() + " has been ended"));
      return Instant.EPOCH.plusNanos(mark.modified());
    }
  }

  /**
   * Returns the copy.
   *
   * @return its path
   */
  public Path copy() {
    return directory.resolve(COPY);
  }

  /**
   * Returns the paths that are not in the copy: paths that the command must not or this user cannot
   * read, sockets and devices. A commit does not change them. Only the review that copied knows
   * them.
   *
   * @return paths relative to the workspace, fit for a terminal
   */
  public List<String> leftOut() {
    return leftOut;
  }

  /** The open directories of a review. */
  private record Opened(HeldDirectory review, HeldDirectory copy, HeldDirectory workspace)
      implements AutoCloseable {
    private static Opened of(WorkspaceReview of) throws IOException {
      HeldDirectory review = of.directories.open(of.directory);
      HeldDirectory copy = null;
      boolean done = false;
      try {
        copy = review.unlock(COPY);
        HeldDirectory workspace = of.directories.open(of.workspace);
        if (workspace.status().inode() != of.workspaceInode) {
          workspace.close();
          throw new IOException(
              "review: " + of.workspace + " is another directory than the one that was copied");
        }
        done = true;
        return new Opened(review, copy, workspace);
      } finally {
        if (!done) {
          if (copy != null) {
            copy.close();
          }
          review.close();
        }
      }
    }

    private Manifest manifest(String name) throws IOException {
      int size = (int) review.status(name).orElseThrow().size();
      return Manifest.read(review.read(name, size));
    }

    @Override
    public void close() {
      workspace.close();
      copy.close();
      review.close();
    }
  }

  /**
   * Returns the command's changes.
   *
   * @return the changes, by path
   * @throws IOException if the copy or the workspace cannot be read
   */
  public List<Change> changes() throws IOException {
    try (Opened opened = Opened.of(this)) {
      return changes(opened, opened.manifest(BEFORE).entries());
    }
  }

  private static List<Change> changes(Opened opened, Map<String, State> before) throws IOException {
    Manifest base = opened.manifest(BASE);
    Manifest now = Manifest.of(opened.copy());
    List<Change> changes = new ArrayList<>();
    Set<String> all = new TreeSet<>(base.entries().keySet());
    all.addAll(now.entries().keySet());
    for (String path : all) {
      State then = base.entries().get(path);
      State here = now.entries().get(path);
      Kind kind = then == null ? Kind.ADDED : here == null ? Kind.DELETED : Kind.MODIFIED;
      if (kind != Kind.MODIFIED || here.differs(then)) {
        boolean conflict = isConflict(opened, path, before, here != null);
        int oldMode = then == null ? 0 : then.mode();
        changes.add(new Change(path, kind, conflict, oldMode, here == null ? 0 : here.mode()));
      }
    }
    return changes;
  }

  private static boolean isConflict(
      Opened opened, String path, Map<String, State> before, boolean inCopy) throws IOException {
    State then = before.get(path);
    try (Place place = Place.of(opened.workspace(), path, before)) {
      Optional<State> there = place.state();
      if (there.isEmpty()) {
        // Also when the command deleted it and another program did so in the workspace.
        return then != null && inCopy;
      }
      State here = there.get();
      boolean touched = then == null || here.differs(then) || here.inode() != then.inode();
      if (!touched) {
        return here.isDirectory()
            && !inCopy
            && !Same.below(place.directory(), place.name(), path, before);
      }
    } catch (Place.ChangedException e) {
      return !e.missing() && (inCopy || then == null);
    }
    return !Same.at(opened.workspace(), opened.copy(), path, before);
  }

  /**
   * Returns the content of a path before or after the change: the bytes of a file, the target of a
   * link.
   *
   * @param change one of {@link #changes()}
   * @param after true for the copy's content, false for the workspace's
   * @param most the maximum number of bytes
   * @return the content; empty when there is nothing, or neither a file nor a link, or it is larger
   * @throws IOException if it cannot be read
   */
  public Optional<byte[]> content(Change change, boolean after, int most) throws IOException {
    try (Opened opened = Opened.of(this);
        Place place =
            after
                ? Place.inCopy(opened.copy(), change.name())
                : Place.of(opened.workspace(), change.name(), Map.of())) {
      Optional<Status> status = place.directory().status(place.name());
      if (status.isPresent() && status.get().isLink()) {
        String target = place.directory().readLink(place.name());
        return Optional.of(target.getBytes(StandardCharsets.ISO_8859_1));
      }
      if (status.isEmpty() || !status.get().isFile() || status.get().size() > most) {
        return Optional.empty();
      }
      return Optional.of(place.directory().read(place.name(), most));
    } catch (Place.ChangedException e) {
      return Optional.empty();
    }
  }

  /**
   * Puts the changes into the workspace, all of them or none, and ends the review. It omits setuid
   * and setgid bits that the command has set.
   *
   * @return the changes
   * @throws ReviewConflictException if the workspace was changed at the same paths; nothing is done
   * @throws IOException if an object cannot be put there; the commit is undone, and the review
   *     stays. If the JVM ends in between, the next commit first undoes the steps
   */
  public List<Change> commit() throws IOException {
    List<Change> changes;
    try (Opened opened = Opened.of(this)) {
      Map<String, State> before = opened.manifest(BEFORE).entries();
      Commit commit = new Commit(opened.review(), opened.workspace(), before, id());
      commit.recover();
      changes = changes(opened, before);
      List<String> conflicts =
          changes.stream().filter(Change::conflict).map(Change::printable).toList();
      if (!conflicts.isEmpty()) {
        throw new ReviewConflictException(conflicts);
      }
      for (Change change : changes) {
        if (change.newMode() != 0 && !isPlain(change.newMode())) {
          throw new IOException(
              "review: "
                  + change.printable()
                  + " is neither file, directory nor link; nothing was committed");
        }
      }
      commit.run(changes, opened.copy());
    }
    discard();
    return changes;
  }

  private static boolean isPlain(int mode) {
    int type = mode & 0170000;
    return type == 0100000 || type == 0040000 || type == 0120000;
  }

  /**
   * Ends the review and leaves the workspace as it is. It undoes an interrupted commit.
   *
   * @throws IOException if the copy cannot be removed
   */
  public void discard() throws IOException {
    try (HeldDirectory store = store(directories, directory.getParent())) {
      Optional<Status> there = store.status(id());
      if (there.isEmpty()) {
        return;
      }
      try (HeldDirectory review = store.open(id())) {
        if (review.status(Commit.JOURNAL).isPresent()) {
          try (Opened opened = Opened.of(this)) {
            Map<String, State> before = opened.manifest(BEFORE).entries();
            new Commit(opened.review(), opened.workspace(), before, id()).recover();
          }
        }
        review.remove(WORKSPACE, false);
      }
      store.removeTree(id());
    }
  }
}
