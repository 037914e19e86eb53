package org.ringfence.linux.launch;

import static org.ringfence.linux.bind.Constants.F_GETFL;
import static org.ringfence.linux.bind.Constants.O_ACCMODE;
import static org.ringfence.linux.bind.Constants.O_WRONLY;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.launch.Landlock.Granted;
import org.ringfence.linux.plan.LandlockAbi;
import org.ringfence.linux.plan.LandlockRuleset;
import org.ringfence.linux.plan.Syscall;

/**
 * The ruleset of a sandbox's commands. A command that receives a terminal for reading gets a
 * separate ruleset, which also permits reading the terminal by name: {@code /dev/stdin} is such a
 * name.
 */
final class CommandRuleset implements AutoCloseable {
  // asm-generic/ioctls.h
  private static final long TCGETS = 0x5401;
  private static final int TERMIOS_BYTES = 64;

  private final Kernel kernel;
  private final Descriptors descriptors;
  private final Landlock landlock;
  private final LandlockRuleset value;
  private final LandlockAbi abi;
  private final int descriptor;
  // The objects of the rules when the sandbox was opened; other objects may lie there now.
  private final List<Granted> granted = new ArrayList<>();

  CommandRuleset(Kernel kernel, LandlockRuleset value, LandlockAbi abi) throws IOException {
    this.kernel = kernel;
    this.descriptors = new Descriptors(kernel);
    this.landlock = new Landlock(kernel);
    this.value = value;
    this.abi = abi;
    this.descriptor = value.handlesNothing() ? -1 : landlock.create(value, abi, granted::add);
  }

  /**
   * Returns the ruleset for a command.
   *
   * @param standard the command's standard streams
   * @return the descriptor, -1 for none; the caller returns it to {@link #release}
   */
  int of(int[] standard) throws IOException {
    List<Integer> terminals = new ArrayList<>();
    if ((value.handledFiles() & LandlockAbi.READ_FILE) != 0) {
      for (int stream : standard) {
        if (!terminals.contains(stream) && isReadTerminal(stream)) {
          terminals.add(stream);
        }
      }
    }
    return terminals.isEmpty() ? descriptor : landlock.recreate(value, abi, granted, terminals);
  }

  /** Closes the result of {@link #of}. */
  void release(int given) {
    if (given != descriptor) {
      descriptors.close(given);
    }
  }

  private boolean isReadTerminal(int fd) {
    long flags = kernel.call(Syscall.FCNTL, fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) {
      return false;
    }
    try (NativeBlock block = new NativeBlock(TERMIOS_BYTES + 32L)) {
      return kernel.call(Syscall.IOCTL, fd, TCGETS, block.allocate(TERMIOS_BYTES)) == 0;
    }
  }

  @Override
  public void close() {
    descriptors.close(descriptor);
  }
}
