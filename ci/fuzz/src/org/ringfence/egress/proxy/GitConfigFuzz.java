package org.ringfence.egress.proxy;

import org.ringfence.git.GitConfig;

/** Any content of a git configuration is read without an exception. */
public final class GitConfigFuzz {
  private GitConfigFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    GitConfig.parse(input);
  }
}
