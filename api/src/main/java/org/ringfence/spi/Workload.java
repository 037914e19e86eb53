package org.ringfence.spi;

import java.util.Locale;

/** Kinds of workloads that backends fit more or less; see {@link BackendInfo#suitability()}. */
public enum Workload {
  /** A coding agent and the programs that it starts: shells, compilers, package managers, git. */
  AGENT("untrusted commands: a coding agent, its shell, its tools"),
  /** A build of a known project. */
  BUILD("a build or tests of a known project, with tools of this system"),
  /** A program with windows. */
  GUI("a program with windows on the user's desktop"),
  /** A packaged app from a store. */
  PACKAGED("a packaged app (Store, MSIX), started by its alias"),
  /** A workspace on a network share or in a cloud folder. */
  SHARE("a workspace on a network share, in OneDrive, on FAT or exFAT"),
  /** A continuous integration runner. */
  CI("a job of a runner, often in a container, as root or as an administrator");

  private final String description;

  Workload(String description) {
    this.description = description;
  }

  /**
   * Returns the description.
   *
   * @return the description, in one line
   */
  public String description() {
    return description;
  }

  /**
   * Returns the word by which users name the workload.
   *
   * @return the constant's name in lower case
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
