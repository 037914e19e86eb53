package org.ringfence.review;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.file.HeldDirectory.Target;
import org.ringfence.review.Change.Kind;
import org.ringfence.review.Manifest.State;

/**
 * Puts changes into a workspace, all of them or none. It first creates new objects in a staging
 * directory in the workspace; then it renames each object to its place, and the old one into the
 * staging directory, so that each step can be undone. A journal lists the steps to undo if the JVM
 * ends in between.
 */
final class Commit {
  static final String JOURNAL = "journal";
  private static final int WRITE = 0200;

  private final HeldDirectory review;
  private final HeldDirectory workspace;
  private final Map<String, State> before;
  private final String stageName;

  /**
   * Prepares a commit.
   *
   * @param review the review's directory
   * @param workspace the workspace
   * @param before the state of the workspace when it was copied; updated when steps are undone
   * @param id the review's id
   */
  Commit(HeldDirectory review, HeldDirectory workspace, Map<String, State> before, String id) {
    this.review = review;
    this.workspace = workspace;
    this.before = before;
    this.stageName = ".ringfence-commit-" + id;
  }

  /** Undoes the steps of an interrupted commit, and removes its staged objects. */
  void recover() throws IOException {
    if (review.status(JOURNAL).isPresent()) {
      List<Step> steps = journal();
      if (workspace.status(stageName).isPresent()) {
        try (HeldDirectory stage = workspace.open(stageName)) {
          undo(steps, stage);
        }
      }
      review.remove(JOURNAL, false);
    }
    workspace.removeTree(stageName);
  }

  void run(List<Change> changes, HeldDirectory copy) throws IOException {
    recover();
    boolean done = false;
    workspace.makeDirectory(stageName, 0700);
    try (HeldDirectory stage = workspace.open(stageName)) {
      List<Step> steps = prepare(changes, copy, stage);
      journal(steps);
      List<Step> begun = new ArrayList<>();
      try {
        for (Step step : steps) {
          begun.add(step);
          perform(step, stage);
        }
        done = true;
      } finally {
        if (!done) {
          undo(begun, stage);
        }
        // From here on the commit is complete, or never began.
        review.remove(JOURNAL, false);
      }
    } finally {
      if (!done && review.status(JOURNAL).isEmpty()) {
        workspace.removeTree(stageName);
      }
    }
    workspace.removeTree(stageName);
  }

  private void journal(List<Step> steps) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(steps.size());
    for (Step step : steps) {
      step.write(out);
    }
    review.remove(JOURNAL + ".part", false);
    review.write(JOURNAL + ".part", bytes.toByteArray());
    review.move(JOURNAL + ".part", review, JOURNAL, Target.NEW);
  }

  private List<Step> journal() throws IOException {
    int size = (int) review.status(JOURNAL).orElseThrow().size();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(review.read(JOURNAL, size)));
    List<Step> steps = new ArrayList<>();
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      steps.add(Step.read(in));
    }
    return steps;
  }

  /** Creates the new objects, and returns the steps: removals first. */
  private List<Step> prepare(List<Change> changes, HeldDirectory copy, HeldDirectory stage)
      throws IOException {
    List<Step> takes = new ArrayList<>();
    List<Step> puts = new ArrayList<>();
    List<Step> permits = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    Set<String> put = new HashSet<>();
    int slot = 0;
    for (Change change : changes) {
      String path = change.name();
      String parent = Place.parent(path);
      boolean wasTaken = taken.contains(parent);
      boolean isPut = put.contains(parent);
      if (wasTaken && change.kind() != Kind.ADDED) {
        taken.add(path);
      }
      if (isPut && change.kind() != Kind.DELETED) {
        put.add(path);
      }
      Optional<State> there = wasTaken || isPut ? Optional.empty() : state(path);
      boolean replaced =
          change.kind() == Kind.MODIFIED && !(change.wasDirectory() && change.isDirectory());
      boolean same = there.isPresent() && Same.at(workspace, copy, path, before);
      if (same) {
        continue;
      }
      slot++;
      boolean file = replaced && !change.wasDirectory() && !change.isDirectory();
      if (file && there.isPresent() && !isPut) {
        long inode = stage(change, copy, stage, "n" + slot);
        puts.add(new Step(Step.Kind.SWAP, path, slot, there.get().inode(), inode, 0, 0));
        continue;
      }
      if (there.isPresent() && (change.kind() == Kind.DELETED || replaced)) {
        State seen = there.get();
        takes.add(new Step(Step.Kind.TAKE, path, slot, seen.inode(), 0, seen.mode(), 0));
        taken.add(path);
      }
      if (change.kind() == Kind.MODIFIED && !replaced && there.isPresent()) {
        State seen = there.get();
        int mode = change.committedPermissions();
        permits.add(new Step(Step.Kind.PERMIT, path, slot, seen.inode(), 0, seen.mode(), mode));
      } else if (!isPut && change.kind() != Kind.DELETED) {
        put.add(path);
        long inode = stage(change, copy, stage, "n" + slot);
        puts.add(new Step(Step.Kind.PUT, path, slot, 0, inode, 0, change.newMode()));
      }
    }
    List<Step> steps = new ArrayList<>(takes);
    steps.addAll(puts);
    Collections.reverse(permits);
    steps.addAll(permits);
    return steps;
  }

  private Optional<State> state(String path) throws IOException {
    try (Place place = Place.of(workspace, path, before)) {
      return place.state();
    } catch (Place.ChangedException e) {
      if (e.missing()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private long stage(Change change, HeldDirectory copy, HeldDirectory stage, String name)
      throws IOException {
    try (Place from = Place.inCopy(copy, change.name())) {
      TreeCopy.stage(from, change, stage, name);
    }
    if (change.kind() == Kind.MODIFIED && (change.newMode() & 0170000) == 0100000) {
      // The command's attributes and access lists are dropped; the file keeps its own.
      try (Place original = Place.of(workspace, change.name(), before)) {
        if (original.directory().status(original.name()).filter(Status::isFile).isPresent()) {
          original.directory().copyAttributes(original.name(), stage, name);
        }
      }
    }
    return stage.status(name).orElseThrow().inode();
  }

  private void perform(Step step, HeldDirectory stage) throws IOException {
    try (Place place = Place.of(workspace, step.path(), before)) {
      switch (step.kind()) {
        case TAKE -> take(step, place, stage);
        case SWAP -> swap(step, place, stage);
        case PUT -> move(stage, step.fresh(), place.directory(), place.name());
        case PERMIT -> place.directory().setPermissions(place.name(), step.newMode());
      }
    } catch (Place.ChangedException | FileAlreadyExistsException e) {
      throw new ReviewConflictException(List.of(printable(step.path())));
    }
  }

  /**
   * Moves an object. The kernel refuses to move a directory that its owner must not write to
   * another parent, so it is writable during the move.
   */
  private static void move(HeldDirectory from, String name, HeldDirectory to, String newName)
      throws IOException {
    try {
      from.move(name, to, newName, Target.NEW);
    } catch (AccessDeniedException e) {
      Optional<Status> status = from.status(name);
      if (status.isEmpty() || !status.get().isDirectory() || (status.get().mode() & WRITE) != 0) {
        throw e;
      }
      int mode = status.get().mode();
      from.setPermissions(name, mode | WRITE);
      boolean moved = false;
      try {
        from.move(name, to, newName, Target.NEW);
        moved = true;
      } finally {
        (moved ? to : from).setPermissions(moved ? newName : name, mode);
      }
    }
  }

  /** Takes an object away, and checks it again where no other process finds it. */
  private void take(Step step, Place place, HeldDirectory stage) throws IOException {
    move(place.directory(), place.name(), stage, step.old());
    State taken = stage.status(step.old()).map(State::of).orElseThrow();
    State then = before.get(step.path());
    boolean still = then == null ? taken.inode() == step.oldInode() : taken.isStill(then);
    if (!still || taken.isDirectory() && !Same.below(stage, step.old(), step.path(), before)) {
      throw new ReviewConflictException(List.of(printable(step.path())));
    }
  }

  /** Swaps in one step if the file system supports it: the path is never without a file. */
  private void swap(Step step, Place place, HeldDirectory stage) throws IOException {
    try {
      stage.move(step.fresh(), place.directory(), place.name(), Target.EXCHANGED);
    } catch (NoSuchFileException e) {
      throw new ReviewConflictException(List.of(printable(step.path())));
    } catch (FileSystemException e) {
      take(step, place, stage);
      stage.move(step.fresh(), place.directory(), place.name(), Target.NEW);
      return;
    }
    State taken = stage.status(step.fresh()).map(State::of).orElseThrow();
    State then = before.get(step.path());
    if (then == null || !taken.isStill(then)) {
      throw new ReviewConflictException(List.of(printable(step.path())));
    }
  }

  static String printable(String path) {
    return new Change(path, Kind.MODIFIED, true, 0, 0).printable();
  }

  /** Undoes steps, the last first; detects steps that were not done. */
  private void undo(List<Step> steps, HeldDirectory stage) throws IOException {
    List<Step> backwards = new ArrayList<>(steps);
    Collections.reverse(backwards);
    IOException failure = null;
    for (Step step : backwards) {
      try (Place place = Place.of(workspace, step.path(), before)) {
        undo(step, place, stage);
        refresh(step.path(), place);
      } catch (IOException e) {
        failure = e;
      }
    }
    save();
    if (failure != null) {
      throw new IOException(
          "review: a commit was interrupted and cannot be undone; the earlier files are in "
              + stageName
              + " in the workspace: "
              + failure.getMessage(),
          failure);
    }
  }

  /** Updates the ctime that renaming changed, so that the commit can be repeated. */
  private void refresh(String path, Place place) throws IOException {
    State then = before.get(path);
    Optional<State> there = place.state();
    if (then != null && there.isPresent() && there.get().isStill(then)) {
      before.put(path, there.get());
    }
  }

  private void save() throws IOException {
    String part = WorkspaceReview.BEFORE + ".part";
    review.remove(part, false);
    review.write(part, new Manifest(before).bytes());
    review.move(part, review, WorkspaceReview.BEFORE, Target.REPLACED);
  }

  private static void undo(Step step, Place place, HeldDirectory stage) throws IOException {
    Optional<Status> there = place.directory().status(place.name());
    switch (step.kind()) {
      case TAKE -> {
        if (stage.status(step.old()).isPresent()) {
          move(stage, step.old(), place.directory(), place.name());
        }
      }
      case SWAP -> {
        Optional<Status> fresh = stage.status(step.fresh());
        if (stage.status(step.old()).isPresent()) {
          if (there.isPresent() && there.get().inode() == step.newInode()) {
            place.directory().move(place.name(), stage, step.fresh(), Target.NEW);
          }
          stage.move(step.old(), place.directory(), place.name(), Target.NEW);
        } else if (fresh.isPresent() && fresh.get().inode() != step.newInode()) {
          stage.move(step.fresh(), place.directory(), place.name(), Target.EXCHANGED);
        }
      }
      case PUT -> {
        if (there.isPresent() && there.get().inode() == step.newInode()) {
          move(place.directory(), place.name(), stage, step.fresh());
        }
      }
      case PERMIT -> {
        if (there.isPresent() && there.get().inode() == step.oldInode()) {
          place.directory().setPermissions(place.name(), step.oldMode());
        }
      }
    }
  }
}
