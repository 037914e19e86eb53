package org.ringfence.egress.proxy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.ringfence.git.GitIndex;

/** Any content of a git index is read without an exception, with both lengths of hashes. */
public final class GitIndexFuzz {
  private GitIndexFuzz() {}

  /** Tries one input. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    for (int hash : new int[] {20, 32}) {
      GitIndex.read(new ByteArrayInputStream(input), input.length, hash, name -> {});
    }
  }
}
