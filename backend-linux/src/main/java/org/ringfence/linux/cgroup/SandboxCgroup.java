package org.ringfence.linux.cgroup;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.ringfence.policy.Limits;
import org.ringfence.policy.SandboxPolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cgroup of a sandbox, with a group per command in it
 * (Documentation/admin-guide/cgroup-v2.rst). The supervisor moves a command in while it holds its
 * first execve, so that no part of it runs outside. Thread-safe.
 */
public final class SandboxCgroup implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxCgroup.class);
  private static final int TRIES = 50;
  private static final long TRY_MILLIS = 10;
  private static final long TRIAL_MEMORY = 64L << 20;
  private static final long TRIAL_PROCESSES = 8;
  private static final String PROCS = "cgroup.procs";

  private final Path directory;
  private final Optional<UserScope> scope;
  private final AtomicInteger commands = new AtomicInteger();
  private final Map<Long, Path> groups = new ConcurrentHashMap<>();
  private final Queue<Path> left = new ConcurrentLinkedQueue<>();

  private SandboxCgroup(Path directory, Optional<UserScope> scope) {
    this.directory = directory;
    this.scope = scope;
  }

  /**
   * Makes the sandbox's group in a delegated directory.
   *
   * @param parent the directory
   * @return the group
   * @throws IOException if that fails; nothing stays
   */
  public static SandboxCgroup below(Path parent) throws IOException {
    Path made = Files.createDirectory(parent.resolve(name()));
    return new SandboxCgroup(made, Optional.empty()).prepared();
  }

  /**
   * Has a scope made for the sandbox.
   *
   * @param manager systemd's manager of this user
   * @return the group
   * @throws IOException if that fails; nothing stays
   */
  public static SandboxCgroup inScope(UserSystemd manager) throws IOException {
    return in(UserScope.open(manager, name() + ".scope"));
  }

  /**
   * Does once all that a sandbox in a scope needs, with a process that only waits.
   *
   * @param manager systemd's manager of this user
   * @throws IOException if a step fails; nothing stays
   */
  public static void tryOut(UserSystemd manager) throws IOException {
    Limits limits =
        SandboxPolicy.builder().memory(TRIAL_MEMORY).processes(TRIAL_PROCESSES).build().limits();
    try (SandboxCgroup trial = inScope(manager)) {
      Process process = UserScope.waiting();
      try {
        trial.enter(process.pid(), process.pid(), limits);
      } finally {
        process.destroyForcibly();
        process.getOutputStream().close();
        process.getInputStream().close();
      }
    }
  }

  static SandboxCgroup in(UserScope scope) throws IOException {
    return new SandboxCgroup(scope.directory(), Optional.of(scope)).prepared();
  }

  private static String name() {
    byte[] id = new byte[8];
    ThreadLocalRandom.current().nextBytes(id);
    return "ringfence-" + HexFormat.of().formatHex(id);
  }

  private SandboxCgroup prepared() throws IOException {
    boolean done = false;
    try {
      Path given = directory.resolve("cgroup.controllers");
      if (scope.isPresent()
          && !Arrays.asList(Files.readString(given).strip().split(" "))
              .containsAll(CgroupSearch.CONTROLLERS)) {
        throw new IOException("systemd's user manager lacks the memory or the pids controller");
      }
      Files.writeString(directory.resolve("cgroup.subtree_control"), "+memory +pids");
      done = true;
      return this;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /**
   * Returns the directory that a watchdog removes if this JVM ends; empty where systemd does that.
   */
  public Optional<Path> leftBehind() {
    return scope.isPresent() ? Optional.empty() : Optional.of(directory);
  }

  /**
   * Returns whether a process is in one of the groups.
   *
   * @param pid the process
   * @return true if it is
   * @throws IOException if that cannot be told
   */
  public boolean holds(long pid) throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/cgroup"))
        .contains("/" + directory.getFileName() + "/");
  }

  /**
   * Puts a command's process into a new group with its limits.
   *
   * @param pid the process
   * @param root the process by which the command is known later
   * @param limits its limits
   * @throws IOException if it is not in such a group
   */
  public void enter(long pid, long root, Limits limits) throws IOException {
    left.removeIf(SandboxCgroup::removed);
    Path group = Files.createDirectory(directory.resolve("command-" + commands.getAndIncrement()));
    boolean done = false;
    try {
      limit(group, limits);
      if (scope.isPresent()) {
        scope.get().attach(group, pid);
      } else {
        Files.writeString(group.resolve(PROCS), Long.toString(pid));
      }
      groups.put(root, group);
      done = true;
    } finally {
      if (!done) {
        left.add(group);
      }
    }
  }

  private static void limit(Path group, Limits limits) throws IOException {
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
  }

  /**
   * Returns the figures of a command.
   *
   * @param root the process by which it is known
   * @return the figures of its group; empty if it has none
   */
  public Optional<GroupFigures> figures(long root) {
    return Optional.ofNullable(groups.get(root)).map(GroupFigures::of);
  }

  /**
   * Removes the group of a command that has ended, now or, while processes of it are left, later.
   *
   * @param root the process by which it is known
   */
  public void leave(long root) {
    Path group = groups.remove(root);
    if (group != null && !removed(group)) {
      left.add(group);
    }
  }

  private static boolean removed(Path group) {
    try {
      Files.deleteIfExists(group);
      return true;
    } catch (IOException e) {
      LOG.trace("{} is still in use", group);
      return false;
    }
  }

  /** Removes the groups of commands that have ended; the kernel keeps the others. */
  private void removeEmpty() throws IOException {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "command-*")) {
      for (Path group : all) {
        removed(group);
      }
    }
  }

  /**
   * Removes the groups. Every process has been killed; the kernel needs a moment to take them out.
   */
  @Override
  public void close() {
    if (scope.isPresent()) {
      scope.get().close();
    } else {
      removeAll();
    }
  }

  private void removeAll() {
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
