package org.ringfence.linux.names;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.ringfence.file.HeldDirectory;
import org.ringfence.file.HeldDirectory.Status;
import org.ringfence.git.GitConfigGuard;
import org.ringfence.git.GitPointer;
import org.ringfence.linux.tree.NameSearch.Found;
import org.ringfence.policy.Access;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.GitDirectoryDecisions;

/**
 * Judges names in git directories that a command has made: those of a repository without programs
 * stay, so that repositories can be made, cloned and linked.
 */
final class MadeNames {
  private static final String EXAMPLE = ".sample";

  private final EffectivePolicy policy;
  private final String relativeProgram;

  MadeNames(EffectivePolicy policy) {
    this.policy = policy;
    this.relativeProgram = new GitDirectoryDecisions(policy).relativeProgram();
  }

  /**
   * Returns whether a found name runs nothing and leads nowhere else.
   *
   * @param one the name
   * @param directory the directory that holds it
   * @param before the content that it had when the sandbox opened; empty if there was none
   */
  boolean isHarmless(Found one, HeldDirectory directory, byte[] before) {
    String last = one.last().toLowerCase(Locale.ROOT);
    Status status = one.status();
    if (status.isLink() || !one.name().startsWith(".git")) {
      return false;
    }
    try {
      return switch (last) {
        case "hooks" -> status.isDirectory() && hasExamplesOnly(directory, one.last());
        case "branches", "remotes" -> status.isDirectory() && isEmpty(directory, one.last());
        case "config", "config.worktree" ->
            status.isFile() && namesNoProgram(one, directory, before);
        case "commondir", "gitdir", ".git" -> status.isFile() && staysInside(one, directory, last);
        default -> false;
      };
    } catch (IOException | InvalidPathException e) {
      return false;
    }
  }

  private static boolean hasExamplesOnly(HeldDirectory directory, String name) throws IOException {
    try (HeldDirectory hooks = directory.open(name)) {
      for (String each : hooks.names()) {
        if (!each.endsWith(EXAMPLE) || hooks.status(each).filter(Status::isFile).isEmpty()) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private static boolean isEmpty(HeldDirectory directory, String name) throws IOException {
    try (HeldDirectory opened = directory.open(name)) {
      return opened.names().isEmpty();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private boolean namesNoProgram(Found one, HeldDirectory directory, byte[] before)
      throws IOException {
    if (!relativeProgram.isEmpty() || one.status().size() > GitConfigGuard.LARGEST) {
      return false;
    }
    byte[] content = directory.read(one.last(), GitConfigGuard.LARGEST + 1);
    return new GitConfigGuard(new Places(Path.of(one.path()).getParent()))
        .judge(before, content)
        .isEmpty();
  }

  private boolean staysInside(Found one, HeldDirectory directory, String last) throws IOException {
    byte[] content = directory.read(one.last(), GitPointer.LARGEST + 1);
    Path base = Path.of(one.path()).getParent();
    return relativeProgram.isEmpty()
        && GitPointer.path(content, last.equals(".git"))
            .filter(path -> isSearched(base.resolve(path)))
            .isPresent();
  }

  /** Returns whether a path leads, over no link, to a place that the search covers. */
  private boolean isSearched(Path path) {
    Path at = path.getRoot();
    for (Path name : path) {
      // The kernel goes up from where a link leads, not from where it lies.
      boolean up = name.toString().equals("..") && at.getParent() != null;
      at = up ? at.getParent() : at.resolve(name).normalize();
      if (!policy.places().lookup().real(at.toString()).equals(at.toString())) {
        return false;
      }
    }
    return policy.keepsNames(at.toString());
  }

  /** The places that the settings of a new repository may lead to. */
  private final class Places implements GitConfigGuard.Places {
    private final Path directory;

    private Places(Path directory) {
      this.directory = directory;
    }

    @Override
    public boolean repository(String path) {
      Path named = Path.of(path);
      // A program that git starts there takes hooks from it: one that commands cannot write.
      return named.isAbsolute()
          && policy.accessAt(policy.places().lookup().real(path)) != Access.WRITE
          && !policy.evaluate(path, Operation.WRITE).allowed();
    }

    @Override
    public boolean workTree(String path) {
      return isSearched(directory.resolve(path));
    }

    @Override
    public Optional<String> relativeProgram() {
      return relativeProgram.isEmpty() ? Optional.empty() : Optional.of(relativeProgram);
    }
  }
}
