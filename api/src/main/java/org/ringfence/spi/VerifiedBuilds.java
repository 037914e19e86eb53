package org.ringfence.spi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.effective.OwnPlaces;
import org.ringfence.text.message.BuildVersion;

/**
 * The builds of systems on which backends of this version have passed their first run, and the
 * guarantees that it has shown there, one file for each backend. No policy grants a command access
 * to the directory, unless its {@code files.default} is {@code write}. Thread-safe; of two writers,
 * one wins.
 *
 * @param directory the directory; made at the first write
 */
public record VerifiedBuilds(Path directory) {
  /** The remark of plans until a backend has passed on the build of this machine. */
  public static final String NOT_YET =
      "not yet verified on this build; run: ringfence verify --first-run";

  /** The remark for a guarantee that a first run on the build of this machine has not shown. */
  public static final String NOT_SHOWN =
      "not yet verified on this build: no case of its own has passed in the first run";

  private static final String NAME = "verified";

  /**
   * Returns the results of this user.
   *
   * @return the results in Ringfence's state; empty when the user has no home
   */
  public static Optional<VerifiedBuilds> ofUser() {
    return OwnPlaces.state().map(VerifiedBuilds::in);
  }

  /**
   * Returns the results in a directory of state.
   *
   * @param state Ringfence's directory
   * @return the results
   */
  public static VerifiedBuilds in(Path state) {
    return new VerifiedBuilds(state.resolve(NAME));
  }

  /**
   * Keeps the result of a first run. An earlier result of the backend is removed first.
   *
   * @param backend the backend's id
   * @param build the build of the system
   * @param shown ids of the guarantees that passing cases have shown on it; empty keeps nothing
   * @throws IOException if the result cannot be kept, or the earlier one not removed
   */
  public void keep(String backend, String build, Set<String> shown) throws IOException {
    Files.deleteIfExists(directory.resolve(backend));
    if (!shown.isEmpty()) {
      Files.createDirectories(directory);
      List<String> lines = new ArrayList<>(List.of(line(build)));
      shown.stream().sorted().forEach(lines::add);
      Files.write(directory.resolve(backend), lines);
    }
  }

  /**
   * Returns the guarantees that a backend's first run has shown on a build.
   *
   * @param backend the backend's id
   * @param build the build
   * @return their ids; empty where no first run has passed, and if the result cannot be read
   */
  public Set<String> shown(String backend, String build) {
    try {
      List<String> lines = Files.readAllLines(directory.resolve(backend));
      return !lines.isEmpty() && lines.get(0).equals(line(build))
          ? Set.copyOf(new HashSet<>(lines.subList(1, lines.size())))
          : Set.of();
    } catch (IOException e) {
      // Usually there is none.
      return Set.of();
    }
  }

  private static String line(String build) {
    return build
        + ", Ringfence "
        + BuildVersion.of(VerifiedBuilds.class).orElse("of an unknown version");
  }

  /**
   * Adds a remark to the guarantees that no first run has shown on the build.
   *
   * @param backend the backend's id
   * @param build the build
   * @param remark the remark where no first run has passed
   * @param planned the guarantees of a plan
   * @return the same guarantees; those with a remark that the first run has not shown
   */
  public List<PlannedGuarantee> remarked(
      String backend, String build, String remark, List<PlannedGuarantee> planned) {
    return remarked(shown(backend, build), remark, planned);
  }

  /**
   * As {@link #remarked(String, String, String, List)}, with a result that was read before.
   *
   * @param shown ids of the guarantees that the first run has shown
   * @param remark the remark where no first run has passed
   * @param planned the guarantees of a plan
   * @return the same guarantees; those with a remark that the first run has not shown
   */
  public static List<PlannedGuarantee> remarked(
      Set<String> shown, String remark, List<PlannedGuarantee> planned) {
    String unshown = shown.isEmpty() ? remark : NOT_SHOWN;
    return planned.stream()
        .map(each -> each.withVerification(shown.contains(each.id()) ? "" : unshown))
        .toList();
  }
}
