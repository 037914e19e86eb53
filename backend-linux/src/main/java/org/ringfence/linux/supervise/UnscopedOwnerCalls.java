package org.ringfence.linux.supervise;

import static org.ringfence.linux.bind.Constants.F_SETFL;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;

/**
 * Decides on the process that the kernel signals when a descriptor is ready (SIGIO, SIGURG), where
 * Landlock does not scope signals. A process may name itself alone: its number is in a register,
 * and is no other's while it is held in the call; the kernel then remembers the process, not the
 * number.
 *
 * <p>A terminal whose descriptor asks for such signals sends them to its foreground group, which
 * may be outside, even if it has no owner (drivers/tty/tty_io.c, __tty_fasync). So none does.
 * Thread-safe.
 */
final class UnscopedOwnerCalls {
  private static final int TCGETS = 0x5401; // asm-generic/ioctls.h
  private static final int FIOASYNC = 0x5452;
  private static final int F_SETOWN = 8; // asm-generic/fcntl.h

  private final Kernel kernel;
  private final TargetMemory child;

  UnscopedOwnerCalls(Kernel kernel) {
    this.kernel = kernel;
    this.child = new TargetMemory(kernel);
  }

  /** Returns whether a call is one of these. */
  static boolean include(Syscall syscall, SyscallNotification call) {
    return syscall == Syscall.FCNTL || syscall == Syscall.IOCTL && call.intArgument(1) == FIOASYNC;
  }

  /** Answers a call. */
  void answer(Syscall syscall, SyscallNotification call) {
    try {
      if (syscall == Syscall.FCNTL && call.intArgument(1) == F_SETOWN) {
        int owner = call.intArgument(2);
        boolean itself = owner == 0 || owner == child.processOf(call.tid());
        call.live();
        if (itself) {
          call.proceed();
        } else {
          call.fail(Errno.EPERM);
        }
        return;
      }
      call.result(asks(syscall, call));
    } catch (AccessException e) {
      call.result(e.result());
    }
  }

  /** Makes a descriptor ask for signals, or not, on a copy that no thread can exchange. */
  private long asks(Syscall syscall, SyscallNotification call) throws AccessException {
    int copy = child.descriptor(call.tid(), call.intArgument(0));
    try (NativeBlock block = new NativeBlock(128)) {
      call.live();
      if (kernel.call(Syscall.IOCTL, copy, TCGETS, block.allocate(64)) >= 0) {
        return -Errno.EPERM.value();
      }
      if (syscall == Syscall.FCNTL) {
        return kernel.call(Syscall.FCNTL, copy, F_SETFL, call.argument(2));
      }
      byte[] wanted = child.read(call.tid(), call.argument(2), Integer.BYTES);
      long at = block.allocate(Integer.BYTES);
      block.setInt(at, ByteBuffer.wrap(wanted).order(ByteOrder.nativeOrder()).getInt());
      return kernel.call(Syscall.IOCTL, copy, FIOASYNC, at);
    } finally {
      child.close(copy);
    }
  }
}
