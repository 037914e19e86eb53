package org.ringfence.benchmarks.soak;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.bind.NativeBlock;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.Syscall;

/**
 * Starts worker JVMs one after the other, disturbs them, and checks after each that nothing is
 * left: no process below this one, which adopts all whose parents end; no temporary directory, no
 * mount, no cgroup; and no trace of a command outside its sandbox.
 */
public final class Soak {
  // linux/prctl.h
  private static final int PR_SET_CHILD_SUBREAPER = 36;
  private static final int WNOHANG = 1;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final int MOST_FAULTS = 20;

  private final Kernel kernel = new Kernel(Arch.current().orElseThrow());
  private final int self = (int) ProcessHandle.current().pid();
  private final Path base;
  private final Optional<Path> small;
  private final String pids;
  private final Random random;
  private final Canary canary;
  private final Map<String, Integer> tally = new TreeMap<>();
  private final Set<String> mounts = mounts();
  private final List<String> faults = new ArrayList<>();
  private final Path workspace;
  private final Optional<SoakPhase> only;
  private int launches;
  private int lives;

  private Soak(Path base, Optional<Path> small, String pids, long seed, Optional<SoakPhase> only)
      throws IOException {
    this.base = base;
    this.small = small;
    this.pids = pids;
    this.only = only;
    this.random = new Random(seed);
    this.canary = new Canary(Files.createDirectory(base.resolve("forbidden")));
    this.workspace = Files.createDirectory(base.resolve("workspace"));
    Files.createDirectory(base.resolve("tmp"));
    canary.workspace(workspace);
    if (small.isPresent()) {
      canary.workspace(Files.createDirectory(small.get().resolve("workspace")));
    }
  }

  /**
   * Runs the soak; the exit status is 1 after a fault.
   *
   * @param args an empty directory, an empty small file system or {@code -}, a cgroup with a limit
   *     of processes or {@code -}, the number of launches, the most seconds, the seed, and
   *     optionally the only phase
   * @throws Exception if the set-up fails
   */
  public static void main(String[] args) throws Exception {
    Optional<Path> small = args[1].equals("-") ? Optional.empty() : Optional.of(Path.of(args[1]));
    Soak soak =
        new Soak(
            Path.of(args[0]),
            small,
            args[2],
            Long.parseLong(args[5]),
            args.length > 6 ? Optional.of(SoakPhase.valueOf(args[6])) : Optional.empty());
    int most = Integer.parseInt(args[3]);
    long start = System.nanoTime();
    long bound = TimeUnit.SECONDS.toNanos(Long.parseLong(args[4]));
    try {
      soak.begin();
      while (soak.launches < most
          && System.nanoTime() - start < bound
          && soak.faults.size() < MOST_FAULTS) {
        soak.live(soak.drawn());
      }
      // A last one sweeps the directories of those whose watchdogs were killed.
      soak.live(SoakPhase.QUIET);
      soak.checkDirectories();
    } finally {
      soak.canary.close();
    }
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
    soak.tally.forEach((name, count) -> System.out.printf("%7d %s%n", count, name));
    soak.faults.forEach(fault -> System.out.println("FAULT " + fault));
    System.out.printf(
        "%d launches by %d workers in %d s, %d faults, load %s%n",
        soak.launches, soak.lives, seconds, soak.faults.size(), load());
    System.exit(soak.faults.isEmpty() ? 0 : 1);
  }

  private static String load() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).strip();
  }

  private void begin() throws IOException, InterruptedException {
    kernel.call(Syscall.PRCTL, PR_SET_CHILD_SUBREAPER, 1);
    canary.control(workspace);
  }

  /** Returns the next phase, of those that this user can have. */
  private SoakPhase drawn() throws IOException {
    boolean root = user() == 0;
    while (true) {
      SoakPhase drawn = SoakPhase.at(random.nextInt(100));
      boolean possible =
          switch (drawn) {
            case QUIET, KILLS, DESCRIPTORS, MEMORY -> true;
            case DISK -> small.isPresent();
            case THREADS -> !root || !pids.equals("-");
          };
      if (possible && (only.isEmpty() || only.get() == drawn)) {
        return drawn;
      }
    }
  }

  private static int user() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  private void count(String name) {
    tally.merge(name, 1, Integer::sum);
  }

  private void fault(String text) {
    System.out.println("FAULT " + text);
    faults.add(text);
  }

  /** Runs one worker to its end, or kills it. */
  private void live(SoakPhase phase) throws IOException, InterruptedException {
    lives++;
    count("workers " + phase);
    String name = "soak" + self + "x" + lives;
    boolean disk = phase == SoakPhase.DISK;
    Path tmp = disk ? small.orElseThrow() : base.resolve("tmp");
    int quota = phase == SoakPhase.KILLS ? 400 + random.nextInt(800) : 150 + random.nextInt(150);
    boolean kill = phase == SoakPhase.KILLS || phase != SoakPhase.QUIET && random.nextInt(3) == 0;
    int life = kill ? random.nextInt(quota) : Integer.MAX_VALUE;
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                phase == SoakPhase.MEMORY ? "-Xmx40m" : "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Xlog:disable",
                "-Djava.io.tmpdir=" + tmp,
                "-cp",
                System.getProperty("java.class.path"),
                SoakWorker.class.getName(),
                phase.name(),
                Integer.toString(quota),
                Long.toString(random.nextLong()),
                name));
    command.addAll(canary.arguments(disk ? tmp.resolve("workspace") : workspace, name));
    Process worker =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    long before = launches;
    boolean[] seen = new boolean[2];
    Disturbance disturbance = null;
    try (BufferedReader said = worker.inputReader()) {
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        if (line.equals("ready")) {
          limit(phase, worker);
          worker.getOutputStream().write('\n');
          worker.getOutputStream().flush();
          disturbance =
              new Disturbance(
                  self, worker, canary, random.nextLong(), phase == SoakPhase.KILLS, life);
          disturbance.start();
        } else {
          heard(phase, line, seen);
          if (disturbance != null && line.startsWith("R ")) {
            disturbance.launched();
          }
        }
      }
    }
    int status = worker.waitFor();
    boolean killed = disturbance != null && disturbance.end();
    if (disturbance != null) {
      disturbance
          .killed()
          .forEach((what, times) -> tally.merge("killed: " + what, times, Integer::sum));
    }
    if (!killed && !seen[0] && !seen[1] && phase != SoakPhase.MEMORY) {
      fault(phase + ": the worker ended by itself, status " + status);
    }
    // A later start removes the directory of a JVM that had no watchdog yet, or none any more.
    boolean orphaned = disturbance != null && disturbance.killed().containsKey("watchdog");
    checkLeft(phase + " " + name + (killed ? ", killed" : ""), killed || orphaned || disk);
    System.out.printf(
        "%s %s: %d launches%s, load %s%n",
        name, phase, launches - before, killed ? ", killed" : "", load());
  }

  private void heard(SoakPhase phase, String line, boolean[] seen) {
    if (line.startsWith("R ")) {
      launches++;
      // Numbers and paths differ each time.
      String[] words = line.split(" ", 4);
      count(phase + " " + words[2] + " " + words[3].replaceAll("[0-9]+", "N"));
    } else if (line.startsWith("F ")) {
      seen[0] = true;
      fault(phase + ": " + line.substring(2));
    } else if (line.equals("clean")) {
      seen[1] = true;
    } else {
      System.out.println(line);
    }
  }

  /** Takes descriptors or threads from a worker that is ready. */
  private void limit(SoakPhase phase, Process worker) throws IOException, InterruptedException {
    Path process = Path.of("/proc/" + worker.pid());
    if (phase == SoakPhase.DESCRIPTORS) {
      long most = entries(process.resolve("fd")) + 10L + random.nextInt(150);
      run("prlimit", "--pid", Long.toString(worker.pid()), "--nofile=" + most + ":" + most);
    } else if (phase == SoakPhase.THREADS && !pids.equals("-")) {
      long most = entries(process.resolve("task")) + 10L + random.nextInt(60);
      Files.writeString(Path.of(pids, "pids.max"), Long.toString(most));
      Files.writeString(Path.of(pids, "cgroup.procs"), Long.toString(worker.pid()));
    } else if (phase == SoakPhase.THREADS) {
      long most = userTasks() + 10L + random.nextInt(60);
      run("prlimit", "--pid", Long.toString(worker.pid()), "--nproc=" + most + ":" + most);
    }
  }

  private static int entries(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return (int) all.count();
    }
  }

  private int userTasks() throws IOException {
    int user = user();
    int tasks = 0;
    for (int pid : ProcessTable.now().all().keySet()) {
      Path process = Path.of("/proc/" + pid);
      try {
        if ((Integer) Files.getAttribute(process, "unix:uid") == user) {
          tasks += entries(process.resolve("task"));
        }
      } catch (IOException | UncheckedIOException e) {
        // It has ended meanwhile.
        continue;
      }
    }
    return tasks;
  }

  private static void run(String... command) throws IOException, InterruptedException {
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IOException(String.join(" ", command) + ": exit status " + status);
    }
  }

  /** Checks all that is outside a worker, once it has ended. */
  private void checkLeft(String where, boolean directoriesMayStay)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    List<String> left;
    do {
      Thread.sleep(20);
      left = new ArrayList<>(leftProcesses());
      if (!directoriesMayStay) {
        left.addAll(leftDirectories());
      }
    } while (!left.isEmpty() && System.nanoTime() - end < 0);
    if (!left.isEmpty()) {
      fault(where + ": left: " + left);
    }
    killBelow();
    Set<String> more = mounts();
    more.removeAll(mounts);
    more.removeIf(line -> !line.contains("ringfence") && !line.contains(base.toString()));
    if (!more.isEmpty()) {
      fault(where + ": mounts: " + more);
    }
    List<String> groups = cgroups();
    if (!groups.isEmpty()) {
      fault(where + ": cgroups: " + groups);
    }
    List<String> outside = canary.problems();
    if (!outside.isEmpty()) {
      throw new IllegalStateException(where + ": a command was outside its sandbox: " + outside);
    }
  }

  private void checkDirectories() {
    List<String> left = leftDirectories();
    if (!left.isEmpty()) {
      fault("directories at the end: " + left);
    }
  }

  /** Reaps adopted processes that have ended, and returns those that live. */
  private List<String> leftProcesses() {
    List<String> left = new ArrayList<>();
    for (ProcessTable.Entry each : ProcessTable.now().below(self)) {
      if (each.zombie()) {
        try (NativeBlock block = new NativeBlock(16)) {
          kernel.call(Syscall.WAIT4, each.pid(), block.allocate(8), WNOHANG, 0);
        }
      } else if (each.pid() != canary.decoyPid()) {
        left.add(each.pid() + " " + each.command());
      }
    }
    return left;
  }

  private void killBelow() {
    for (ProcessTable.Entry each : ProcessTable.now().below(self)) {
      if (each.pid() != canary.decoyPid()) {
        ProcessHandle.of(each.pid()).ifPresent(ProcessHandle::destroyForcibly);
      }
    }
  }

  private List<String> leftDirectories() {
    List<String> left = new ArrayList<>();
    Path tmp = base.resolve("tmp");
    for (Path place : small.isPresent() ? List.of(tmp, small.get()) : List.of(tmp)) {
      try (Stream<Path> all = Files.walk(place, 2)) {
        all.map(place::relativize)
            .map(Path::toString)
            .filter(path -> !path.isEmpty())
            .filter(path -> !path.startsWith("workspace") && !path.equals("filler"))
            .filter(path -> !path.matches("ringfence-[0-9]+"))
            .forEach(left::add);
      } catch (IOException | UncheckedIOException e) {
        left.add(e.toString());
      }
    }
    return left;
  }

  private static Set<String> mounts() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .collect(Collectors.toCollection(HashSet::new));
  }

  private static List<String> cgroups() throws IOException {
    Path root = Path.of("/sys/fs/cgroup");
    List<String> found = new ArrayList<>();
    try (Stream<Path> all =
        Files.find(
            root,
            6,
            (path, attributes) ->
                attributes.isDirectory()
                    && path.getFileName().toString().matches("ringfence-[0-9a-f]{16}"))) {
      all.sorted(Comparator.naturalOrder()).map(Path::toString).forEach(found::add);
    } catch (UncheckedIOException e) {
      // Others make and remove groups.
      return found;
    }
    return found;
  }
}
