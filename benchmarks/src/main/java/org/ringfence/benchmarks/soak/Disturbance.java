package org.ringfence.benchmarks.soak;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A thread that kills random processes of a worker, and the worker itself at a random moment. */
final class Disturbance extends Thread {
  private final int driver;
  private final Process worker;
  private final Canary canary;
  private final Random random;
  private final boolean parts;
  private final int life;
  private final Map<String, Integer> killed = new TreeMap<>();
  private volatile int launched;
  private volatile boolean over;

  /**
   * Prepares the thread.
   *
   * @param driver the process below which all others are
   * @param worker the worker
   * @param canary has the process that is left alone
   * @param parts whether processes of the worker are killed
   * @param life the number of launches after which the worker is killed
   */
  Disturbance(int driver, Process worker, Canary canary, long seed, boolean parts, int life) {
    super("disturbance");
    this.driver = driver;
    this.worker = worker;
    this.canary = canary;
    this.random = new Random(seed);
    this.parts = parts;
    this.life = life;
    setDaemon(true);
  }

  @Override
  public void run() {
    while (!over) {
      try {
        Thread.sleep(20 + random.nextInt(150));
      } catch (InterruptedException e) {
        return;
      }
      if (launched >= life) {
        count("worker");
        worker.toHandle().destroyForcibly();
        return;
      }
      if (parts) {
        killOne();
      }
    }
  }

  /** Counts a launch. */
  void launched() {
    launched++;
  }

  private void killOne() {
    List<ProcessTable.Entry> all =
        ProcessTable.now().below(driver).stream()
            .filter(each -> !each.zombie())
            .filter(each -> each.pid() != worker.pid() && each.pid() != canary.decoyPid())
            .filter(each -> !each.isWatchdog() || random.nextInt(10) == 0)
            .toList();
    if (all.isEmpty() || over) {
      return;
    }
    ProcessTable.Entry victim = all.get(random.nextInt(all.size()));
    if (ProcessHandle.of(victim.pid()).map(ProcessHandle::destroyForcibly).orElse(false)) {
      count(
          victim.isWatchdog()
              ? "watchdog"
              : victim.command().startsWith("bwrap") || victim.command().contains("/bwrap")
                  ? "bwrap"
                  : victim.parent() == worker.pid() ? "command" : "grandchild");
    }
  }

  private synchronized void count(String what) {
    killed.merge(what, 1, Integer::sum);
  }

  synchronized Map<String, Integer> killed() {
    return Map.copyOf(killed);
  }

  /** Ends the thread; returns whether it has killed the worker. */
  boolean end() throws InterruptedException {
    over = true;
    interrupt();
    join();
    return killed().containsKey("worker");
  }
}
