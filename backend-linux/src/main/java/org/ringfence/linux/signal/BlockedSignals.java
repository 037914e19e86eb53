package org.ringfence.linux.signal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ringfence.CommandSignal;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.spi.CallerSignals;

/** Reads blocked signals from a {@code signalfd(2)}. */
public final class BlockedSignals implements CallerSignals {
  // asm-generic/signal-defs.h
  private static final int SIG_BLOCK = 0;
  private static final int SIG_UNBLOCK = 1;
  private static final long SIG_IGN = 1;
  // asm-generic/signal.h: _NSIG is 64
  private static final int SET_BYTES = 8;
  // asm-generic/siginfo.h
  private static final int SI_KERNEL = 0x80;
  // struct signalfd_siginfo of linux/signalfd.h
  private static final int INFO_BYTES = 128;
  private static final int INFO_CODE = 8;
  // struct sigaction of the kernel: handler, flags, restorer and mask.
  private static final int ACTION_BYTES = 64;

  /** For the service loader. */
  public BlockedSignals() {}

  @Override
  public Optional<Receiver> open() {
    Optional<Arch> arch = Arch.current();
    if (!System.getProperty("os.name").equals("Linux") || arch.isEmpty()) {
      return Optional.empty();
    }
    Kernel kernel = new Kernel(arch.get());
    List<CommandSignal> received = new ArrayList<>();
    try (NativeBlock block = new NativeBlock(ACTION_BYTES + 64)) {
      long set = block.allocate(SET_BYTES);
      long action = block.allocate(ACTION_BYTES);
      kernel.call(Syscall.RT_SIGPROCMASK, SIG_BLOCK, 0, set, SET_BYTES);
      long blocked = block.getLong(set);
      for (CommandSignal signal : CommandSignal.values()) {
        int number = Signals.number(signal);
        long asked = kernel.call(Syscall.RT_SIGACTION, number, 0, action, SET_BYTES);
        boolean ignored = asked < 0 || block.getLong(action) == SIG_IGN;
        if ((blocked & Signals.bit(signal)) != 0 && !ignored) {
          received.add(signal);
        }
      }
      block.setLong(set, received.stream().mapToLong(Signals::bit).sum());
      long fd =
          received.isEmpty()
              ? -1
              : kernel.call(Syscall.SIGNALFD4, -1, set, SET_BYTES, Constants.O_CLOEXEC);
      return fd < 0 ? Optional.empty() : Optional.of(new SignalFile(kernel, fd, received));
    }
  }

  /** A {@code signalfd}, open until this process ends. */
  private static final class SignalFile implements Receiver {
    private final Kernel kernel;
    private final long fd;
    private final List<CommandSignal> received;

    SignalFile(Kernel kernel, long fd, List<CommandSignal> received) {
      this.kernel = kernel;
      this.fd = fd;
      this.received = received;
    }

    @Override
    public Received next() {
      try (NativeBlock block = new NativeBlock(INFO_BYTES + 16)) {
        long info = block.allocate(INFO_BYTES);
        while (true) {
          long result = kernel.call(Syscall.READ, fd, info, INFO_BYTES);
          if (result == INFO_BYTES) {
            int number = block.getInt(info);
            boolean ofTerminal = block.getInt(info + INFO_CODE) == SI_KERNEL;
            for (CommandSignal signal : received) {
              if (Signals.number(signal) == number) {
                return new Received(signal, ofTerminal);
              }
            }
          } else if (result != -Errno.EINTR.value()) {
            throw new IllegalStateException("signalfd: " + Errno.name((int) -result));
          }
        }
      }
    }

    @Override
    public boolean obey(CommandSignal signal) {
      try (NativeBlock block = new NativeBlock(64)) {
        long set = block.allocate(SET_BYTES);
        block.setLong(set, Signals.bit(signal));
        // Only this thread lets the signal through, so that it arrives before the call returns.
        kernel.call(Syscall.RT_SIGPROCMASK, SIG_UNBLOCK, set, 0, SET_BYTES);
        kernel.call(Syscall.KILL, kernel.call(Syscall.GETPID), Signals.number(signal));
        kernel.call(Syscall.RT_SIGPROCMASK, SIG_BLOCK, set, 0, SET_BYTES);
        kernel.call(Syscall.RT_SIGPENDING, set, SET_BYTES);
        return (block.getLong(set) & Signals.bit(CommandSignal.CONTINUE)) != 0;
      }
    }
  }
}
