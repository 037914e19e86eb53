package org.ringfence.git;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A file of git's whose one line is a path: {@code .git} of a working tree, {@code gitdir} and
 * {@code commondir} of a linked one (gitrepository-layout(5)). Pure.
 */
public final class GitPointer {
  /** The largest file that is judged, in bytes. */
  public static final int LARGEST = 4096;

  private static final String PREFIX = "gitdir: ";

  private GitPointer() {}

  /**
   * Reads a pointer.
   *
   * @param content the file's bytes
   * @param prefixed whether the line begins with {@code gitdir:}, as that of {@code .git} does
   * @return the path as written; empty if git and other programs might read it in different ways
   */
  public static Optional<String> path(byte[] content, boolean prefixed) {
    if (content.length > LARGEST) {
      return Optional.empty();
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
    if (prefixed && !text.startsWith(PREFIX)) {
      return Optional.empty();
    }
    String line = text.substring(prefixed ? PREFIX.length() : 0);
    String path = line.endsWith("\n") ? line.substring(0, line.length() - 1) : line;
    boolean plain =
        !path.isEmpty()
            && path.equals(path.strip())
            && path.chars().noneMatch(c -> c < ' ' || c == 0x7f);
    return plain ? Optional.of(path) : Optional.empty();
  }
}
