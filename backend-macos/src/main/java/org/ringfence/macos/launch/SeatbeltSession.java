package org.ringfence.macos.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.file.TreeRemoval;
import org.ringfence.kit.process.KillTimer;
import org.ringfence.kit.session.ExecutableSearch;
import org.ringfence.kit.session.LocalEgressProxy;
import org.ringfence.kit.session.ResourceStack;
import org.ringfence.kit.session.SessionBase;
import org.ringfence.kit.stdio.CommandOutputs;
import org.ringfence.macos.bind.Posix;
import org.ringfence.macos.bind.ProcessMemory;
import org.ringfence.macos.plan.SeatbeltCompiler;
import org.ringfence.macos.plan.SeatbeltPlanner;
import org.ringfence.macos.plan.SeatbeltProfile;
import org.ringfence.policy.Access;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Launch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open sandbox: one profile, in a file of mode 0600 that no command sees. */
public final class SeatbeltSession extends SessionBase<SeatbeltProcess> {
  private static final Logger LOG = LoggerFactory.getLogger(SeatbeltSession.class);
  private static final String NO_PROGRAM = "/ringfence-no-such-program";
  private static final int TRIAL_SECONDS = 30;
  private static final Duration EVENT_PATIENCE = Duration.ofSeconds(2);
  // Others measured that log(1) attaches within two seconds.
  private static final Duration LOG_PATIENCE = Duration.ofSeconds(2);
  private static final String DYLD = "DYLD_";
  private static final Set<String> OF_SHELLS = Set.of("ENV", "PS4", "SHELLOPTS");
  private static final String SUFFIX = "DIRHELPER_USER_DIR_SUFFIX";

  /** The shell's steps before confinement: directory, terminal, limits, then the program. */
  private static final String STARTING =
      "cd -- \"$1\" || exit 125\n"
          + "[ -z \"$2\" ] || exec <\"$2\" >\"$2\" 2>&1 || exit 125\n"
          + "shift 2\n";

  private final SeatbeltPrograms programs;
  private final Posix posix = new Posix();
  private final Optional<ProcessMemory> memory;
  private final EffectivePolicy policy;
  private final Path own;
  private final List<String> sandboxing;
  private final Optional<LocalEgressProxy> proxy;
  private final Optional<SeatbeltDenials> denials;
  private final GroupWatchdog watchdog;
  private final KillTimer timer;
  private final ResourceStack resources;

  private SeatbeltSession(
      SeatbeltPrograms programs,
      MemorySource memory,
      EffectivePolicy policy,
      EventSink sink,
      ResourceStack resources)
      throws SandboxException, IOException {
    this.programs = programs;
    this.memory =
        policy.policy().limits().memory().isPresent()
            ? Optional.of(memory.load())
            : Optional.empty();
    this.policy = policy;
    this.resources = resources;
    this.own = directory(policy);
    this.watchdog = watched(own, policy, resources);
    this.timer = resources.add(new KillTimer());
    NetworkPolicy network = policy.policy().network();
    this.proxy =
        network.mode() == NetworkMode.ALLOWLIST
            ? Optional.of(resources.add(LocalEgressProxy.startOnBothFamilies(network, sink)))
            : Optional.empty();
    String tag = "ringfence-" + UUID.randomUUID();
    SeatbeltProfile profile =
        SeatbeltCompiler.compile(
            policy,
            new SeatbeltCompiler.Surroundings(
                tag,
                proxy.isEmpty() ? OptionalInt.empty() : OptionalInt.of(proxy.get().port()),
                own.toString()));
    this.sandboxing = sandboxing(programs, own, profile);
    this.denials =
        sink.observes().contains(EventSink.Observation.DENIED_OPENS)
            ? Optional.of(resources.add(SeatbeltDenials.hear(programs.log(), policy, sink, tag)))
            : Optional.empty();
  }

  /** Loads the account of memory, for policies that limit it. */
  @FunctionalInterface
  public interface MemorySource {
    /**
     * Loads it.
     *
     * @return the memory of processes
     * @throws IOException if this system does not tell it
     */
    ProcessMemory load() throws IOException;
  }

  /**
   * Opens a sandbox.
   *
   * @param programs the system's programs
   * @param memory loads the memory of processes, when the policy limits it
   * @param policy the policy
   * @param listener receives denials and decides on hosts
   * @return the session
   * @throws SandboxException if it cannot be opened; nothing is left behind
   */
  public static SeatbeltSession open(
      SeatbeltPrograms programs, MemorySource memory, EffectivePolicy policy, EventSink listener)
      throws SandboxException {
    checkObserved(listener);
    ResourceStack resources = new ResourceStack();
    try {
      SeatbeltSession session = new SeatbeltSession(programs, memory, policy, listener, resources);
      session.tryOut();
      return session;
    } catch (IOException e) {
      SandboxException failure =
          e instanceof SandboxException own
              ? own
              : new SandboxException("sandbox: " + e.getMessage(), e);
      resources.closeAfter(failure);
      throw failure;
    } catch (RuntimeException | Error e) {
      resources.closeAfter(e);
      throw e;
    }
  }

  /** Starts a watchdog that closes after the session has removed the directories. */
  private static GroupWatchdog watched(Path own, EffectivePolicy policy, ResourceStack resources)
      throws IOException {
    List<String> left = new ArrayList<>(List.of(own.toString()));
    policy.places().privateTmp().ifPresent(left::add);
    Optional<String> cache = SeatbeltCompiler.cacheDirectory(policy);
    cache.ifPresent(left::add);
    GroupWatchdog watchdog;
    try {
      watchdog = resources.add(GroupWatchdog.start(left));
    } finally {
      resources.add(() -> remove(own));
    }
    cache
        .map(Path::of)
        .ifPresent(
            directory ->
                resources.add(
                    () -> {
                      if (Files.isDirectory(directory)) {
                        remove(directory);
                      }
                    }));
    return watchdog;
  }

  private static List<String> sandboxing(
      SeatbeltPrograms programs, Path own, SeatbeltProfile profile) throws IOException {
    Path file = own.resolve("profile");
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, profile.text());
    List<String> words = new ArrayList<>(programs.sandboxExec());
    words.addAll(List.of("-f", file.toString()));
    profile
        .parameters()
        .forEach(
            (name, path) -> {
              words.add("-D");
              words.add(name + "=" + path);
            });
    return List.copyOf(words);
  }

  private static void checkObserved(EventSink listener) throws SandboxException {
    Set<EventSink.Observation> heard =
        Set.of(
            EventSink.Observation.DENIED_OPENS,
            EventSink.Observation.CONNECTIONS,
            EventSink.Observation.UNLISTED_HOSTS);
    if (!heard.containsAll(listener.observes())) {
      throw new SandboxException(
          "onExecuted: which programs are executed is not told by macOS; leave out onExecuted and"
              + " recorder");
    }
  }

  /**
   * Makes the directory of the profile. The plan knows that a rule reaches it where macOS has
   * temporary files; elsewhere a rule must not grant writing there: a command could change the
   * profile of the next one.
   */
  private static Path directory(EffectivePolicy policy) throws SandboxException, IOException {
    FileAttribute<?> ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    Path parent = Path.of(System.getProperty("java.io.tmpdir")).toRealPath();
    boolean granted =
        policy.rules().stream()
            .filter(rule -> rule.access() == Access.WRITE && !rule.scratch())
            .anyMatch(rule -> parent.startsWith(rule.path()));
    if (granted && !parent.startsWith(SeatbeltPlanner.TEMPORARY_FILES)) {
      throw new SandboxException(
          "java.io.tmpdir: '"
              + parent
              + "' lies where a rule grants writing, and Ringfence keeps the profiles of commands"
              + " there; start Java with -Djava.io.tmpdir=DIRECTORY, one that no rule grants");
    }
    return Files.createTempDirectory(parent, "ringfence-profile-", ownerOnly);
  }

  private static void remove(Path directory) {
    try {
      TreeRemoval.remove(directory);
    } catch (IOException e) {
      LOG.warn("{} cannot be removed", directory, e);
    }
  }

  /** Confines a program that does not exist, to report errors of the profile. */
  private void tryOut() throws SandboxException {
    List<String> words = new ArrayList<>(sandboxing);
    words.add(NO_PROGRAM);
    String said = programs.tried(words, TRIAL_SECONDS);
    if (!said.contains(NO_PROGRAM)) {
      throw new SandboxException("sandbox-exec: the profile cannot be applied: " + said);
    }
  }

  @Override
  protected SandboxedProcess startOpen(Launch launch) throws SandboxException {
    String directory = launch.directory().toString();
    if (!policy.check(directory, Operation.READ).allowed()) {
      throw new SandboxException(
          "directory: '" + directory + "' cannot be entered: the policy denies it");
    }
    String executable =
        ExecutableSearch.find(
            launch.command().get(0),
            launch.directory(),
            launch.environment().resolved().get("PATH"));
    if (!policy.check(executable, Operation.READ).allowed()) {
      throw CommandNotFoundException.denied(launch.command().get(0), executable);
    }
    awaitLog();
    try (CommandStreams streams = CommandStreams.open(posix, launch)) {
      if (launch.terminal().isPresent()) {
        SeatbeltProcess.setSize(streams.terminal().orElseThrow(), launch.terminal().get());
      }
      int pid =
          posix.spawn(words(launch, executable, streams), environment(launch), streams.standard());
      watchdog.lives(pid);
      SeatbeltProcess process =
          new SeatbeltProcess(
              launch.id(),
              posix,
              pid,
              streams,
              launch.limits().grace(),
              policy.policy().lifetime().onRootExit() == Leftovers.KILL,
              timer,
              () -> flush(EVENT_PATIENCE));
      boolean watched = false;
      try {
        live().add(process);
        streams.handOver(
            new CommandOutputs(launch.limits().outputBytes(), process::outputLimitReached));
        launch.limits().wallTime().ifPresent(process::limitWallTime);
        if (memory.isPresent() && launch.limits().memory().isPresent()) {
          process.limitMemory(launch.limits().memory().getAsLong(), memory.get());
        }
        process.watch(
            () -> {
              live().remove(process);
              watchdog.ended(pid);
            });
        watched = true;
      } finally {
        if (!watched) {
          live().remove(process);
          process.lost();
          watchdog.ended(pid);
        }
      }
      return process;
    } catch (OutOfMemoryError e) {
      throw new SandboxException("launch: the system has no thread left for this JVM", e);
    } catch (IOException e) {
      throw new SandboxException("launch: " + e.getMessage(), e);
    }
  }

  /** Lets the log attach before a command that may be denied something at once. */
  private void awaitLog() throws SandboxException {
    try {
      if (denials.isPresent() && !denials.get().awaitReady(LOG_PATIENCE)) {
        LOG.debug("the log is not ready yet; it may miss denials");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while the log attached", e);
    }
  }

  private List<String> words(Launch launch, String executable, CommandStreams streams) {
    List<String> words = new ArrayList<>();
    words.addAll(
        List.of(programs.shell(), "-c", STARTING + limits(launch.limits()) + "exec \"$@\"\n"));
    words.add("ringfence");
    words.add(launch.directory().toString());
    words.add(streams.terminal().orElse(""));
    words.addAll(sandboxing);
    words.addAll(forOthers(launch));
    words.add(executable);
    words.addAll(launch.command().subList(1, launch.command().size()));
    return words;
  }

  /**
   * Returns the words that set the variables that the programs before the command must not have, or
   * would not hand on.
   */
  private static List<String> forOthers(Launch launch) {
    List<String> words = new ArrayList<>();
    new TreeMap<>(launch.environment().resolved())
        .forEach(
            (name, value) -> {
              if (isForOthers(name, value)) {
                words.add(name + "=" + value);
              }
            });
    if (!words.isEmpty()) {
      words.add(0, "/usr/bin/env");
    }
    return words;
  }

  /**
   * Whether a variable acts on the shell or on sandbox-exec, which run before the sandbox is there:
   * bash takes functions and options from its environment, malloc(3) of macOS writes to a file that
   * a variable names. The dynamic linker takes its variables from no program of the system.
   */
  private static boolean isForOthers(String name, String value) {
    return name.startsWith(DYLD)
        || name.startsWith("Malloc")
        || name.startsWith("BASH")
        || OF_SHELLS.contains(name)
        || value.startsWith("()");
  }

  /** Returns the limits in the shell's units, never above the given ones. */
  private static String limits(Limits limits) {
    StringBuilder script = new StringBuilder();
    limits.cpuTime().ifPresent(time -> limit(script, "-t", seconds(time)));
    limits.openFiles().ifPresent(count -> limit(script, "-n", count));
    limits.fileSize().ifPresent(bytes -> limit(script, "-f", bytes / 512));
    limits.processes().ifPresent(count -> limit(script, "-u", count));
    return script.toString();
  }

  private static void limit(StringBuilder script, String option, long value) {
    script.append("ulimit ").append(option).append(' ').append(value).append(" || exit 125\n");
  }

  private static long seconds(Duration time) {
    return Math.max(1, (time.toMillis() + 999) / 1000);
  }

  private Map<String, String> environment(Launch launch) {
    Map<String, String> environment = new HashMap<>(launch.environment().resolved());
    proxy.ifPresent(port -> port.variables(environment).forEach(environment::putIfAbsent));
    // confstr(3) appends it to the user's directories: the temporary directory of a JVM and of
    // Foundation, which do not look at TMPDIR, is then the sandbox's own, too.
    SeatbeltCompiler.cacheDirectory(policy)
        .ifPresent(cache -> environment.put(SUFFIX, Path.of(cache).getFileName().toString()));
    environment.entrySet().removeIf(one -> isForOthers(one.getKey(), one.getValue()));
    return environment;
  }

  @Override
  public boolean flushEvents(Duration patience) throws InterruptedException {
    return denials.isEmpty() || denials.get().flush(own, this::deny, patience);
  }

  private void flush(Duration patience) {
    try {
      if (!flushEvents(patience)) {
        LOG.debug("the log does not report a command's denials in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Provokes the denial of a program in a place that no command may enter. */
  private void deny(Path program) {
    List<String> words = new ArrayList<>(sandboxing);
    words.add(program.toString());
    try {
      programs.tried(words, TRIAL_SECONDS);
    } catch (SandboxException e) {
      LOG.debug("a denial could not be provoked", e);
    }
  }

  @Override
  protected void endCommands() {
    List<SeatbeltProcess> ending = List.copyOf(live());
    ending.forEach(SeatbeltProcess::destroyForcibly);
    try {
      for (SeatbeltProcess process : ending) {
        process.waitFor(TRIAL_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    proxy.ifPresent(LocalEgressProxy::close);
    timer.close();
  }

  @Override
  protected void closeResources() {
    try {
      resources.close();
    } catch (SandboxException e) {
      LOG.warn("something of the sandbox is left", e);
    }
  }
}
