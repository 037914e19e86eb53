package org.ringfence.linux.git;

import static org.ringfence.linux.bind.Constants.S_IFREG;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.ringfence.git.GitConfig;
import org.ringfence.git.GitConfigFiles;
import org.ringfence.git.GitIndex;
import org.ringfence.git.GitPointer;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.GitDirectories;
import org.ringfence.linux.path.NameDecisions;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Entry;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Puts an index in place, as git does by renaming its lock file: as a copy that no command has
 * open, if a checkout of it writes into no git directory.
 *
 * <p>Its callers hold the tree's lock.
 */
public final class IndexGuard {
  private static final int BUFFER = 1 << 16;
  private static final int OTHERS = 0755;

  private final Kernel kernel;
  private final PathResolver paths;
  private final NameDecisions decisions;
  private final SmallFiles files;

  IndexGuard(Kernel kernel, PathResolver paths, NameDecisions decisions, SmallFiles files) {
    this.kernel = kernel;
    this.paths = paths;
    this.decisions = decisions;
    this.files = files;
  }

  /**
   * Renames a file that becomes an index. The caller has decided on both names.
   *
   * @return false if it is no such renaming
   * @throws AccessException if it is refused, or fails
   */
  public boolean replaces(SyscallNotification call, Entry from, Entry to, int flags)
      throws AccessException {
    if (flags == 0
        && !GitDirectories.isIndexName(new String(to.name(), StandardCharsets.ISO_8859_1))) {
      return false;
    }
    String path = decisions.pathOf(to);
    boolean exchanged = flags != 0 && decisions.git().isIndex(from, decisions.pathOf(from));
    if (!exchanged && (!decisions.git().isIndex(to, path) || decisions.kindOf(from) != S_IFREG)) {
      return false;
    }
    if (flags != 0) {
      throw new AccessException(-Errno.EINVAL.value());
    }
    try (SmallFiles.Copy copy = files.copy(from, to)) {
      Optional<String> problem = problem(copy, directory(path));
      if (problem.isPresent()) {
        decisions.demand("rename", call, path, GitGuard.denied("git index", problem.get()));
      }
      files.put(copy, OTHERS);
    }
    decisions.withName(from, at -> kernel.call(Syscall.UNLINKAT, from.directory(), at, 0));
    return true;
  }

  private static Path directory(String path) {
    return Path.of(path).getParent();
  }

  private Optional<String> problem(SmallFiles.Copy copy, Path directory) throws AccessException {
    int hash = hash(new GitConfigFiles(List.of()).read(common(directory).resolve("config")));
    try (InputStream in = new BufferedInputStream(files.stream(copy.descriptor()), BUFFER)) {
      return GitIndex.problem(in, paths.size(copy.descriptor()), hash);
    } catch (IOException e) {
      throw new AccessException(-Errno.EIO.value());
    }
  }

  private static int hash(GitConfigFiles config) {
    return GitIndex.hashLength(
        config.settings().stream().map(GitConfigFiles.Located::setting).toList());
  }

  /** Returns the directory whose configuration holds for a git directory. */
  private static Path common(Path directory) {
    Path pointer = directory.resolve("commondir");
    if (!Files.isRegularFile(pointer)) {
      return directory;
    }
    try (InputStream in = Files.newInputStream(pointer)) {
      byte[] content = in.readNBytes(GitPointer.LARGEST);
      return directory.resolve(new String(content, StandardCharsets.UTF_8).strip()).normalize();
    } catch (IOException | InvalidPathException e) {
      return directory;
    }
  }

  /**
   * Returns whether a change of a repository's configuration would make git read its present
   * indexes in another way than they were judged.
   */
  boolean rereads(Path directory, byte[] before, byte[] after) {
    if (GitIndex.hashLength(GitConfig.parse(before).settings())
        == GitIndex.hashLength(GitConfig.parse(after).settings())) {
      return false;
    }
    try (Stream<Path> names = Files.list(directory)) {
      return names.map(Path::getFileName).map(Path::toString).anyMatch(IndexGuard::mayBeRead);
    } catch (IOException | UncheckedIOException e) {
      return true;
    }
  }

  private static boolean mayBeRead(String name) {
    return GitDirectories.isIndexName(name) || name.equals("worktrees");
  }

  /** Removes a directory's index along with its configuration, for {@link #rereads}. */
  void forget(Entry config) {
    try (NativeBlock block = new NativeBlock(32)) {
      long name = block.string("index");
      kernel.call(Syscall.UNLINKAT, config.directory(), name, 0);
    }
  }
}
