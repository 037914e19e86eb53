package org.ringfence.linux.git;

import static org.ringfence.linux.bind.Constants.S_IFDIR;
import static org.ringfence.linux.bind.Constants.S_IFREG;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.ringfence.git.GitConfigFiles;
import org.ringfence.git.GitConfigGuard;
import org.ringfence.git.GitLfsHook;
import org.ringfence.git.GitPointer;
import org.ringfence.git.GitProgramKeys;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.path.GitPlaces;
import org.ringfence.linux.path.GitPlaces.Kind;
import org.ringfence.linux.path.GitPlaces.Place;
import org.ringfence.linux.path.NameDecisions;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;
import org.ringfence.policy.Reason;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.GitDirectoryDecisions;

/**
 * Permits git's own changes to the protected names of a git directory, if the result names no
 * program: a new repository, a configuration file put in place of another, a pointer. A name that
 * is protected for another reason stays so.
 *
 * <p>Its callers hold the tree's lock.
 */
public final class GitGuard {
  private static final byte[] LOCK = ".lock".getBytes(StandardCharsets.US_ASCII);
  // setup.c, create_default_files: git tries whether the file system has symbolic links.
  private static final Pattern PROBE = Pattern.compile("t[A-Za-z0-9]{6}");
  private static final String LFS_FILTER = "filter.lfs.process";
  private static final String PROBED = "testing";
  private static final Set<Kind> STAGED =
      Set.of(Kind.GIT, Kind.COMMON, Kind.BACK, Kind.CONFIG, Kind.LFS_HOOK);
  private static final int EXECUTION = 0111;
  private static final int NEW = 0775;
  private static final int USUAL = 0755;
  private static final int MOST_SAMPLES = 100;

  private final Kernel kernel;
  private final PathResolver paths;
  private final EffectivePolicy policy;
  private final NameDecisions decisions;
  private final GitPlaces places;
  private final GitDirectoryDecisions directories;
  private final SmallFiles files;
  private final StagedPointers pointers;
  private final IndexGuard indexes;

  /** A change that git makes to a protected name. */
  public enum Change {
    /** A new directory. */
    MKDIR,
    /** A new regular file. */
    CREATE,
    /** The removal of a file. */
    UNLINK,
    /** The removal of an empty directory. */
    RMDIR
  }

  public GitGuard(Kernel kernel, PathResolver paths, FileView view, NameDecisions decisions) {
    this.kernel = kernel;
    this.paths = paths;
    this.policy = view.policy();
    this.decisions = decisions;
    this.places = decisions.git().places();
    this.directories = new GitDirectoryDecisions(policy);
    this.files = new SmallFiles(kernel, paths);
    this.pointers = new StagedPointers(kernel, paths, files);
    this.indexes = new IndexGuard(kernel, paths, decisions, files);
  }

  /** Returns the pointers that commands are writing. */
  public StagedPointers pointers() {
    return pointers;
  }

  /** Returns what puts indexes in place. */
  public IndexGuard indexes() {
    return indexes;
  }

  /** Returns the decision on a path, as far as its text decides: a protected name of git's. */
  private Optional<Place> named(String path) {
    Optional<Place> place = places.at(path);
    return place.isPresent()
            && policy.evaluate(path, Operation.WRITE).reason() instanceof Reason.ProtectedName
        ? place
        : Optional.empty();
  }

  /** Returns the place of a change that git may make; empty if the policy decides as for any. */
  public Optional<Place> permits(Change change, Entry entry, String path) throws AccessException {
    Optional<Place> place = path.isEmpty() ? Optional.empty() : named(path);
    return place.isPresent() && permits(change, place.get(), entry) ? place : Optional.empty();
  }

  private boolean permits(Change change, Place place, Entry entry) throws AccessException {
    return switch (change) {
      case MKDIR -> place.kind() == Kind.HOOKS || place.kind() == Kind.GIT && mayBegin();
      case CREATE -> place.kind() == Kind.SAMPLE && samplesOnly(entry.directory());
      case RMDIR ->
          (place.kind() == Kind.HOOKS || place.kind() == Kind.GIT)
              && decisions.kindOf(entry) == S_IFDIR
              && policy.rules().stream().noneMatch(rule -> isBelow(rule.path(), place));
      case UNLINK -> removable(place, entry);
    };
  }

  private boolean isBelow(String path, Place place) {
    return policy.places().style().isAtOrBelow(path, place.directory());
  }

  /** Returns whether repositories may be made: the user's own settings name no program in them. */
  private boolean mayBegin() {
    return directories.relativeProgram().isEmpty();
  }

  private boolean removable(Place place, Entry entry) throws AccessException {
    if (decisions.kindOf(entry) != S_IFREG) {
      return false;
    }
    return switch (place.kind()) {
      case GIT, COMMON, BACK -> true;
      case SAMPLE -> samplesOnly(entry.directory());
      case CONFIG -> {
        SmallFiles.Content content = files.read(entry, GitConfigGuard.LARGEST);
        yield content != null
            && judge(place).judge(content.bytes(), new byte[0]).isEmpty()
            && isUnread(place, entry, content.bytes());
      }
      case LFS_HOOK -> isLfsHook(entry);
      case HOOKS -> false;
    };
  }

  private boolean isUnread(Place place, Entry config, byte[] content) {
    Path directory = Path.of(place.directory());
    if (indexes.rereads(directory, content, new byte[0])) {
      indexes.forget(config);
    }
    return !indexes.rereads(directory, content, new byte[0]);
  }

  private GitConfigGuard judge(Place place) {
    return new GitConfigGuard(
        places.settings(place, () -> relativeProgram(Path.of(place.directory()))));
  }

  /**
   * Returns whether a directory holds only examples: a link among them could make one a hook, and
   * other files there are the user's.
   */
  private static boolean samplesOnly(int directory) {
    int count = 0;
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(Path.of(PathResolver.own(directory)))) {
      for (Path each : entries) {
        count++;
        if (count > MOST_SAMPLES
            || !each.toString().endsWith(".sample")
            || !Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)) {
          return false;
        }
      }
      return true;
    } catch (IOException | DirectoryIteratorException e) {
      return false;
    }
  }

  /** Returns whether a new link is git's trial of them. */
  public Optional<Integer> probes(Entry entry, String path, byte[] target) {
    String name = new String(entry.name(), StandardCharsets.ISO_8859_1);
    if (!PROBED.equals(new String(target, StandardCharsets.ISO_8859_1))
        || !PROBE.matcher(name).matches()) {
      return Optional.empty();
    }
    String directory = path.substring(0, path.lastIndexOf('/'));
    return places.at(directory + "/config").map(Place::depth);
  }

  /** Returns whether a change of a mode is git's trial of them: execution, of the configuration. */
  public boolean triesMode(String path, int before, int after) {
    return ((before ^ after) & 07777 & ~EXECUTION) == 0
        && named(path).filter(place -> place.kind() == Kind.CONFIG).isPresent();
  }

  /**
   * Puts a configuration file in place, as git does by renaming its lock file: as a copy that no
   * command has open, if it names no program.
   *
   * @return false if it is no such renaming
   * @throws AccessException if it is refused, or fails
   */
  public boolean replaces(SyscallNotification call, Entry from, Entry to) throws AccessException {
    if (!isLock(from, to)) {
      return false;
    }
    String path = decisions.pathOf(to);
    Optional<Place> place = named(path).filter(found -> found.kind() == Kind.CONFIG);
    if (place.isEmpty() || !areFiles(from, to)) {
      return false;
    }
    String lock = decisions.pathOf(from);
    decisions.demand("rename", call, lock, policy.evaluate(lock, Operation.WRITE));
    decisions.demand(
        "rename", call, path, decisions.git().made(to, path, false, place.get().depth()));
    SmallFiles.Content content = files.read(from, GitConfigGuard.LARGEST);
    if (content == null) {
      throw new AccessException(-Errno.ENOENT.value());
    }
    SmallFiles.Content present = files.read(to, GitConfigGuard.LARGEST);
    demandHarmless("rename", call, path, place.get(), present, content.bytes());
    // A command's mask gives no other user the right to write.
    int most = present == null ? NEW : present.status().mode() | USUAL;
    files.put(to, content.bytes(), content.status().mode() & most);
    decisions.withName(from, at -> kernel.call(Syscall.UNLINKAT, from.directory(), at, 0));
    return true;
  }

  private void demandHarmless(
      String operation,
      SyscallNotification call,
      String path,
      Place place,
      SmallFiles.Content present,
      byte[] after)
      throws AccessException {
    byte[] before = present == null ? new byte[0] : present.bytes();
    Optional<GitConfigGuard.Refusal> refusal = judge(place).judge(before, after);
    if (refusal.isEmpty() && indexes.rereads(Path.of(place.directory()), before, after)) {
      String problem = "would make git read its index in another way";
      refusal = Optional.of(new GitConfigGuard.Refusal("extensions.objectformat", problem));
    }
    if (refusal.isPresent()) {
      String setting = refusal.get().setting();
      String subject = setting.isEmpty() ? "git config" : "git config " + setting;
      decisions.demand(operation, call, path, denied(subject, refusal.get().problem()));
    }
  }

  private boolean areFiles(Entry from, Entry to) {
    int present = decisions.kindOf(to);
    return decisions.kindOf(from) == S_IFREG && (present == S_IFREG || present == 0);
  }

  static Decision denied(String subject, String problem) {
    return Decision.deny(
        new Reason.GitContent(subject, problem), "files there can run code in a later session");
  }

  /** Returns whether one name is the other's lock file, in the same directory. */
  private boolean isLock(Entry from, Entry to) throws AccessException {
    byte[] lock = Arrays.copyOf(to.name(), to.name().length + LOCK.length);
    System.arraycopy(LOCK, 0, lock, to.name().length, LOCK.length);
    return Arrays.equals(from.name(), lock)
        && paths
            .status(from.directory())
            .identity()
            .equals(paths.status(to.directory()).identity());
  }

  /** Returns a decision with the user's setting as its reason, if that is why it denies. */
  public Decision explained(String path, Decision decision) {
    boolean begins =
        !decision.allowed() && named(path).filter(place -> place.kind() == Kind.GIT).isPresent();
    return begins && !mayBegin()
        ? denied(
            "git config " + directories.relativeProgram(),
            "names a program by a path in the working tree, which would run in a new repository")
        : decision;
  }

  /**
   * Returns the place of a pointer or a configuration that a command is about to write whole, as
   * git writes pointers, and copies a configuration to a new working tree.
   *
   * @param truncates whether the call empties a present file
   * @return empty if it is none, or something else is there
   */
  public Optional<Place> pointer(Entry entry, String path, boolean truncates) {
    Optional<Place> place = path.isEmpty() || entry.special() ? Optional.empty() : named(path);
    int kind = decisions.kindOf(entry);
    return place
        .filter(found -> STAGED.contains(found.kind()))
        .filter(found -> kind == 0 || kind == S_IFREG && truncates)
        .filter(found -> found.kind() != Kind.LFS_HOOK || usesLfs(found));
  }

  /** Returns whether a repository's configuration filters files with Git LFS. */
  private static boolean usesLfs(Place place) {
    return new GitConfigFiles(List.of())
        .read(Path.of(place.directory(), "config")).settings().stream()
            .anyMatch(located -> located.setting().name().equals(LFS_FILTER));
  }

  private boolean isLfsHook(Entry entry) throws AccessException {
    SmallFiles.Content content = files.read(entry, GitLfsHook.LARGEST);
    return content != null && GitLfsHook.is(name(entry), content.bytes());
  }

  /** Answers the closing of a descriptor: puts the file that it wrote in its place. */
  public void closes(SyscallNotification call) throws AccessException {
    Optional<StagedPointers.Pointer> staged = pointers.take(call);
    if (staged.isPresent()) {
      try {
        publish(call, staged.get());
      } catch (AccessException e) {
        pointers.refuse(call);
        throw e;
      } finally {
        pointers.close(staged.get());
      }
    }
    call.proceed();
  }

  private void publish(SyscallNotification call, StagedPointers.Pointer pointer)
      throws AccessException {
    Entry entry = pointer.entry();
    String path = decisions.pathOf(entry);
    Optional<Place> place = pointer(entry, path, true);
    if (place.isEmpty()) {
      decisions.demand("close", call, path, policy.evaluate(path, Operation.WRITE));
      throw new AccessException(-Errno.EACCES.value());
    }
    Kind kind = place.get().kind();
    boolean configuring = kind == Kind.CONFIG;
    int most = configuring ? GitConfigGuard.LARGEST : GitPointer.LARGEST;
    byte[] content = files.content(pointer.memory(), most);
    SmallFiles.Content present = files.read(entry, most);
    // Nothing is written yet if a program has made a copy of the descriptor.
    Optional<String> problem =
        content.length == 0
            ? Optional.of("is empty")
            : configuring
                ? Optional.empty()
                : kind == Kind.LFS_HOOK
                    ? hookProblem(entry, content)
                    : problem(place.get(), content);
    if (problem.isPresent()) {
      String type = configuring ? "" : kind == Kind.LFS_HOOK ? "hook " : "pointer ";
      String subject = "git " + type + name(entry);
      decisions.demand("close", call, path, denied(subject, problem.get()));
    }
    if (configuring) {
      demandHarmless("close", call, path, place.get(), present, content);
    }
    decisions.demand(
        "close", call, path, decisions.git().made(entry, path, false, place.get().depth()));
    files.put(entry, content, present == null ? pointer.mode() & NEW : present.status().mode());
  }

  private Optional<String> hookProblem(Entry entry, byte[] content) throws AccessException {
    if (!GitLfsHook.is(name(entry), content)) {
      return Optional.of("is not that of Git LFS");
    }
    return decisions.kindOf(entry) == 0 || isLfsHook(entry)
        ? Optional.empty()
        : Optional.of("would replace another");
  }

  private static String name(Entry entry) {
    return new String(entry.name(), StandardCharsets.UTF_8);
  }

  private Optional<String> problem(Place place, byte[] content) {
    Optional<String> target = GitPointer.path(content, place.kind() == Kind.GIT);
    if (target.isEmpty()) {
      return Optional.of("is not as git writes it");
    }
    Optional<String> problem = places.problem(place, target.get());
    if (problem.isPresent() || place.kind() != Kind.GIT) {
      return problem;
    }
    return relativeProgram(Path.of(places.target(place, target.get())))
        .map(setting -> "would move the programs of git config " + setting);
  }

  /** Returns the setting of a repository or its user that names a program in the working tree. */
  private Optional<String> relativeProgram(Path directory) {
    if (!mayBegin()) {
      return Optional.of(directories.relativeProgram());
    }
    boolean linked = directory.getParent().endsWith("worktrees");
    Path common = linked ? directory.getParent().getParent() : directory;
    return new GitConfigFiles(List.of(Path.of(policy.places().home())))
            .read(common.resolve("config"))
            .read(common.resolve("config.worktree"))
            .read(directory.resolve("config.worktree"))
            .settings()
            .stream()
            .map(GitConfigFiles.Located::setting)
            .filter(GitProgramKeys::isRelative)
            .map(setting -> setting.name())
            .findFirst();
  }
}
