package org.ringfence.wsl2.script;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.ringfence.CommandNotFoundException;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.TerminalSize;
import org.ringfence.kit.process.KillTimer;
import org.ringfence.kit.session.SessionBase;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.BubblewrapCompiler;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.HostTree.Kind;
import org.ringfence.linux.plan.SeccompCompiler;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.Limits;
import org.ringfence.policy.Operation;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.Launch;
import org.ringfence.wsl2.distribution.Redirections;
import org.ringfence.wsl2.plan.DoorMounts;
import org.ringfence.wsl2.plan.DoorTrial;
import org.ringfence.wsl2.plan.GuestEnvironment;
import org.ringfence.wsl2.plan.GuestPolicy;
import org.ringfence.wsl2.plan.ShellScript;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An open sandbox whose commands scripts start. */
final class ScriptSession extends SessionBase<ScriptProcess> {
  private static final Set<String> TEMPORARY = Set.of("TMPDIR", "TMP", "TEMP");
  private static final Logger LOG = LoggerFactory.getLogger(ScriptSession.class);
  private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";
  private static final String TMP = "/tmp";

  /** A guest that does not answer for a minute counts as lost. */
  private static final int TRIAL_SECONDS = 20;

  private static final String SHELL = "/bin/sh";

  private final ScriptGuest guest;
  private final String own;
  private final EffectivePolicy policy;
  private final List<String> doors;
  private final Optional<String> terminals;
  private final BubblewrapFeatures features;
  private final SandboxPolicy given;
  private final UnaryOperator<String> there;
  private final Map<String, String> environment;
  private final KillTimer timer;
  private final ExecutorService watching =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "ringfence-wsl-end");
            thread.setDaemon(true);
            return thread;
          });
  private final int shared;

  /**
   * The parts to open a sandbox with.
   *
   * @param guest the guest
   * @param own the sandbox's directory there
   * @param policy the policy there
   * @param mounts its table of mounts there, as the policy was placed
   * @param features the features of bubblewrap there
   * @param arch the machine
   * @param terminals the program there that makes terminals
   * @param given the policy of this side
   * @param there maps a path of this side to its name there
   */
  record Opening(
      ScriptGuest guest,
      String own,
      EffectivePolicy policy,
      String mounts,
      BubblewrapFeatures features,
      Arch arch,
      Optional<String> terminals,
      SandboxPolicy given,
      UnaryOperator<String> there) {}

  private ScriptSession(Opening opening, int shared) throws SandboxException {
    this.guest = opening.guest();
    this.own = opening.own();
    this.policy = opening.policy();
    this.doors = DoorMounts.of(opening.mounts());
    this.features = opening.features();
    this.terminals = opening.terminals();
    this.given = opening.given();
    this.there = opening.there();
    this.shared = shared;
    Map<String, String> variables = environment(guest);
    this.environment = GuestEnvironment.of(policy, variables).apply(variables);
    this.timer = new KillTimer();
  }

  /**
   * Opens a sandbox: puts the files there that its commands share, and tries them.
   *
   * @param opening the parts; its directory exists
   * @return the session
   * @throws SandboxException if bubblewrap cannot set it up; the caller removes the directory
   */
  static ScriptSession open(Opening opening) throws SandboxException {
    GuestTree tree = new GuestTree(opening.guest());
    List<String> options =
        new ArrayList<>(BubblewrapCompiler.compile(opening.policy(), tree, opening.features()));
    options.addAll(kept(opening.policy(), tree));
    opening.guest().put(opening.own(), "options", joined(options));
    opening
        .guest()
        .put(
            opening.own(),
            "filter",
            SeccompCompiler.compileAlone(opening.policy()).compile(opening.arch()).bytes());
    ScriptSession session = new ScriptSession(opening, options.size());
    boolean tried = false;
    try {
      session.tryOut();
      session.tryDoors(GuestPolicy.tried(opening.mounts()));
      tried = true;
      return session;
    } finally {
      if (!tried) {
        session.timer.close();
      }
    }
  }

  /** Returns mounts over those of the policy: existing kept paths, read-only. */
  private static List<String> kept(EffectivePolicy policy, GuestTree tree) {
    List<String> options = new ArrayList<>();
    for (String path : policy.keptNames()) {
      Kind kind = tree.kind(path);
      if (kind == Kind.DIRECTORY || kind == Kind.FILE) {
        options.addAll(List.of("--ro-bind", policy.places().source(path), path));
      }
    }
    return options;
  }

  private static byte[] joined(List<String> words) {
    return words.isEmpty()
        ? new byte[0]
        : (String.join("\0", words) + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, String> environment(ScriptGuest guest) throws SandboxException {
    Map<String, String> variables = new HashMap<>();
    String all =
        new String(ScriptGuest.decoded(guest.need("environment all")), StandardCharsets.UTF_8);
    for (String variable : all.split("\0")) {
      int equals = variable.indexOf('=');
      if (equals > 0) {
        variables.put(variable.substring(0, equals), variable.substring(equals + 1));
      }
    }
    return variables;
  }

  /** Returns the standard error of a command. */
  private String tried(List<String> words) throws SandboxException {
    String name = "c" + guest.number();
    guest.make(name);
    List<String> more =
        BubblewrapCompiler.launch(
            List.of(), Map.of("PATH", DEFAULT_PATH), "/", false, ShellScript.FILTER);
    guest.put(name, "more", joined(more));
    guest.put(name, "inner", inner(name, words, false));
    String said = guest.text("try " + name + " " + TRIAL_SECONDS).strip();
    guest.ask("remove " + name);
    return said;
  }

  /** Tries the doors from inside, unless the caller accepts them as they are. */
  private void tryDoors(List<String> all) throws SandboxException {
    if (policy.policy().strictness().accepts(Guarantee.WSL_DOORS)) {
      return;
    }
    String script = "exec 1>&2\n" + DoorTrial.SCRIPT;
    for (DoorTrial part : DoorTrial.of(policy, all, this::entries).parts()) {
      List<String> words = new ArrayList<>(List.of(SHELL, "-c", script, "sh"));
      words.addAll(part.probes());
      String name = "c" + guest.number();
      guest.make(name);
      guest.put(name, "inner", ShellScript.plain(words).getBytes(StandardCharsets.UTF_8));
      String outside = guest.text("try " + name + " " + TRIAL_SECONDS);
      guest.ask("remove " + name);
      part.demandShut(outside, tried(words));
    }
  }

  private List<String> entries(String directory) {
    try {
      // A directory whose name has a line break is tried without its entries.
      return directory.indexOf('\n') >= 0
          ? List.of()
          : guest.text("list " + directory).lines().toList();
    } catch (SandboxException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tryOut() throws SandboxException {
    String said = tried(List.of(BubblewrapCompiler.NO_PROGRAM));
    if (!BubblewrapCompiler.wasSetUp(said)) {
      throw new SandboxException("bubblewrap: the sandbox cannot be set up: " + said);
    }
  }

  private byte[] inner(String name, List<String> words, boolean mergeError) {
    Limits limits = policy.policy().limits();
    return ShellScript.command(
            guest.top() + "/" + name,
            guest.top() + "/" + own,
            features.path(),
            words,
            mergeError,
            limits)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  protected SandboxedProcess startOpen(Launch launch) throws SandboxException {
    try {
      return started(launch);
    } catch (UncheckedIOException e) {
      throw new SandboxException(e.getCause().getMessage(), e);
    }
  }

  private SandboxedProcess started(Launch launch) throws SandboxException {
    DoorMounts.demandKnown(policy, doors, DoorMounts.of(guest.text("mounts all")));
    Map<String, String> variables = variables(launch);
    GuestTree tree = new GuestTree(guest);
    String directory = tree.real(there.apply(launch.directory().toString()));
    if (!tree.isDirectory(directory)) {
      throw new SandboxException(
          "directory: '" + directory + "' is not valid; use a directory that exists");
    }
    if (!policy.evaluate(directory, Operation.READ).allowed()) {
      throw new SandboxException(
          "directory: '" + directory + "' cannot be entered: the policy denies it");
    }
    String executable = executable(launch.command().get(0), directory, variables, tree);
    if (!policy.evaluate(tree.real(executable), Operation.READ).allowed()) {
      throw CommandNotFoundException.denied(launch.command().get(0), executable);
    }
    List<String> words = new ArrayList<>();
    words.add(executable);
    words.addAll(launch.command().subList(1, launch.command().size()));
    if (launch.terminal().isPresent()) {
      words = onTerminal(launch.terminal().get(), words, variables, tree);
    }
    return start(launch, directory, variables, words);
  }

  private List<String> onTerminal(
      TerminalSize size, List<String> words, Map<String, String> variables, GuestTree tree)
      throws SandboxException {
    String program =
        terminals.orElseThrow(
            () ->
                new SandboxException(
                    "terminal: the distribution has no program that makes one; use Java 17 or later"
                        + " there, or the package util-linux"));
    for (String needed : List.of(program, SHELL)) {
      if (!policy.evaluate(tree.real(needed), Operation.READ).allowed()) {
        throw new SandboxException(
            "terminal: the policy denies " + needed + ", which a terminal needs here");
      }
    }
    List<String> wrapped =
        ShellScript.onTerminal(program, words, size, Optional.ofNullable(variables.get("SHELL")));
    variables.put("SHELL", SHELL);
    return wrapped;
  }

  private ScriptProcess start(
      Launch launch, String directory, Map<String, String> variables, List<String> words)
      throws SandboxException {
    String name = "c" + guest.number();
    guest.make(name);
    ScriptProcess process = null;
    Redirections redirections = null;
    boolean done = false;
    try {
      List<String> more =
          BubblewrapCompiler.launch(
              List.of(), variables, inside(directory), false, ShellScript.FILTER);
      guest.put(name, "more", joined(more));
      guest.put(name, "inner", inner(name, words, launch.mergeError()));
      int depth =
          (policy.policy().lifetime().onRootExit() == Leftovers.KILL ? 2 : 1)
              + (launch.terminal().isPresent() ? 1 : 0);
      guest.put(name, "depth", Integer.toString(depth).getBytes(StandardCharsets.UTF_8));
      process = new ScriptProcess(guest, name, guest.run(name), launch, timer);
      redirections = new Redirections(launch, process);
      redirections.take();
      redirections.feed();
      process.awaitStarted();
      ScriptProcess started = process;
      live().add(started);
      started.watch(watching, () -> live().remove(started));
      launch.limits().wallTime().ifPresent(started::limitWallTime);
      done = true;
      return started;
    } catch (IllegalArgumentException | IOException e) {
      throw e instanceof SandboxException refused
          ? refused
          : new SandboxException("launch: " + e.getMessage(), e);
    } finally {
      if (!done) {
        if (redirections != null) {
          redirections.close();
        }
        if (process != null) {
          live().remove(process);
          process.endNow();
        }
        guest.ask("remove " + name);
      }
    }
  }

  /**
   * Makes variables as the sandbox of the other side does: from those there, those of the policy,
   * those of the caller.
   */
  private Map<String, String> variables(Launch launch) {
    Map<String, String> all = new TreeMap<>(environment);
    String tmp = policy.places().systemTmp();
    if (BubblewrapCompiler.ownTmp(policy)) {
      tmp = TMP;
      for (String name : TEMPORARY) {
        all.put(name, TMP);
      }
    }
    all.putAll(CommandEnvironment.setBy(policy, tmp));
    all.putAll(launch.environment().ofCaller());
    return all;
  }

  /** Returns the name inside: that of the private directory differs. */
  private String inside(String path) {
    return BubblewrapCompiler.ownTmp(policy)
        ? path.replace(policy.places().privateTmp().orElseThrow(), TMP)
        : path;
  }

  private static String executable(
      String program, String directory, Map<String, String> variables, GuestTree tree)
      throws CommandNotFoundException {
    if (program.indexOf('/') >= 0) {
      String path = program.startsWith("/") ? program : directory + "/" + program;
      if (!tree.isThere(path)) {
        throw new CommandNotFoundException(program, "it does not exist");
      }
      if (tree.isDirectory(path)) {
        throw new CommandNotFoundException(program, "it is a directory; name a program");
      }
      if (!tree.isExecutable(path)) {
        throw new CommandNotFoundException(program, "it is not executable");
      }
      return path;
    }
    for (String entry : variables.getOrDefault("PATH", DEFAULT_PATH).split(":", -1)) {
      String path = (entry.startsWith("/") ? entry : directory + "/" + entry) + "/" + program;
      if (tree.isExecutable(path)) {
        return path;
      }
    }
    throw new CommandNotFoundException(program, "it is in no directory of PATH");
  }

  /** Commands that scripts start report nothing. */
  @Override
  public boolean flushEvents(Duration patience) {
    return true;
  }

  @Override
  protected void endCommands() {
    live().forEach(ScriptProcess::endNow);
    try {
      for (ScriptProcess process : live()) {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          LOG.warn("a command in the distribution does not end; its guest is ended");
          guest.close();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  protected void closeResources() {
    try {
      guest.ask("remove " + own);
    } catch (SandboxException e) {
      LOG.debug("the guest has gone, and with it the sandbox", e);
    }
    watching.shutdown();
    timer.close();
  }
}
