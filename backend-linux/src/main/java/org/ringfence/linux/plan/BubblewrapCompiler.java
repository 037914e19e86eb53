package org.ringfence.linux.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.ringfence.linux.plan.HostTree.Kind;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Lifetime.Leftovers;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.NetworkPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.ringfence.policy.effective.NamedSockets;

/**
 * Compiles a policy to the options of bubblewrap, as bwrap(1) has them. Pure: it receives facts
 * about the machine as values. It names existing paths only, so that bubblewrap has no reason to
 * make any on the host.
 */
public final class BubblewrapCompiler {
  private static final String TMP = "/tmp";
  private static final String DEVICES = "/dev";
  private static final String SHARED_MEMORY = "/dev/shm";
  private static final String PROCESSES = "/proc";
  private static final List<String> INTERFACES =
      List.of("/sys/class/net", "/sys/devices/virtual/net");

  /** The largest number of words that bwrap accepts (bubblewrap.c, MAX_ARGS). */
  public static final int MOST_OPTIONS = 9000;

  /** A program that exists in no sandbox: bubblewrap sets up everything and starts nothing. */
  public static final String NO_PROGRAM = "/ringfence-no-such-program";

  private final EffectivePolicy policy;
  private final HostTree tree;
  private final List<String> options = new ArrayList<>();
  private final List<String> last = new ArrayList<>();
  private final Map<String, Access> mounted = new TreeMap<>();

  private BubblewrapCompiler(EffectivePolicy policy, HostTree tree) {
    this.policy = policy;
    this.tree = tree;
  }

  /**
   * Compiles a policy.
   *
   * @param policy the policy
   * @param tree the file system
   * @param features the features of bubblewrap
   * @return the options up to the command's own: environment, directory and the command follow
   */
  public static List<String> compile(
      EffectivePolicy policy, HostTree tree, BubblewrapFeatures features) {
    BubblewrapCompiler compiler = new BubblewrapCompiler(policy, tree);
    compiler.namespaces();
    compiler.files(features);
    return List.copyOf(compiler.options);
  }

  /**
   * Returns all words of one command's launch: a policy's options and those that follow.
   *
   * @param options the policy's options
   * @param environment the whole environment of the command
   * @param directory the working directory
   * @param terminal whether it has a terminal, for which it makes its own session
   * @param filter the descriptor of the seccomp program
   * @return all words up to the program
   * @throws IllegalArgumentException if there are more than bubblewrap accepts
   */
  public static List<String> launch(
      List<String> options,
      Map<String, String> environment,
      String directory,
      boolean terminal,
      int filter) {
    List<String> words = new ArrayList<>(options);
    if (!terminal) {
      words.add("--new-session");
    }
    environment.forEach((name, value) -> words.addAll(List.of("--setenv", name, value)));
    words.addAll(List.of("--chdir", directory, "--seccomp", Integer.toString(filter)));
    check(words.size());
    return words;
  }

  /**
   * Rejects too many options before the start, since bubblewrap would only print an error.
   *
   * @param words the number of words of all options
   * @throws IllegalArgumentException if there are more than it accepts
   */
  public static void check(int words) {
    if (words > MOST_OPTIONS) {
      throw new IllegalArgumentException(
          "bubblewrap: " + tooMany(words) + "; use fewer file rules or variables");
    }
  }

  /**
   * Returns why a policy or a command has too many options.
   *
   * @param words the number of words of all options
   * @return a clause
   */
  public static String tooMany(int words) {
    return "it takes "
        + words
        + " words of options, three for each file rule, and bwrap accepts "
        + MOST_OPTIONS;
  }

  /**
   * Returns whether a trial got as far as its program.
   *
   * @param error the error output of bubblewrap
   * @return true if everything was set up
   */
  public static boolean wasSetUp(String error) {
    return error.startsWith("bwrap: execvp " + NO_PROGRAM);
  }

  /**
   * Returns whether commands are in a private network namespace: unless everything is granted. They
   * reach the outside only through sockets that the supervisor gives them.
   *
   * @param network the network policy
   * @return true if the namespace is private
   */
  public static boolean privateNetwork(NetworkPolicy network) {
    return network.mode() != NetworkMode.FULL;
  }

  /**
   * Returns whether commands have their inet sockets in a private namespace: whenever nothing of
   * the host's network is granted.
   *
   * @param network the network policy
   * @return true if no inet socket comes from outside
   */
  public static boolean ownNetwork(NetworkPolicy network) {
    return network.mode() == NetworkMode.NONE
        && network.hostLoopbackPorts().isEmpty()
        && network.publish().isEmpty();
  }

  /**
   * Returns why a sandbox whose inet sockets come from outside its commands' namespaces shares the
   * host's loopback on any machine.
   *
   * @param network the network policy
   * @return the reason; empty if it can have a private one
   */
  public static String sharedLoopback(NetworkPolicy network) {
    if (network.mode() != NetworkMode.ALLOWLIST) {
      return "the network mode is not allowlist";
    }
    return network.publish().isEmpty() ? "" : "ports are published on it";
  }

  /**
   * Returns whether commands see a procfs of their own process namespace.
   *
   * @param policy the policy
   * @param features the features of bubblewrap
   * @return true if it is private
   */
  public static boolean ownProcesses(EffectivePolicy policy, BubblewrapFeatures features) {
    return features.ownProcesses() && policy.policy().lifetime().onRootExit() == Leftovers.KILL;
  }

  /**
   * Returns whether {@code /tmp} inside is the sandbox's own temporary directory.
   *
   * @param policy the policy
   * @return true if it is
   */
  public static boolean ownTmp(EffectivePolicy policy) {
    return policy.policy().tmp() == TmpPolicy.PRIVATE && policy.places().privateTmp().isPresent();
  }

  private void add(String... words) {
    options.addAll(List.of(words));
  }

  /**
   * Chooses the namespaces. The cgroup namespace stays the host's: in one of its own a JVM reads
   * the limits of another group, or fails (cgroup v1), and no command writes to a cgroup file
   * system.
   */
  private void namespaces() {
    add("--unshare-user", "--unshare-ipc", "--unshare-uts");
    if (policy.policy().lifetime().onRootExit() == Leftovers.KILL) {
      add("--unshare-pid");
    }
    if (privateNetwork(policy.policy().network())) {
      add("--unshare-net");
    }
    if (policy.policy().lifetime().onJvmExit() == Leftovers.KILL) {
      add("--die-with-parent");
    }
    add("--cap-drop", "ALL");
  }

  private void files(BubblewrapFeatures features) {
    Access base = policy.accessAt("/");
    mounted.put("/", base);
    if (base != Access.NONE) {
      add(base == Access.WRITE ? "--bind" : "--ro-bind", "/", "/");
    } else {
      last.addAll(List.of("--remount-ro", "/"));
    }
    devices();
    if (ownProcesses(policy, features)) {
      add("--proc", PROCESSES);
    } else {
      add("--ro-bind", PROCESSES, PROCESSES);
    }
    mounted.put(PROCESSES, Access.READ);
    if (ownTmp(policy)) {
      add("--bind", policy.places().privateTmp().orElseThrow(), TMP);
      mounted.put(TMP, Access.WRITE);
    }
    List<EffectiveRule> rules = new ArrayList<>(policy.rules());
    rules.sort(
        Comparator.<EffectiveRule>comparingInt(
                rule -> policy.places().style().components(rule.path()).size())
            .thenComparing(EffectiveRule::path));
    for (EffectiveRule rule : rules) {
      if (policy.accessAt(rule.path()) == rule.access()) {
        mount(rule);
      }
    }
    workspace();
    ownState();
    interfaces();
    sockets();
    links();
    options.addAll(last);
  }

  private void devices() {
    add("--dev", DEVICES);
    mounted.put(DEVICES, Access.READ);
    last.addAll(List.of("--remount-ro", DEVICES));
    boolean sharedMemory =
        policy.rules().stream()
            .anyMatch(rule -> isOwnSharedMemory(rule) && rule.access() == Access.WRITE);
    if (sharedMemory) {
      add("--perms", "1777", "--tmpfs", SHARED_MEMORY);
      mounted.put(SHARED_MEMORY, Access.WRITE);
    }
  }

  /**
   * Returns whether a rule means the sandbox's own shared memory: only the special does; the path
   * means the host's.
   */
  private static boolean isOwnSharedMemory(EffectiveRule rule) {
    return rule.path().equals(SHARED_MEMORY) && rule.origin().startsWith(":shm");
  }

  private void mount(EffectiveRule rule) {
    String path = rule.path();
    boolean builtIn = rule.origin().equals("built-in device") || isOwnSharedMemory(rule);
    boolean provided = path.equals(PROCESSES) || path.equals(DEVICES);
    boolean ownTmp = ownTmp(policy) && policy.places().privateTmp().orElseThrow().equals(path);
    if (builtIn || path.equals("/") || ownTmp || provided && rule.access() == Access.READ) {
      return;
    }
    String source = policy.places().source(path);
    Kind kind = tree.kind(source);
    Map.Entry<String, Access> above = above(path);
    boolean onHost = !isOwn(above.getKey());
    if (kind == Kind.MISSING
        || onHost && above.getValue() == rule.access() && source.equals(path)) {
      return;
    }
    switch (rule.access()) {
      case WRITE -> add(path.startsWith(DEVICES + "/") ? "--dev-bind" : "--bind", source, path);
      case READ -> add("--ro-bind", source, path);
      case NONE -> {
        if (!onHost) {
          return;
        }
        hide(path, kind);
      }
    }
    mounted.put(path, rule.access());
  }

  private boolean isOwn(String mount) {
    return mount.equals(TMP) && ownTmp(policy)
        || mount.equals(DEVICES)
        || mount.equals(SHARED_MEMORY);
  }

  private void hide(String path, Kind kind) {
    if (kind != Kind.DIRECTORY) {
      // Bound without device access, the null device cannot be opened.
      add("--ro-bind", "/dev/null", path);
      return;
    }
    // Granted paths further below are reachable, but the directory cannot be listed.
    boolean passable =
        policy.rules().stream()
            .anyMatch(rule -> rule.access() != Access.NONE && rule.path().startsWith(path + "/"));
    add("--perms", passable ? "0111" : "0000", "--tmpfs", path);
    last.addAll(0, List.of("--remount-ro", path));
  }

  /** Hides Ringfence's own state, unless it holds a workspace of a nested Ringfence. */
  private void ownState() {
    for (String path : policy.ownState()) {
      Map.Entry<String, Access> above = above(path);
      String tmp = policy.places().privateTmp().orElse("");
      boolean holdsGranted =
          policy.rules().stream()
              .anyMatch(
                  rule ->
                      rule.access() != Access.NONE
                          && !rule.path().equals(tmp)
                          && (rule.path() + "/").startsWith(path + "/"));
      if (above.getValue() != Access.NONE
          && !isOwn(above.getKey())
          && !holdsGranted
          && tree.kind(path) == Kind.DIRECTORY) {
        hide(path, Kind.DIRECTORY);
        mounted.put(path, Access.NONE);
      }
    }
  }

  /**
   * Provides the directory where commands begin, even without a rule for it and under a private
   * /tmp.
   */
  private void workspace() {
    String path = policy.places().lookup().real(policy.places().workspace());
    Map.Entry<String, Access> above = above(path);
    if (!mounted.containsKey(path)
        && above.getKey().equals(TMP)
        && isOwn(TMP)
        && policy.accessAt(path) == Access.READ
        && tree.kind(path) == Kind.DIRECTORY) {
      add("--ro-bind", path, path);
      mounted.put(path, Access.READ);
    }
  }

  /** Hides the host's interfaces, which its sysfs shows in any network namespace. */
  private void interfaces() {
    if (!privateNetwork(policy.policy().network())) {
      return;
    }
    for (String path : INTERFACES) {
      if (above(path).getValue() != Access.NONE
          && policy.rules().stream().noneMatch(rule -> rule.path().startsWith(path))
          && tree.kind(path) == Kind.DIRECTORY) {
        add("--perms", "0555", "--tmpfs", path);
        last.add(0, path);
        last.add(0, "--remount-ro");
      }
    }
  }

  /** Provides the sockets that a rule names, even where their directories are missing. */
  private void sockets() {
    for (String path : NamedSockets.of(policy).paths()) {
      Map.Entry<String, Access> above = above(path);
      boolean hidden = above.getValue() == Access.NONE || isOwn(above.getKey());
      if (hidden && tree.kind(path) == Kind.FILE) {
        add("--ro-bind", path, path);
      }
    }
  }

  /** Returns the mount that a path would lie on so far. */
  private Map.Entry<String, Access> above(String path) {
    String at = path;
    while (!at.equals("/")) {
      int slash = at.lastIndexOf('/');
      at = slash == 0 ? "/" : at.substring(0, slash);
      Access access = mounted.get(at);
      if (access != null) {
        return Map.entry(at, access);
      }
    }
    return Map.entry("/", mounted.get("/"));
  }

  /** Makes the links to granted paths again, since the sandbox has its own root. */
  private void links() {
    if (policy.policy().fileDefault() != FileDefault.MINIMAL) {
      return;
    }
    policy
        .links()
        .forEach(
            (link, target) -> {
              Access there = above(link).getValue();
              if (there == Access.NONE) {
                add("--symlink", target, link);
              }
            });
  }
}
