package org.ringfence.linux.signal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ringfence.CommandSignal;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
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
  // struct pollfd of asm-generic/poll.h: descriptor, events and result.
  private static final int POLL_BYTES = 8;
  private static final int POLL_EVENTS = 4;
  private static final int POLL_RESULT = 6;
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
      if (fd < 0) {
        return Optional.empty();
      }
      Descriptors descriptors = new Descriptors(kernel);
      try {
        return Optional.of(new SignalFile(kernel, fd, descriptors.event(), received));
      } catch (IOException e) {
        descriptors.close((int) fd);
        return Optional.empty();
      }
    }
  }

  /** A {@code signalfd} and the event that ends the wait, open until this process ends. */
  private static final class SignalFile implements Receiver {
    private final Kernel kernel;
    private final long fd;
    private final long closing;
    private final List<CommandSignal> received;

    SignalFile(Kernel kernel, long fd, long closing, List<CommandSignal> received) {
      this.kernel = kernel;
      this.fd = fd;
      this.closing = closing;
      this.received = received;
    }

    @Override
    public Optional<Received> next() {
      try (NativeBlock block = new NativeBlock(INFO_BYTES + 2 * POLL_BYTES + 32)) {
        long info = block.allocate(INFO_BYTES);
        long polls = block.allocate(2 * POLL_BYTES);
        block.setInt(polls, (int) fd);
        block.setShort(polls + POLL_EVENTS, (short) Constants.EPOLLIN);
        block.setInt(polls + POLL_BYTES, (int) closing);
        block.setShort(polls + POLL_BYTES + POLL_EVENTS, (short) Constants.EPOLLIN);
        while (true) {
          kernel.call(Syscall.PPOLL, polls, 2, 0, 0);
          if (block.getShort(polls + POLL_BYTES + POLL_RESULT) != 0) {
            return Optional.empty();
          }
          if (block.getShort(polls + POLL_RESULT) == 0) {
            continue;
          }
          long result = kernel.call(Syscall.READ, fd, info, INFO_BYTES);
          if (result == INFO_BYTES) {
            int number = block.getInt(info);
            boolean ofTerminal = block.getInt(info + INFO_CODE) == SI_KERNEL;
            for (CommandSignal signal : received) {
              if (Signals.number(signal) == number) {
                return Optional.of(new Received(signal, ofTerminal));
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

    @Override
    public void close() {
      try (NativeBlock block = new NativeBlock(16)) {
        long one = block.allocate(8);
        block.setLong(one, 1);
        kernel.call(Syscall.WRITE, closing, one, 8);
      }
    }
  }
}
