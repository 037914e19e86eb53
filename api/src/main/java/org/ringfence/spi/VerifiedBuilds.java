package org.ringfence.spi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.effective.OwnPlaces;
import org.ringfence.text.message.BuildVersion;

/**
 * The builds of systems on which backends of this version have passed their first run, one file for
 * each backend. No policy grants a command access to the directory, unless its {@code
 * files.default} is {@code write}. Thread-safe; of two writers, one wins.
 *
 * @param directory the directory; made at the first write
 */
public record VerifiedBuilds(Path directory) {
  /** The remark of plans until a backend has passed on the build of this machine. */
  public static final String NOT_YET =
      "not yet verified on this build; run: ringfence verify --first-run";

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
   * @param passed whether the backend passed on it
   * @throws IOException if the result cannot be kept, or the earlier one not removed
   */
  public void keep(String backend, String build, boolean passed) throws IOException {
    Files.deleteIfExists(directory.resolve(backend));
    if (passed) {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve(backend), line(build));
    }
  }

  /**
   * Returns whether a backend has passed on a build.
   *
   * @param backend the backend's id
   * @param build the build
   * @return false also if the result cannot be read
   */
  public boolean holds(String backend, String build) {
    try {
      return Files.readString(directory.resolve(backend)).equals(line(build));
    } catch (IOException e) {
      // Usually there is none.
      return false;
    }
  }

  private static String line(String build) {
    return build
        + ", Ringfence "
        + BuildVersion.of(VerifiedBuilds.class).orElse("of an unknown version");
  }

  /**
   * Adds a remark to guarantees, unless the backend has passed on the build.
   *
   * @param backend the backend's id
   * @param build the build
   * @param remark the remark
   * @param planned the guarantees of a plan
   * @return the same guarantees with the remark, or with none
   */
  public List<PlannedGuarantee> remarked(
      String backend, String build, String remark, List<PlannedGuarantee> planned) {
    String added = holds(backend, build) ? "" : remark;
    return planned.stream().map(guarantee -> guarantee.withVerification(added)).toList();
  }
}
