package org.ringfence.review;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.ringfence.policy.HomeDirectory;
import org.ringfence.policy.InvalidPolicyException;
import org.ringfence.review.Change.Kind;
import org.ringfence.review.Manifest.State;
import org.ringfence.spi.SystemProgram;
import org.ringfence.spi.TreeRemoval;

/**
 * A copy of a workspace that a command works on in the workspace's place (see {@link
 * org.ringfence.Sandbox.Opener#workspaceCopy}), kept until it is committed or discarded. It lies in
 * a store on disk, so that neither the workspace nor the copy is lost when a JVM ends in between; a
 * commit that was cut short can be done again.
 *
 * <p>Blocks are shared with the workspace where the file system can do it (reflink). Not
 * thread-safe.
 */
public final class WorkspaceReview {
  private static final String COPY = "copy";
  private static final String BEFORE = "before";
  private static final String BASE = "base";
  private static final String WORKSPACE = "workspace";
  private static final int ID_BYTES = 4;
  private static final Duration ABANDONED = Duration.ofDays(1);

  private final Path directory;
  private final Path workspace;

  private WorkspaceReview(Path directory, Path workspace) {
    this.directory = directory;
    this.workspace = workspace;
  }

  /**
   * Where reviews are kept unless the caller says otherwise.
   *
   * @return {@code ringfence/reviews} in {@code $XDG_STATE_HOME} or {@code ~/.local/state}
   * @throws InvalidPolicyException if there is neither
   */
  public static Path usualStore() {
    Path base =
        HomeDirectory.current()
            .state()
            .orElseThrow(
                () ->
                    new InvalidPolicyException(
                        "review",
                        "no home directory",
                        "HOME or XDG_STATE_HOME set to a directory of yours"));
    return base.resolve("ringfence").resolve("reviews");
  }

  /**
   * Copies a workspace.
   *
   * @param store where reviews are kept; made when missing
   * @param workspace the workspace
   * @return the review
   * @throws IOException if it cannot be copied; nothing is left in the store
   * @throws InvalidPolicyException if the store lies in the workspace
   */
  public static WorkspaceReview begin(Path store, Path workspace)
      throws IOException, InterruptedException {
    Path real = workspace.toRealPath();
    Files.createDirectories(store);
    Path realStore = store.toRealPath();
    sweep(realStore);
    if (realStore.startsWith(real)) {
      throw new InvalidPolicyException(
          "review", store.toString(), "a store outside the workspace " + real);
    }
    byte[] id = new byte[ID_BYTES];
    ThreadLocalRandom.current().nextBytes(id);
    Path directory =
        Files.createDirectory(
            realStore.resolve(HexFormat.of().formatHex(id)),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    WorkspaceReview review = new WorkspaceReview(directory, real);
    boolean done = false;
    try {
      Manifest.of(real).write(directory.resolve(BEFORE));
      copy(real, review.copy());
      Manifest.of(review.copy()).write(directory.resolve(BASE));
      // Last: a directory without it is no review.
      Files.writeString(directory.resolve(WORKSPACE), real.toString());
      done = true;
      return review;
    } finally {
      if (!done) {
        review.discard();
      }
    }
  }

  /** Removes what a JVM that was killed while copying has left. */
  private static void sweep(Path store) throws IOException {
    FileTime yesterday = FileTime.from(Instant.now().minus(ABANDONED));
    try (Stream<Path> all = Files.list(store)) {
      for (Path directory : (Iterable<Path>) all::iterator) {
        if (!Files.exists(directory.resolve(WORKSPACE))
            && Files.getLastModifiedTime(directory).compareTo(yesterday) < 0) {
          TreeRemoval.remove(directory);
        }
      }
    }
  }

  /** With cp(1), which shares blocks and keeps times, modes, links and attributes. */
  private static void copy(Path from, Path to) throws IOException, InterruptedException {
    Files.createDirectory(to);
    for (List<String> options : List.of(List.of("-a", "--reflink=auto"), List.of("-a"))) {
      List<String> command = new ArrayList<>(List.of(SystemProgram.path("cp")));
      command.addAll(options);
      command.addAll(List.of("--", from + "/.", to.toString()));
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().clear();
      Process process = builder.start();
      String said;
      try (InputStream in = process.getInputStream()) {
        said = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
      }
      if (process.waitFor() == 0) {
        return;
      }
      // busybox's cp knows no --reflink.
      if (!said.contains("reflink")) {
        throw new IOException("review: " + from + " cannot be copied: " + said);
      }
    }
    throw new IOException("review: " + from + " cannot be copied: cp knows no -a");
  }

  /**
   * The reviews of a store that are neither committed nor discarded.
   *
   * @param store the store; may be missing
   * @return the reviews
   * @throws IOException if it cannot be read
   */
  public static List<WorkspaceReview> list(Path store) throws IOException {
    List<WorkspaceReview> reviews = new ArrayList<>();
    if (Files.isDirectory(store)) {
      try (Stream<Path> all = Files.list(store)) {
        for (Path directory : all.sorted().toList()) {
          Path named = directory.resolve(WORKSPACE);
          if (Files.isRegularFile(named)) {
            reviews.add(new WorkspaceReview(directory, Path.of(Files.readString(named))));
          }
        }
      }
    }
    return reviews;
  }

  /**
   * A review by its id.
   *
   * @param store the store
   * @param id the id
   * @return the review
   * @throws IOException if the store cannot be read
   * @throws InvalidPolicyException if there is none of that id
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
                        ? "nothing: there are no reviews in " + store
                        : "one of "
                            + String.join(", ", all.stream().map(WorkspaceReview::id).toList())));
  }

  /**
   * The id.
   *
   * @return eight hexadecimal digits
   */
  public String id() {
    return directory.getFileName().toString();
  }

  /**
   * The workspace that was copied.
   *
   * @return its real path
   */
  public Path workspace() {
    return workspace;
  }

  /**
   * The copy.
   *
   * @return its path
   */
  public Path copy() {
    return directory.resolve(COPY);
  }

  /**
   * What the command has changed.
   *
   * @return the changes, by path
   * @throws IOException if the copy or the workspace cannot be read
   */
  public List<Change> changes() throws IOException {
    Manifest base = Manifest.read(directory.resolve(BASE));
    Manifest before = Manifest.read(directory.resolve(BEFORE));
    Manifest now = Manifest.of(copy());
    List<Change> changes = new ArrayList<>();
    Set<String> all = new TreeSet<>(base.entries().keySet());
    all.addAll(now.entries().keySet());
    for (String path : all) {
      State then = base.entries().get(path);
      State here = now.entries().get(path);
      Kind kind = then == null ? Kind.ADDED : here == null ? Kind.DELETED : Kind.MODIFIED;
      if (kind != Kind.MODIFIED || here.differs(then)) {
        changes.add(new Change(Path.of(path), kind, isConflict(path, before.entries().get(path))));
      }
    }
    return changes;
  }

  private boolean isConflict(String path, State before) throws IOException {
    Path original = workspace.resolve(path);
    if (!Files.exists(original, LinkOption.NOFOLLOW_LINKS)) {
      // Also when it is to be deleted and somebody has done so.
      return before != null && Files.exists(copy().resolve(path), LinkOption.NOFOLLOW_LINKS);
    }
    State now = Manifest.state(original);
    boolean touched = before == null || now.differs(before);
    return touched && !same(original, copy().resolve(path));
  }

  private static boolean same(Path one, Path other) throws IOException {
    if (!Files.exists(other, LinkOption.NOFOLLOW_LINKS)
        || Manifest.state(one).mode() != Manifest.state(other).mode()) {
      return false;
    }
    if (Files.isSymbolicLink(one)) {
      return Files.readSymbolicLink(one).equals(Files.readSymbolicLink(other));
    }
    return Files.isDirectory(one) || Files.isRegularFile(one) && Files.mismatch(one, other) < 0;
  }

  /**
   * Puts the changes into the workspace, each file at once, and ends the review.
   *
   * @return what was changed
   * @throws ReviewConflictException if the workspace was changed at the same paths; nothing is done
   * @throws IOException if a file cannot be written; the review stays, and the commit can be done
   *     again
   */
  public List<Change> commit() throws IOException {
    List<Change> changes = changes();
    List<Change> conflicts = changes.stream().filter(Change::conflict).toList();
    if (!conflicts.isEmpty()) {
      throw new ReviewConflictException(conflicts);
    }
    for (Change change : changes) {
      Path from = copy().resolve(change.path());
      if (change.kind() != Kind.DELETED && !isPlain(from)) {
        throw new IOException(
            "review: " + change.path() + " is neither file, directory nor link; nothing was done");
      }
    }
    List<Change> backwards = new ArrayList<>(changes);
    Collections.reverse(backwards);
    for (Change change : backwards) {
      Path original = workspace.resolve(change.path());
      boolean replaced = change.kind() == Kind.MODIFIED && typeChanges(change.path());
      if (change.kind() == Kind.DELETED || replaced) {
        Files.deleteIfExists(original);
      }
    }
    for (Change change : changes) {
      if (change.kind() != Kind.DELETED) {
        put(change.path());
      }
    }
    discard();
    return changes;
  }

  private static boolean isPlain(Path path) {
    return Files.isSymbolicLink(path) || Files.isRegularFile(path) || Files.isDirectory(path);
  }

  private boolean typeChanges(Path path) throws IOException {
    Path original = workspace.resolve(path);
    return Files.exists(original, LinkOption.NOFOLLOW_LINKS)
        && Manifest.state(original).isDirectory()
            != Manifest.state(copy().resolve(path)).isDirectory();
  }

  private void put(Path path) throws IOException {
    Path from = copy().resolve(path);
    Path to = workspace.resolve(path);
    if (Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) {
      if (!Files.isDirectory(to, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(to);
      }
      Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
      return;
    }
    Path part = to.resolveSibling("." + to.getFileName() + "." + id());
    try {
      Files.copy(
          from,
          part,
          StandardCopyOption.COPY_ATTRIBUTES,
          StandardCopyOption.REPLACE_EXISTING,
          LinkOption.NOFOLLOW_LINKS);
      Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /**
   * Ends the review and leaves the workspace as it is.
   *
   * @throws IOException if the copy cannot be removed
   */
  public void discard() throws IOException {
    Files.deleteIfExists(directory.resolve(WORKSPACE));
    TreeRemoval.remove(directory);
  }
}
