package org.ringfence.macos.bind;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import jnr.constants.platform.Errno;
import jnr.constants.platform.Fcntl;
import jnr.constants.platform.OpenFlags;
import jnr.ffi.LibraryLoader;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import jnr.posix.SpawnAttribute;
import jnr.posix.SpawnFileAction;
import org.ringfence.macos.bind.libc.PosixCalls;

/** Calls for processes, pipes and terminals. Thread-safe. */
public final class Posix {
  /** {@code SIGTERM} of signal.h. */
  public static final int SIGTERM = 15;

  /** {@code SIGKILL} of signal.h. */
  public static final int SIGKILL = 9;

  private static final boolean MAC = System.getProperty("os.name").startsWith("Mac");
  // spawn.h of XNU; that of glibc has another number for the session, and closes nothing.
  private static final int SETSID = MAC ? 0x0400 : 0x80;
  private static final int CLOEXEC_DEFAULT = MAC ? 0x4000 : 0;
  private static final int NEW_FILE_MODE = 0666;
  private static final int CLOSE_ON_EXEC = 1;
  // struct rusage of sys/resource.h: two times of 16 bytes, whose microseconds are in the low four
  // bytes of the second half, then ru_maxrss: in bytes on macOS, in KiB on Linux.
  private static final int USAGE_BYTES = 144;
  private static final int USAGE_PEAK = 32;
  private static final long PEAK_UNIT = MAC ? 1 : 1024;

  private final POSIX calls = POSIXFactory.getNativePOSIX();
  private final PosixCalls others = LibraryLoader.create(PosixCalls.class).load("c");

  /**
   * The end of a process, and its resource usage.
   *
   * @param status its status, as sys/wait.h defines it
   * @param cpuTime processor time of it and of the processes it waited for; empty when unknown
   * @param peakMemory the peak memory of one of these, in bytes; empty when unknown
   */
  public record Ended(int status, Optional<Duration> cpuTime, OptionalLong peakMemory) {}

  /** The source of a standard stream of a new process. */
  public sealed interface Source {
    /**
     * A descriptor of this process.
     *
     * @param fd the descriptor
     */
    record Descriptor(int fd) implements Source {}

    /**
     * A file, opened by the new process before it is confined.
     *
     * @param path the file
     * @param mode the mode
     */
    record Opened(String path, Mode mode) implements Source {}

    /** The mode of opening a file. */
    enum Mode {
      /** For reading. */
      READ,
      /** For reading and writing: a terminal, which becomes that of the new process's session. */
      BOTH,
      /** For writing, truncated first. */
      WRITE,
      /** For appending. */
      APPEND
    }
  }

  /**
   * The two ends of a pipe.
   *
   * @param read the end to read from
   * @param write the end to write to
   */
  public record Pipe(int read, int write) {}

  /**
   * A pseudo-terminal.
   *
   * @param master the descriptor of the master's side
   * @param path the path of the other side
   */
  public record Terminal(int master, String path) {}

  /** Prepares the calls: the first use of jnr-posix takes a while. */
  public Posix() {}

  private IOException failed(String call) {
    int errno = calls.errno();
    Errno known = Errno.valueOf(errno);
    return new IOException(call + ": " + known.description() + " (" + known.name() + ")");
  }

  /**
   * Makes a pipe whose ends no other program inherits.
   *
   * @return the pipe
   * @throws IOException if there are no descriptors left
   */
  public Pipe pipe() throws IOException {
    int[] ends = new int[2];
    if (calls.pipe(ends) != 0) {
      throw failed("pipe");
    }
    for (int end : ends) {
      calls.fcntlInt(end, Fcntl.F_SETFD, CLOSE_ON_EXEC);
    }
    return new Pipe(ends[0], ends[1]);
  }

  /**
   * Closes a descriptor.
   *
   * @param fd the descriptor
   */
  public void close(int fd) {
    calls.close(fd);
  }

  /**
   * Makes a pseudo-terminal.
   *
   * @return the terminal
   * @throws IOException if there are none left
   */
  public Terminal terminal() throws IOException {
    int master = others.posix_openpt(OpenFlags.O_RDWR.intValue() | OpenFlags.O_NOCTTY.intValue());
    if (master < 0) {
      throw failed("posix_openpt");
    }
    calls.fcntlInt(master, Fcntl.F_SETFD, CLOSE_ON_EXEC);
    if (others.grantpt(master) != 0 || others.unlockpt(master) != 0) {
      calls.close(master);
      throw failed("grantpt");
    }
    return new Terminal(master, others.ptsname(master));
  }

  /**
   * Opens the other side of a pseudo-terminal, which does not become this process's own.
   *
   * @param path its path
   * @return the descriptor
   * @throws IOException if it cannot be opened
   */
  public int openTerminal(String path) throws IOException {
    int fd = calls.open(path, OpenFlags.O_RDWR.intValue() | OpenFlags.O_NOCTTY.intValue(), 0);
    if (fd < 0) {
      throw failed("open " + path);
    }
    calls.fcntlInt(fd, Fcntl.F_SETFD, CLOSE_ON_EXEC);
    return fd;
  }

  /**
   * Starts a program in a new session, with three descriptors and no other.
   *
   * @param words the program's path and its arguments
   * @param environment its whole environment
   * @param standard the sources of descriptors 0, 1 and 2
   * @return its process
   * @throws IOException if it cannot be started
   */
  public int spawn(List<String> words, Map<String, String> environment, List<Source> standard)
      throws IOException {
    List<SpawnFileAction> actions = new ArrayList<>();
    for (int number = 0; number < standard.size(); number++) {
      Source source = standard.get(number);
      actions.add(
          source instanceof Source.Opened opened
              ? SpawnFileAction.open(opened.path(), number, flags(opened.mode()), NEW_FILE_MODE)
              : SpawnFileAction.dup(((Source.Descriptor) source).fd(), number));
    }
    if (!MAC) {
      // Other systems have no such flag: a JVM's files stay open in its child processes.
      closeOthers(actions);
    }
    List<String> variables = new ArrayList<>();
    environment.forEach((name, value) -> variables.add(name + "=" + value));
    long pid =
        calls.posix_spawnp(
            words.get(0),
            actions,
            List.of(SpawnAttribute.flags((short) (SETSID | CLOEXEC_DEFAULT))),
            words,
            variables);
    if (pid <= 0) {
      throw failed("posix_spawn");
    }
    return (int) pid;
  }

  private static void closeOthers(List<SpawnFileAction> actions) throws IOException {
    String[] open = new File("/dev/fd").list();
    if (open == null) {
      throw new IOException("/dev/fd cannot be listed");
    }
    for (String number : open) {
      int fd = Integer.parseInt(number);
      if (fd > 2) {
        actions.add(SpawnFileAction.close(fd));
      }
    }
  }

  private static int flags(Source.Mode mode) {
    int writing = OpenFlags.O_WRONLY.intValue() | OpenFlags.O_CREAT.intValue();
    return switch (mode) {
      case READ -> OpenFlags.O_RDONLY.intValue();
      case BOTH -> OpenFlags.O_RDWR.intValue();
      case WRITE -> writing | OpenFlags.O_TRUNC.intValue();
      case APPEND -> writing | OpenFlags.O_APPEND.intValue();
    };
  }

  /**
   * Waits for a child process to end.
   *
   * @param pid the process
   * @return its end
   * @throws IOException if it is no child process
   */
  public Ended await(int pid) throws IOException {
    int[] status = new int[1];
    byte[] usage = new byte[USAGE_BYTES];
    int result = others.wait4(pid, status, 0, usage);
    while (result < 0 && calls.errno() == Errno.EINTR.intValue()) {
      result = others.wait4(pid, status, 0, usage);
    }
    if (result != pid) {
      throw failed("wait4");
    }
    ByteBuffer used = ByteBuffer.wrap(usage).order(ByteOrder.nativeOrder());
    return new Ended(
        status[0],
        Optional.of(time(used, 0).plus(time(used, 16))),
        OptionalLong.of(used.getLong(USAGE_PEAK) * PEAK_UNIT));
  }

  private static Duration time(ByteBuffer usage, int at) {
    return Duration.ofSeconds(usage.getLong(at)).plusNanos(usage.getInt(at + 8) * 1_000L);
  }

  /**
   * Sends a signal.
   *
   * @param pid a process; a group, when negative
   * @param signal the signal
   * @return false when no such process exists, or the kernel refuses
   */
  public boolean kill(int pid, int signal) {
    return calls.kill(pid, signal) == 0;
  }

  /**
   * Reads from a descriptor.
   *
   * @param fd the descriptor
   * @param buffer the destination
   * @return the number of bytes; 0 at the end, also where a terminal reports an error instead
   */
  public int read(int fd, byte[] buffer) {
    int count = calls.read(fd, buffer, buffer.length);
    while (count < 0 && calls.errno() == Errno.EINTR.intValue()) {
      count = calls.read(fd, buffer, buffer.length);
    }
    return Math.max(count, 0);
  }

  /**
   * Writes to a descriptor.
   *
   * @param fd the descriptor
   * @param bytes the bytes to write
   * @return the number of bytes written
   * @throws IOException if no byte can be written
   */
  public int write(int fd, byte[] bytes) throws IOException {
    int count = calls.write(fd, bytes, bytes.length);
    while (count < 0 && calls.errno() == Errno.EINTR.intValue()) {
      count = calls.write(fd, bytes, bytes.length);
    }
    if (count < 0) {
      throw failed("write");
    }
    return count;
  }
}
