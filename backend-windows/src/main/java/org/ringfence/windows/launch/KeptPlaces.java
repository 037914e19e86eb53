package org.ringfence.windows.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.windows.plan.AccessMask;
import org.ringfence.windows.plan.Ace;
import org.ringfence.windows.plan.PathHazard;
import org.ringfence.windows.plan.RestrictedTokenPlan.Entry;

/**
 * Directories on which no entry is set that grants anything.
 *
 * @param places those that are kept themselves, with all above them
 * @param trees those that are kept with all that lies in them
 * @param programs those that may be read, but not written, they or anything above them
 */
record KeptPlaces(List<String> places, List<String> trees, List<String> programs) {
  /**
   * Those of this user.
   *
   * @param environment the environment of this process
   * @param javaHome where this JVM lies
   * @param installation where the journal lies
   */
  static KeptPlaces of(Map<String, String> environment, String javaHome, Path installation) {
    List<String> places = new ArrayList<>();
    for (String name :
        List.of("USERPROFILE", "APPDATA", "LOCALAPPDATA", "ProgramData", "PUBLIC", "TEMP")) {
      Optional.ofNullable(environment.get(name)).ifPresent(places::add);
    }
    List<String> trees = new ArrayList<>(List.of(installation.toString()));
    for (String name : List.of("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramW6432")) {
      Optional.ofNullable(environment.get(name)).ifPresent(trees::add);
    }
    return new KeptPlaces(List.copyOf(places), List.copyOf(trees), List.of(javaHome));
  }

  /**
   * Whether an entry would change nothing: it is about the system's trees, which every program
   * reads and none writes, and takes no reading and gives no writing there. One that does is set
   * like any other, or the sandbox is refused.
   */
  boolean needless(Entry entry) {
    Ace ace = entry.ace();
    boolean changes =
        ace.type() == Ace.Type.DENY
            ? (ace.mask() & AccessMask.READ_DATA) != 0
            : (ace.mask() & AccessMask.WRITE_DATA) != 0;
    return !changes && PathHazard.ofRoot(entry.path(), List.of(), trees).isPresent();
  }

  /** Throws if no such entry is to be set on a path. */
  void check(String path, Ace ace) throws GrantException {
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
