package org.ringfence.policy;

import java.util.Objects;

/**
 * One line of the file policy.
 *
 * @param path an absolute path, or a special ({@code :workspace}, {@code :tmp}, {@code :home},
 *     {@code :minimal}, {@code :java-home}, {@code :shm}) with an optional rest ({@code :home/.m2})
 * @param access the access granted below the path
 * @param missing the action when the path does not exist
 */
public record FileRule(String path, Access access, MissingPath missing) {
  /** Checks that no part is null. */
  public FileRule {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(access, "access");
    Objects.requireNonNull(missing, "missing");
  }
}
