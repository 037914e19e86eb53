package org.ringfence.git;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The hooks of Git LFS, as {@code git lfs install} writes them (git-lfs-install(1)): each runs
 * {@code git lfs} with its own name, and nothing else. Pure.
 */
public final class GitLfsHook {
  /** The largest hook that is judged, in bytes. */
  public static final int LARGEST = 4096;

  /** The names of the hooks. */
  public static final Set<String> NAMES =
      Set.of("pre-push", "post-checkout", "post-commit", "post-merge");

  // The message between double quotes differs by version. No character of it is one that a shell
  // expands there, and the only escapes are those of echo and printf.
  private static final String MESSAGE = "(?:[A-Za-z0-9 ,.;:()'/_-]|\\\\n)*";

  private static final Pattern TEXT =
      Pattern.compile(
          "#!/bin/sh\n"
              + "command -v git-lfs >/dev/null 2>&1 \\|\\| \\{ "
              + "(?:echo >&2|printf >&2 \"\\\\n%s\\\\n\\\\n\") \""
              + MESSAGE
              + "\"; exit 2; \\}\n"
              + "git lfs ([a-z-]+) \"\\$@\"\n?");

  private GitLfsHook() {}

  /**
   * Returns whether a file is the hook of Git LFS.
   *
   * @param name the hook's name
   * @param content the file's bytes
   * @return true if it runs {@code git lfs} with this name, and nothing else
   */
  public static boolean is(String name, byte[] content) {
    if (content.length > LARGEST || !NAMES.contains(name)) {
      return false;
    }
    Matcher matcher = TEXT.matcher(new String(content, StandardCharsets.ISO_8859_1));
    return matcher.matches() && matcher.group(1).equals(name);
  }
}
