package org.ringfence.windows.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.windows.plan.PathHazard;

/**
 * Directories on which no entry is set that grants writing.
 *
 * @param places those that are kept themselves, with all above them
 * @param trees those that are kept with all that lies in them
 */
record KeptPlaces(List<String> places, List<String> trees) {
  /**
   * Those of this user.
   *
   * @param environment the environment of this process
   * @param javaHome where this JVM lies
   * @param installation where the journal lies
   */
  static KeptPlaces of(Map<String, String> environment, String javaHome, Path installation) {
    List<String> places = new ArrayList<>(List.of(javaHome));
    for (String name :
        List.of("USERPROFILE", "APPDATA", "LOCALAPPDATA", "ProgramData", "PUBLIC", "TEMP")) {
      Optional.ofNullable(environment.get(name)).ifPresent(places::add);
    }
    List<String> trees = new ArrayList<>(List.of(installation.toString()));
    for (String name : List.of("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramW6432")) {
      Optional.ofNullable(environment.get(name)).ifPresent(trees::add);
    }
    return new KeptPlaces(List.copyOf(places), List.copyOf(trees));
  }

  /** Whether a path lies in one of the system's trees, which every program reads. */
  boolean system(String path) {
    return PathHazard.ofRoot(path, List.of(), trees).isPresent();
  }

  /** Throws if no entry for writing is to be set on a path. */
  void check(String path) throws GrantException {
    Optional<String> wrong = PathHazard.of(path).or(() -> PathHazard.ofRoot(path, places, trees));
    if (wrong.isPresent()) {
      throw new GrantException(path, wrong.get());
    }
  }
}
