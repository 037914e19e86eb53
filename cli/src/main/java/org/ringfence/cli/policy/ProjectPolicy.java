package org.ringfence.cli.policy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * A project's policy. Ringfence reads it once, so that it uses exactly the trusted content.
 *
 * @param file its real path
 * @param text its content
 * @param hash the SHA-256 of its content, in hexadecimal digits
 */
public record ProjectPolicy(Path file, String text, String hash) {
  /** Its path in a project. */
  public static final Path NAME = Path.of(".ringfence", "policy.json");

  /**
   * Looks for the policy of a workspace: in the workspace and in the directories above it, up to
   * one that every user can write.
   *
   * @return the nearest; empty when there is none
   * @throws IOException if there is one that cannot be read
   */
  public static Optional<ProjectPolicy> above(Path workspace) throws IOException {
    if (!Files.isDirectory(workspace)) {
      return Optional.empty();
    }
    Path start = workspace.toRealPath();
    for (Path directory = start; directory != null; directory = directory.getParent()) {
      Path file = directory.resolve(NAME);
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        return Optional.of(read(file));
      }
      Path parent = directory.getParent();
      if (parent == null || isEverybodys(parent)) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static boolean isEverybodys(Path directory) throws IOException {
    try {
      return Files.getPosixFilePermissions(directory).contains(PosixFilePermission.OTHERS_WRITE);
    } catch (UnsupportedOperationException e) {
      // Windows: directories above a user's own belong to administrators.
      return false;
    }
  }

  /**
   * Reads a policy.
   *
   * @throws IOException if it cannot be read, is no regular file, or is too large
   */
  public static ProjectPolicy read(Path file) throws IOException {
    return read(file, "cannot read the project's policy");
  }

  /**
   * Describes a policy by its text, whatever the file holds.
   *
   * @param file the file's real path
   * @param text its text
   */
  public static ProjectPolicy of(Path file, String text) {
    return new ProjectPolicy(file, text, hash(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Reads any policy file.
   *
   * @param tried the attempt, for an error
   */
  public static ProjectPolicy read(Path file, String tried) throws IOException {
    try {
      Path real = file.toRealPath();
      if (!Files.isRegularFile(real)) {
        throw new FileSystemException(file.toString(), null, "it is not a regular file");
      }
      try (InputStream in = Files.newInputStream(real)) {
        byte[] bytes = in.readNBytes((int) PolicyReader.LARGEST_FILE + 1);
        if (bytes.length > PolicyReader.LARGEST_FILE) {
          throw new InvalidPolicyException("policy", file.toString(), "a file of at most 8 MiB");
        }
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return new ProjectPolicy(real, text, hash(bytes));
      }
    } catch (IOException e) {
      throw FileFailure.of(tried, file.toString(), e);
    }
  }

  public static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
