package org.ringfence.linux.stream;

import static org.ringfence.linux.bind.Constants.AF_UNIX;
import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.O_ACCMODE;
import static org.ringfence.linux.bind.Constants.O_APPEND;
import static org.ringfence.linux.bind.Constants.O_PATH;
import static org.ringfence.linux.bind.Constants.O_RDONLY;
import static org.ringfence.linux.bind.Constants.O_WRONLY;
import static org.ringfence.linux.bind.Constants.SOCK_STREAM;
import static org.ringfence.linux.bind.Constants.SO_DOMAIN;
import static org.ringfence.linux.bind.Constants.SO_TYPE;
import static org.ringfence.linux.bind.Constants.S_IFBLK;
import static org.ringfence.linux.bind.Constants.S_IFDIR;
import static org.ringfence.linux.bind.Constants.S_IFREG;
import static org.ringfence.linux.bind.Constants.S_IFSOCK;

import java.io.IOException;
import java.util.List;
import org.ringfence.SandboxException;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.path.HandedDescriptors;
import org.ringfence.linux.path.OwnTerminals;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.path.PathResolver.Status;
import org.ringfence.linux.plan.FileView;
import org.ringfence.linux.plan.Supervision;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.socket.SocketOptions;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Decides how a command gets a descriptor that its caller hands in. If the descriptor itself would
 * give more rights than it was opened with, and no other mechanism prevents that, the command gets
 * a pipe, and this JVM copies.
 */
public final class StreamGate {
  private static final List<String> NAMES =
      List.of("standard input", "standard output", "standard error");
  private static final int TCGETS = 0x5401; // asm-generic/ioctls.h
  private static final String DELETED = " (deleted)";
  private static final String MEMORY = "/memfd:";

  private final Kernel kernel;
  private final PathResolver paths;
  private final SocketOptions options;
  private final FileView view;
  private final Supervision supervision;
  private final HandedDescriptors handed;
  private final OwnTerminals terminals;
  private final boolean alone;

  /**
   * Makes the gate of one sandbox.
   *
   * @param kernel the system calls
   * @param view the policy and how the sandbox sees paths
   * @param supervision which calls the supervisor answers
   * @param commands remembers the objects that commands get
   * @param alone whether the supervisor decides on no name; where it decides on no metadata either,
   *     it keeps no command from changing an object behind a stream
   */
  public StreamGate(
      Kernel kernel, FileView view, Supervision supervision, PathResolver commands, boolean alone) {
    this.alone = alone && !supervision.metadata();
    this.kernel = kernel;
    this.paths = new PathResolver(kernel);
    this.options = new SocketOptions(kernel);
    this.view = view;
    this.supervision = supervision;
    this.handed = commands.handed();
    this.terminals = commands.terminals();
  }

  /** Remembers a terminal that was made for a command, which can also open it by name. */
  public void made(int master) throws IOException {
    if (supervision.inNamespaces()) {
      // Commands have their own terminals there, with the same numbers.
      return;
    }
    try {
      terminals.hold(paths, master);
    } catch (AccessException e) {
      throw new IOException("terminal: " + e.getMessage(), e);
    }
  }

  /** The way in which a command gets a stream. */
  public enum Way {
    /** The descriptor itself. */
    AS_IT_IS,
    /** A pipe of this JVM's. */
    COPIED
  }

  /**
   * Decides on one stream.
   *
   * @param fd this JVM's descriptor
   * @param number the standard stream that it becomes
   * @return the way
   * @throws SandboxException if it would lead out of the sandbox
   */
  public Way way(int fd, int number) throws SandboxException {
    try {
      Way way = decide(fd, number);
      if (way == Way.AS_IT_IS && paths.pathOf(fd).isEmpty()) {
        // An object with a path is known by its mount.
        handed.add(paths, fd);
      }
      return way;
    } catch (AccessException e) {
      // The descriptor is not open: there is nothing to hand over.
      return Way.AS_IT_IS;
    }
  }

  private Way decide(int fd, int number) throws AccessException, SandboxException {
    Status status = paths.status(fd);
    long flags = kernel.call(Syscall.FCNTL, fd, F_GETFL);
    if (supervision.inNamespaces() && (status.is(S_IFDIR) || (flags & O_PATH) != 0)) {
      // Its '..' leads to the host's file system, which no mount covers.
      throw refused(number, "a directory", "name it in files.rules and in the command");
    }
    if (status.is(S_IFSOCK)) {
      return socket(fd, number);
    }
    if (alone) {
      return isOwn(fd, status) ? Way.COPIED : Way.AS_IT_IS;
    }
    return status.is(S_IFREG) || status.is(S_IFBLK)
        ? file(fd, (int) flags, paths.link(fd))
        : Way.AS_IT_IS;
  }

  /** Returns whether two descriptors of this JVM refer to one file. */
  public boolean same(int one, int other) {
    try {
      return paths.status(one).identity().equals(paths.status(other).identity());
    } catch (AccessException e) {
      return false;
    }
  }

  /**
   * Returns whether an object could be changed through the descriptor alone: its mode, owner, times
   * and attributes. An object without a place has none.
   */
  private boolean isOwn(int fd, Status status) throws AccessException {
    String link = paths.link(fd);
    if (!link.startsWith("/")) {
      return false;
    }
    return !(status.is(S_IFREG) && named(link, Operation.READ) && named(link, Operation.WRITE));
  }

  private static boolean isTerminal(Kernel kernel, int fd) {
    try (NativeBlock block = new NativeBlock(96)) {
      return kernel.call(Syscall.IOCTL, fd, TCGETS, block.allocate(64)) == 0;
    }
  }

  /** Returns whether a standard stream of this JVM is a terminal. */
  public static boolean hasTerminal(Kernel kernel) {
    return isTerminal(kernel, 0) || isTerminal(kernel, 1) || isTerminal(kernel, 2);
  }

  private static SandboxException refused(int number, String what, String remedy) {
    return new SandboxException(
        NAMES.get(number) + " is " + what + ", which leads out of the sandbox; " + remedy);
  }

  /** Decides on a socket: a unix socket can receive descriptors; read(2) leaves them behind. */
  private Way socket(int fd, int number) throws AccessException, SandboxException {
    if (!supervision.inNamespaces() || options.get(fd, SO_DOMAIN) != AF_UNIX) {
      return Way.AS_IT_IS;
    }
    if (options.get(fd, SO_TYPE) != SOCK_STREAM) {
      throw refused(number, "a unix socket that is no stream", "give a pipe");
    }
    return Way.COPIED;
  }

  private Way file(int fd, int flags, String link) {
    int mode = flags & O_ACCMODE;
    if (mode != O_RDONLY && (flags & O_APPEND) != 0) {
      // A process with the descriptor can clear the flag, and truncate.
      return Way.COPIED;
    }
    boolean memory = link.startsWith(MEMORY);
    boolean open = supervision.inNamespaces() || memory;
    boolean more =
        mode == O_WRONLY
            ? open && !named(link, Operation.READ)
            : mode == O_RDONLY && open && !supervision.names() && !named(link, Operation.WRITE);
    return more ? Way.COPIED : Way.AS_IT_IS;
  }

  /**
   * Returns whether the sandbox may do an operation by the file's name that the descriptor does not
   * allow.
   */
  private boolean named(String path, Operation operation) {
    EffectivePolicy policy = view.policy();
    return !path.startsWith(MEMORY)
        && !path.endsWith(DELETED)
        && view.policyPath(path).equals(path)
        && policy.places().source(path).equals(path)
        && policy.evaluate(path, operation).allowed();
  }
}
