package org.ringfence.linux.signal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.CommandSignal;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.spi.CallerSignals.Received;
import org.ringfence.spi.CallerSignals.Receiver;

/** Reads a signal that one thread has blocked and sends to itself; other threads do not see it. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "signalfd(2) is a call of Linux")
class BlockedSignalsTest {
  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  private final CompletableFuture<Receiver> opened = new CompletableFuture<>();
  private final CompletableFuture<List<Received>> all = new CompletableFuture<>();

  @Test
  void closedReceiverEndsTheWaitAfterTheSignalsBefore() throws Exception {
    Thread reader = new Thread(this::receive, "reader");
    reader.setDaemon(true);
    reader.start();
    Receiver receiver = opened.get(30, TimeUnit.SECONDS);
    receiver.close();
    assertThat(all.get(30, TimeUnit.SECONDS))
        .extracting(Received::signal)
        .containsExactly(CommandSignal.USER_1);
    assertThat(receiver.next()).isEmpty();
  }

  private void receive() {
    List<Received> received = new ArrayList<>();
    try (NativeBlock block = new NativeBlock(32)) {
      long set = block.allocate(8);
      block.setLong(set, Signals.bit(CommandSignal.USER_1));
      kernel.call(Syscall.RT_SIGPROCMASK, 0, set, 0, 8);
      Receiver receiver = new BlockedSignals().open().orElseThrow();
      // proc(5): a link to PID/task/TID of the thread that reads it
      Path task = Files.readSymbolicLink(Path.of("/proc/thread-self"));
      long thread = Long.parseLong(task.getFileName().toString());
      kernel.call(Syscall.TGKILL, kernel.call(Syscall.GETPID), thread, Constants.SIGUSR1);
      received.add(receiver.next().orElseThrow());
      opened.complete(receiver);
      receiver.next().ifPresent(received::add);
      all.complete(received);
    } catch (IOException | RuntimeException | Error e) {
      opened.completeExceptionally(e);
      all.completeExceptionally(e);
    }
  }
}
