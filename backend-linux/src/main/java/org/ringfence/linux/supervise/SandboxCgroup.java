package org.ringfence.linux.supervise;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.ringfence.policy.Limits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cgroup of a sandbox, with a group per command in it
 * (Documentation/admin-guide/cgroup-v2.rst). The supervisor moves a command in while it holds its
 * first execve, so that no part of it runs outside.
 */
public final class SandboxCgroup implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxCgroup.class);
  private static final int TRIES = 50;
  private static final long TRY_MILLIS = 10;

  private final Path directory;
  private int commands;

  private SandboxCgroup(Path directory) {
    this.directory = directory;
  }

  /** Makes the sandbox's group. */
  public static SandboxCgroup create(Path parent) throws IOException {
    byte[] id = new byte[8];
    ThreadLocalRandom.current().nextBytes(id);
    SandboxCgroup group =
        new SandboxCgroup(
            Files.createDirectory(parent.resolve("ringfence-" + HexFormat.of().formatHex(id))));
    boolean done = false;
    try {
      Files.writeString(group.directory.resolve("cgroup.subtree_control"), "+memory +pids");
      done = true;
      return group;
    } finally {
      if (!done) {
        group.close();
      }
    }
  }

  /** Returns the directory, for the watchdog that removes it if this JVM ends. */
  public Path directory() {
    return directory;
  }

  /** Returns whether a process is in one of the groups already. */
  boolean holds(int pid) throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/cgroup"))
        .contains("/" + directory.getFileName() + "/");
  }

  /** Puts a command's process into a new group with its limits. */
  void enter(int pid, Limits limits) throws IOException {
    removeEmpty();
    Path group = Files.createDirectory(directory.resolve("command-" + commands++));
    if (limits.memory().isPresent()) {
      Files.writeString(group.resolve("memory.max"), Long.toString(limits.memory().getAsLong()));
      // Otherwise the limit would only move the excess to the swap device.
      Path swap = group.resolve("memory.swap.max");
      if (Files.exists(swap)) {
        Files.writeString(swap, "0");
      }
      // A process tree that has lost one of its processes is useless.
      Files.writeString(group.resolve("memory.oom.group"), "1");
    }
    if (limits.processes().isPresent()) {
      Files.writeString(group.resolve("pids.max"), Long.toString(limits.processes().getAsLong()));
    }
    Files.writeString(group.resolve("cgroup.procs"), Integer.toString(pid));
  }

  /** Removes the groups of commands that have ended; the kernel keeps the others. */
  private void removeEmpty() throws IOException {
    try (DirectoryStream<Path> groups = Files.newDirectoryStream(directory, "command-*")) {
      for (Path group : groups) {
        try {
          Files.delete(group);
        } catch (FileSystemException e) {
          LOG.trace("{} is still in use", group);
        }
      }
    }
  }

  /**
   * Removes the groups. Every process has been killed; the kernel needs a moment to take them out.
   */
  @Override
  public void close() {
    boolean interrupted = false;
    for (int i = 0; i < TRIES; i++) {
      try {
        removeEmpty();
        Files.delete(directory);
        break;
      } catch (IOException e) {
        if (i == TRIES - 1) {
          LOG.warn("cgroup {} could not be removed: {}", directory, e.getMessage());
          break;
        }
      }
      try {
        Thread.sleep(TRY_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
