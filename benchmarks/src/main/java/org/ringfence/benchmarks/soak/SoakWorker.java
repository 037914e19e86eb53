package org.ringfence.benchmarks.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.PolicyReader;

/**
 * A JVM that launches commands on eight threads, in sandboxes that they share and in new ones, and
 * says each outcome on its standard output:
 *
 * <pre>
 * ready
 * R KIND BACKEND OUTCOME    a launch
 * F TEXT                    a fault
 * clean                     all sandboxes are closed; nothing is left in this JVM
 * </pre>
 */
public final class SoakWorker {
  private static final int THREADS = 8;
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(120);
  private static final long LEFT_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final List<String> BACKENDS = List.of("landlock", "bubblewrap");

  private final Path workspace;
  private final SoakPhase phase;
  private final int quota;
  private final long seed;
  private final String name;
  private final List<String> canary;
  private final List<SandboxPolicy> policies;
  private final AtomicReferenceArray<Sandbox> shared = new AtomicReferenceArray<>(4);
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicLongArray since = new AtomicLongArray(THREADS);
  private volatile boolean over;

  private SoakWorker(String[] args) throws IOException {
    this.phase = SoakPhase.valueOf(args[0]);
    this.quota = Integer.parseInt(args[1]);
    this.seed = Long.parseLong(args[2]);
    this.name = args[3];
    this.canary = List.of(args).subList(4, args.length);
    this.workspace = Path.of(canary.get(4));
    SandboxPolicy plain =
        PolicyReader.presetOrFile("workspace-write").toBuilder()
            .denyGlobs(List.of("**/*.secret"))
            .build();
    this.policies =
        List.of(
            plain, plain.toBuilder().network(NetworkMode.ALLOWLIST).allowHost("repo.test").build());
  }

  /**
   * Runs a worker. It ends when its standard input does.
   *
   * @param args the phase, the number of launches, the seed, the name of the commands, and the
   *     arguments of the canary
   * @throws Exception if the set-up fails
   */
  public static void main(String[] args) throws Exception {
    new SoakWorker(args).work();
    // Threads of a fault must not keep this JVM.
    System.exit(0);
  }

  private void work() throws Exception {
    for (int i = 0; i < shared.length(); i++) {
      try (Sandbox sandbox = open(i)) {
        for (int j = i; j < SoakCommand.values().length; j += shared.length()) {
          SoakCommand.values()[j].run(sandbox, arguments("warm"), new Random(seed));
        }
      }
    }
    Set<String> descriptors = descriptors();
    Collection<String> threads = threads();
    say("ready");
    if (System.in.read() < 0) {
      return;
    }
    endWithInput();
    watch();
    if (phase == SoakPhase.MEMORY) {
      daemon("hoard", this::hoard);
    } else if (phase == SoakPhase.DISK) {
      daemon("filler", this::fill);
    }
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int number = i;
      Thread thread = new Thread(() -> launches(number), "soak-" + i);
      thread.start();
      all.add(thread);
    }
    for (Thread thread : all) {
      thread.join();
    }
    over = true;
    for (int i = 0; i < shared.length(); i++) {
      close(shared.get(i));
    }
    checkLeft(descriptors, threads);
  }

  /** Compares with the state before the launches; a few moments are left to threads that end. */
  private void checkLeft(Set<String> descriptors, Collection<String> threads)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + LEFT_NANOS;
    while (true) {
      Set<String> more = descriptors();
      more.removeAll(descriptors);
      List<String> moreThreads = new ArrayList<>(threads());
      threads.forEach(moreThreads::remove);
      if (more.isEmpty() && moreThreads.isEmpty()) {
        say("clean");
        return;
      }
      if (System.nanoTime() - end > 0) {
        say("F left in the JVM: descriptors " + more + ", threads " + moreThreads);
        return;
      }
      Thread.sleep(50);
    }
  }

  private static Set<String> descriptors() throws IOException {
    Set<String> all = new TreeSet<>();
    try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
      for (Path entry : entries.toList()) {
        try {
          all.add(entry.getFileName() + " " + Files.readSymbolicLink(entry));
        } catch (IOException e) {
          // The descriptor of this list itself.
          continue;
        }
      }
    }
    return all;
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(each -> !each.startsWith("soak-") && !each.equals("process reaper"))
        .collect(Collectors.toList());
  }

  private void launches(int number) {
    Random random = new Random(seed * 31 + number);
    while (!over) {
      int launch = begun.incrementAndGet();
      if (launch > quota) {
        return;
      }
      since.set(number, System.nanoTime());
      try {
        launch(launch, random);
      } catch (InterruptedException e) {
        return;
      } catch (OutOfMemoryError e) {
        oom(e);
      } finally {
        since.set(number, 0);
      }
    }
  }

  private void oom(OutOfMemoryError e) {
    try {
      say(
          phase == SoakPhase.MEMORY || phase == SoakPhase.THREADS
              ? "R ANY any OutOfMemoryError " + e.getMessage()
              : "F " + e);
    } catch (OutOfMemoryError again) {
      // This launch is not counted.
      return;
    }
  }

  private void launch(int number, Random random) throws InterruptedException {
    SoakCommand kind = SoakCommand.values()[random.nextInt(SoakCommand.values().length)];
    int place = random.nextInt(shared.length());
    boolean own = random.nextInt(100) < 15;
    Sandbox sandbox = null;
    String outcome;
    String fault = "";
    String command = name + "-" + number;
    try {
      sandbox = own ? open(place) : shared(place);
      SoakCommand.Outcome ended = kind.run(sandbox, arguments(command), random);
      SoakCommand.Verdict verdict = ended.verdict();
      outcome = verdict.name();
      if (verdict == SoakCommand.Verdict.ESCAPED
          || verdict != SoakCommand.Verdict.OK && phase == SoakPhase.QUIET) {
        fault = kind + " " + BACKENDS.get(place % 2) + ": " + ended;
      }
      if (random.nextInt(4) == 0 && !awaitGone(command)) {
        fault = "a process of an ended command: " + kind + " " + BACKENDS.get(place % 2);
      }
    } catch (SandboxException e) {
      outcome = "refused: " + e.getMessage();
      fault = phase == SoakPhase.QUIET ? kind + ": " + e : "";
      if (!own && random.nextInt(3) == 0) {
        renew(place, sandbox);
      }
    } catch (IllegalStateException e) {
      // Another thread has replaced it.
      outcome = "closed";
      fault = "the sandbox is closed".equals(e.getMessage()) && !own ? "" : kind + ": " + e;
    } catch (IOException | RuntimeException e) {
      outcome = "fault";
      fault = kind + " " + BACKENDS.get(place % 2) + ": " + e + " at " + e.getStackTrace()[0];
    } finally {
      if (own) {
        close(sandbox);
      }
    }
    say("R " + kind + " " + BACKENDS.get(place % 2) + " " + outcome.replace('\n', ' '));
    if (!fault.isEmpty()) {
      say("F " + fault.replace('\n', ' '));
    }
    if (!own && phase != SoakPhase.QUIET && random.nextInt(200) == 0) {
      renew(place, sandbox);
    }
  }

  /** Returns whether no process carries a command's name; it waits a little for dying ones. */
  private static boolean awaitGone(String command) throws InterruptedException {
    for (int i = 0; i < 200; i++) {
      if (isGone(command)) {
        return true;
      }
      Thread.sleep(25);
    }
    return false;
  }

  private static boolean isGone(String command) {
    try {
      // The arguments of a killed process are gone before the process is.
      return ProcessTable.now().all().values().stream()
          .noneMatch(each -> each.command().contains(" " + command + " "));
    } catch (IllegalStateException e) {
      // Other threads have used up the descriptors.
      return false;
    }
  }

  private List<String> arguments(String command) {
    List<String> arguments = new ArrayList<>(canary);
    arguments.set(1, command);
    return arguments;
  }

  private Sandbox open(int place) throws SandboxException {
    return Sandbox.opener(policies.get(place / 2))
        .workspace(workspace)
        .backend(BACKENDS.get(place % 2))
        .open();
  }

  private Sandbox shared(int place) throws SandboxException {
    Sandbox present = shared.get(place);
    if (present != null) {
      return present;
    }
    Sandbox opened = open(place);
    if (shared.compareAndSet(place, null, opened)) {
      return opened;
    }
    close(opened);
    return shared(place);
  }

  /** Closes a shared sandbox, also while others use it. */
  private void renew(int place, Sandbox present) {
    if (present != null && shared.compareAndSet(place, present, null)) {
      close(present);
    }
  }

  private static void close(Sandbox sandbox) {
    if (sandbox != null) {
      sandbox.close();
    }
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static void daemon(String name, Runnable body) {
    Thread thread = new Thread(body, "soak-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private void endWithInput() {
    daemon(
        "input",
        () -> {
          try {
            while (System.in.read() >= 0) {
              continue;
            }
          } catch (IOException e) {
            // As its end.
            Runtime.getRuntime().halt(3);
          }
          Runtime.getRuntime().halt(3);
        });
  }

  /** Reports launches that do not end. */
  private void watch() {
    daemon(
        "watch",
        () -> {
          while (!over) {
            for (int i = 0; i < THREADS; i++) {
              long start = since.get(i);
              if (start != 0 && System.nanoTime() - start > STUCK_NANOS) {
                say("F a launch has not ended for 120 seconds");
                Thread.getAllStackTraces()
                    .forEach(
                        (thread, trace) -> say("T " + thread.getName() + " " + List.of(trace)));
                Runtime.getRuntime().halt(4);
              }
            }
            sleep(1000);
          }
        });
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Fills the heap and frees it, again and again. */
  private void hoard() {
    Random random = new Random(seed);
    while (!over) {
      ConcurrentLinkedQueue<byte[]> hoard = new ConcurrentLinkedQueue<>();
      int size = 1 << 16;
      while (size >= 1 << 13) {
        try {
          hoard.add(new byte[size]);
        } catch (OutOfMemoryError e) {
          size /= 4;
        }
      }
      sleep(random.nextInt(80));
      hoard = null;
      // Commands have to get on in between: full collections take all of a busy machine.
      sleep(200 + random.nextInt(300));
    }
  }

  /** Fills the file system of the workspace and frees it, again and again. */
  private void fill() {
    Random random = new Random(seed);
    Path file = workspace.resolveSibling("filler");
    while (!over) {
      try (var out = Files.newOutputStream(file)) {
        while (!over) {
          out.write(new byte[4096]);
        }
      } catch (IOException e) {
        sleep(random.nextInt(300));
      }
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        say("F the filler cannot be removed: " + e);
      }
      sleep(random.nextInt(150));
    }
  }
}
