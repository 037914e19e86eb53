package org.ringfence.macos.launch;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.ringfence.macos.bind.ProcessMemory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds up the memory of a command's processes from time to time. Between two times a command may
 * take more, and give it back unseen.
 */
final class TreeMemory {
  private static final Logger LOG = LoggerFactory.getLogger(TreeMemory.class);
  static final int PERIOD_MILLIS = 200;

  private final ProcessMemory memory;
  private final int group;
  private final Supplier<Set<ProcessHandle>> others;

  /**
   * Accounts for a command.
   *
   * @param memory tells the memory of a process
   * @param group the command's group
   * @param others returns the processes of the command that may have left the group
   */
  TreeMemory(ProcessMemory memory, int group, Supplier<Set<ProcessHandle>> others) {
    this.memory = memory;
    this.group = group;
    this.others = others;
  }

  /** Returns the memory of all processes together, in bytes. */
  long bytes() throws IOException {
    Set<Integer> pids = new HashSet<>();
    for (int pid : memory.group(group)) {
      pids.add(pid);
    }
    others.get().forEach(each -> pids.add((int) each.pid()));
    long sum = 0;
    for (int pid : pids) {
      sum += memory.footprint(pid).orElse(0);
    }
    return sum;
  }

  /**
   * Reports the sum again and again on a thread of its own, until it is interrupted.
   *
   * @param each receives the sums
   * @return the thread, which runs
   */
  Thread report(LongConsumer each) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!Thread.interrupted()) {
                  each.accept(bytes());
                  Thread.sleep(PERIOD_MILLIS);
                }
              } catch (InterruptedException e) {
                // The command has ended.
              } catch (IOException | RuntimeException e) {
                // A limit that is not watched any more must not pass for one that is kept.
                LOG.warn("the memory of command group {} is not known any more", group, e);
                each.accept(Long.MAX_VALUE);
              }
            },
            "ringfence-memory-" + group);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
