package org.ringfence.windows.access;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.plan.ParentDirectories;
import org.ringfence.windows.plan.PathHazard;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;

/**
 * Directories on which Ringfence sets no allow entry.
 *
 * @param places directories that are kept, with all above them
 * @param trees directories that are kept, with everything below
 * @param programs directories that may be read but, like all above them, not written
 */
public record ReservedDirectories(List<String> places, List<String> trees, List<String> programs) {
  /**
   * Returns the directories of this user.
   *
   * @param environment the environment of this process
   * @param javaHome the directory of this JVM
   * @param installation the directory of the journal
   */
  public static ReservedDirectories of(
      Map<String, String> environment, String javaHome, Path installation) {
    List<String> places = new ArrayList<>();
    for (String name :
        List.of("USERPROFILE", "APPDATA", "LOCALAPPDATA", "ProgramData", "PUBLIC", "TEMP")) {
      Optional.ofNullable(environment.get(name)).ifPresent(places::add);
    }
    List<String> trees = new ArrayList<>(List.of(installation.toString()));
    for (String name : List.of("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramW6432")) {
      Optional.ofNullable(environment.get(name)).ifPresent(trees::add);
    }
    return new ReservedDirectories(List.copyOf(places), List.copyOf(trees), List.of(javaHome));
  }

  /**
   * Returns whether an entry would change nothing: it concerns the system's trees, which every
   * program reads and none writes, and neither denies reading nor allows writing there. Any other
   * entry is set, or the sandbox is refused.
   */
  public boolean needless(Entry entry) {
    Ace ace = entry.ace();
    boolean changes =
        ace.type() == Ace.Type.DENY
            ? (ace.mask() & AccessMask.READ_DATA) != 0
            : (ace.mask() & AccessMask.WRITE_DATA) != 0;
    return !changes && PathHazard.ofRoot(entry.path(), List.of(), trees).isPresent();
  }

  /** Throws if a path must not get an allow entry. */
  void check(String path, Ace ace) throws GrantException {
    if (ParentDirectories.looks(ace)) {
      // Such an entry shows no name below and is inherited by nothing.
      if (PathHazard.of(path).isPresent()) {
        throw new GrantException(path, PathHazard.of(path).get());
      }
      return;
    }
    boolean writing = (ace.mask() & AccessMask.WRITE_DATA) != 0;
    Optional<String> wrong =
        PathHazard.of(path)
            .or(() -> PathHazard.ofRoot(path, places, trees))
            .or(() -> PathHazard.ofRoot(path, writing ? programs : List.of(), List.of()));
    if (wrong.isPresent()) {
      throw new GrantException(path, wrong.get());
    }
  }
}
