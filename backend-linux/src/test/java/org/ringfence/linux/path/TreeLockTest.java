package org.ringfence.linux.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;

/**
 * The lock over a decision on names and the deed, by itself. The case {@code GIT-BECOMES-HELD} has
 * two threads of one supervisor decide at once.
 */
class TreeLockTest {
  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  private final TreeLock one = new TreeLock(kernel, new PathResolver(kernel));
  private final TreeLock other = new TreeLock(kernel, new PathResolver(kernel));
  @TempDir private Path directory;
  private int first;
  private int second;

  @BeforeEach
  void open() throws Exception {
    first = open(directory);
    second = open(Files.createDirectory(directory.resolve("below")));
  }

  private int open(Path path) {
    try (NativeBlock block = new NativeBlock(4096 + 64L)) {
      long at = block.string(path.toString());
      return (int) kernel.call(Syscall.OPENAT, Constants.AT_FDCWD, at, Constants.O_CLOEXEC, 0);
    }
  }

  @AfterEach
  void close() {
    kernel.call(Syscall.CLOSE, first);
    kernel.call(Syscall.CLOSE, second);
  }

  @Test
  void directoryIsHeldByOneSandboxUntilUnlock() {
    one.lock();
    other.lock();
    assertThat(one.holdsAlone(first)).isTrue();
    assertThat(one.holdsAlone(first)).as("the same directory again").isTrue();
    assertThat(other.holdsAlone(second)).as("another directory").isTrue();
    assertThat(other.holdsAlone(first)).isFalse();
    assertThat(other.holdsAlone(first)).as("second attempt").isFalse();
    other.unlock();
    one.unlock();
    other.lock();
    assertThat(other.holdsAlone(first)).isTrue();
    other.unlock();
  }

  @Test
  void directoryIsHeldUntilTheOutermostUnlock() {
    one.lock();
    one.lock();
    assertThat(one.holdsAlone(first)).isTrue();
    one.unlock();
    other.lock();
    assertThat(other.holdsAlone(first)).isFalse();
    other.unlock();
    one.unlock();
    other.lock();
    assertThat(other.holdsAlone(first)).isTrue();
    other.unlock();
  }

  @Test
  void attemptOnAHeldDirectoryFailsAtOnceAndReleasesItsLocks() throws Exception {
    // A command can hold the directory with a shared lock.
    kernel.call(Syscall.FLOCK, first, 1);
    int[] begun = new int[1];
    Runnable step =
        () -> {
          other.lock();
          try {
            begun[0]++;
            assertThat(other.holdsAlone(second)).isTrue();
            other.holdsAlone(first);
            begun[0]++;
          } finally {
            other.unlock();
          }
        };
    assertThat(other.attempt(step)).isFalse();
    assertThat(begun[0]).as("the attempt ended at the held directory").isEqualTo(1);
    AtomicBoolean free = new AtomicBoolean();
    Thread next =
        new Thread(
            () -> {
              other.lock();
              free.set(other.holdsAlone(second));
              other.unlock();
            });
    next.start();
    next.join();
    assertThat(free).isTrue();
    kernel.call(Syscall.FLOCK, first, Constants.LOCK_UN);
    assertThat(other.attempt(step)).isTrue();
    assertThat(begun[0]).isEqualTo(3);
  }

  @Test
  void holdingWithoutTheLockIsAnError() {
    assertThatThrownBy(() -> one.holdsAlone(first)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void secondThreadWaitsForTheActionOfTheFirst() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    AtomicBoolean early = new AtomicBoolean();
    CountDownLatch begun = new CountDownLatch(1);
    Thread next =
        new Thread(
            () -> {
              begun.countDown();
              one.lock();
              early.set(!done.get());
              one.unlock();
            });
    one.lock();
    next.start();
    begun.await();
    while (next.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    done.set(true);
    one.unlock();
    next.join();
    assertThat(early).isFalse();
  }
}
