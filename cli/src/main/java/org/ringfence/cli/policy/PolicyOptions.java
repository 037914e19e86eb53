package org.ringfence.cli.policy;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.ringfence.Backends;
import org.ringfence.cli.report.FileFailure;
import org.ringfence.file.NamedFile;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Special;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.MistakePlaces;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.json.Quantities;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.policy.value.ProcessGrant;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that build a policy; the same for every subcommand that needs one. */
public final class PolicyOptions {
  /** The presets that a command starts from by default. */
  public static final List<String> USUAL = List.of("workspace-write");

  @Option(
      names = {"-p", "--policy"},
      paramLabel = "PRESET|FILE",
      description = {
        "A preset, a policy file, a policy's JSON, '{…}', or '-' for a policy on standard input. Several add up, given one by"
            + " one or with commas between: -p maven,no-credentials.",
        "The presets read-only, workspace-write and danger-full-access, and files, take the place of the"
            + " default; all others add to it.",
        "Default: ${policy.default}."
      },
      completionCandidates = Candidates.OfPolicies.class)
  private List<String> policies = new ArrayList<>();

  @Option(
      names = {"-C", "--workspace"},
      paramLabel = "DIR",
      description = "The directory that ':workspace' names. Default: the current directory.")
  private Path workspace = Path.of("");

  @Option(names = "--write", paramLabel = "PATH", description = "Grant writing below PATH.")
  private List<String> write = new ArrayList<>();

  @Option(names = "--read", paramLabel = "PATH", description = "Grant reading below PATH.")
  private List<String> read = new ArrayList<>();

  @Option(
      names = "--deny",
      paramLabel = "PATH|GLOB",
      description =
          "Deny PATH, or with '*' or '?' every name that fits: '*.key' at any depth, 'conf/*.key' below"
              + " the current directory. In quotes, or the shell expands it.")
  private List<String> deny = new ArrayList<>();

  @Option(
      names = "--protected-names",
      paramLabel = "off|existing|existing-report|tracked|hooks-and-config|read-only",
      completionCandidates = Candidates.OfLevels.class,
      description =
          "Which names in writable directories are protected, because programs run code from them"
              + " later: none; those that exist, at full speed, and new ones are found at the command's end"
              + " and moved away, or only reported; git's hooks and programs, editor, agent and shell"
              + " configuration; the same without files that the repository tracks, for branches that differ in them;"
              + " or all that and all of .git.")
  private String protectedNames;

  @Option(
      names = "--allow-name",
      paramLabel = "PATH|GLOB",
      description =
          "Allow PATH, or with '*' or '?' every name that fits, to be written although its name is"
              + " protected: .git/config, '**/.vscode'. Files there can run code outside the"
              + " sandbox later.")
  private List<String> allowedNames = new ArrayList<>();

  @Option(
      names = "--network",
      paramLabel = "none|allowlist|full",
      completionCandidates = Candidates.OfNetworks.class,
      description = "How much of the network is reached.")
  private NetworkMode network;

  @Option(
      names = "--allow-host",
      paramLabel = "HOST[:PORTS]",
      description = {
        "Reach this host, over TCP: name, *.name or address, ports 80 and 443 when none are given."
            + " Network mode allowlist."
      })
  private List<String> allowedHosts = new ArrayList<>();

  @Option(
      names = "--publish",
      paramLabel = "[HOSTPORT:]PORT",
      description = "Let servers on PORT inside be reached over the host's loopback.")
  private List<String> published = new ArrayList<>();

  @Option(
      names = "--allow",
      paramLabel = "PART",
      completionCandidates = Candidates.OfGrants.class,
      description =
          "Let debuggers trace the command's own processes (ptrace, with bubblewrap), or open System V"
              + " shared memory, semaphores and queues (sysv-ipc); on macOS checks of certificates"
              + " (trustd), the keychain, the gpu, changes of files (fsevents) or ps.")
  private List<String> allowed = new ArrayList<>();

  @Option(
      names = "--env",
      paramLabel = "NAME[=VALUE]",
      description = "Pass a variable through, or set it.")
  private List<String> environment = new ArrayList<>();

  @Option(
      names = "--limit",
      paramLabel = "NAME=VALUE",
      completionCandidates = Candidates.OfLimits.class,
      description =
          "Bound memory, processes, cpu, files, file-size or output: --limit memory=2GiB"
              + " --limit output=10MiB")
  private List<String> limits = new ArrayList<>();

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "End the command after this time: 90s, 5m.")
  private String timeout;

  @Option(
      names = "--best-effort",
      paramLabel = "GUARANTEE",
      completionCandidates = GuaranteeNames.class,
      description = "Accept that a guarantee, or 'all', is weaker than enforced.")
  private List<String> bestEffort = new ArrayList<>();

  @Mixin private final BackendChoice choice = new BackendChoice();

  @Option(
      names = "--no-project-policy",
      description =
          "Do without .ringfence/policy.json, the project's own policy in the workspace or above. When"
              + " it is trusted (ringfence policy trust), 'run', 'plan', 'check', 'explain' and"
              + " 'policy show' start from it instead of from the default.")
  private boolean noProject;

  @Option(
      names = "--no-detect",
      description =
          "Do not look which build tools the workspace uses. Under the default policy each gets its"
              + " preset with caches of the sandbox's own, such as go-private for go.mod; 'plan'"
              + " names them.")
  private boolean noDetect;

  private final List<String> kept = new ArrayList<>();
  private final Map<String, String> texts = new HashMap<>();
  private boolean asked;
  private Optional<ProjectPolicy> project;
  private List<FoundTool> tools;

  /** Parses one option without picocli; false if this class does not know it. */
  public boolean accept(String name, String value) {
    switch (name) {
      case "-p", "--policy" -> policies.add(value);
      case "-C", "--workspace" -> workspace = Path.of(value);
      case "--write" -> write.add(value);
      case "--read" -> read.add(value);
      case "--deny" -> deny.add(value);
      case "--protected-names" -> protectedNames = value;
      case "--allow-name" -> allowedNames.add(value);
      case "--allow-host" -> allowedHosts.add(value);
      case "--publish" -> published.add(value);
      case "--allow" -> allowed.add(value);
      case "--env" -> environment.add(value);
      case "--limit" -> limits.add(value);
      case "--timeout" -> timeout = value;
      case "--best-effort" -> bestEffort.add(value);
      default -> {
        return choice.accept(name, value);
      }
    }
    return true;
  }

  public String backend() {
    return choice.id();
  }

  /** Returns backends in the preferred order. */
  public Backends ordered(Backends backends) {
    return choice.ordered(backends);
  }

  public Path workspace() {
    return workspace.toAbsolutePath().normalize();
  }

  /** Protects a file of Ringfence from writes of the command. */
  public void protect(Path file) {
    kept.add(file.toAbsolutePath().normalize().toString());
  }

  /** Sets the network to an allowlist, unless the options choose another mode. */
  public void allowlist() {
    asked = true;
  }

  public EffectivePolicy effective() throws IOException {
    List<String> sources = sources();
    return effective(policy(sources), sources);
  }

  private EffectivePolicy effective(SandboxPolicy policy, List<String> sources) {
    try {
      return EffectivePolicy.of(policy, PathContext.current(workspace()));
    } catch (InvalidPolicyException e) {
      throw MistakePlaces.placed(e, sources);
    }
  }

  /** Returns a mistake with its place in the files of the policy, if it stands in one. */
  public InvalidPolicyException placed(InvalidPolicyException mistake) throws IOException {
    return MistakePlaces.placed(mistake, sources());
  }

  /** Returns the options' policy, on top of the usual presets. */
  public SandboxPolicy policy() throws IOException {
    return policy(sources());
  }

  /**
   * Returns the presets and files of the policy: on top of the project's policy when it has one.
   *
   * @throws UntrustedPolicyException if the project's policy is not trusted and no other replaces
   *     it
   */
  public List<String> sources() throws IOException {
    List<String> usual = on(USUAL);
    if (isReplaced(usual)) {
      return usual;
    }
    if (noProject || project().isEmpty()) {
      List<String> start = new ArrayList<>(USUAL);
      found().forEach(tool -> tool.preset().ifPresent(start::add));
      return on(start);
    }
    new TrustedPolicies(StateDirectory.current()).demand(project.get());
    String name = project.get().file().toString();
    texts.put(name, project.get().text());
    if (!kept.contains(name)) {
      protect(project.get().file());
    }
    return on(List.of(name));
  }

  /** Returns whether a named policy takes the place of the usual presets. */
  private boolean isReplaced(List<String> all) {
    return !all.containsAll(USUAL) || all.equals(named());
  }

  private Optional<ProjectPolicy> project() throws IOException {
    if (project == null) {
      project = ProjectPolicy.above(workspace());
    }
    return project;
  }

  /**
   * Returns the build tools of the workspace whose presets the policy has: none when a policy of a
   * person's own decides, or when a place in the temporary directory would be no private one.
   */
  public List<FoundTool> found() throws IOException {
    if (noDetect
        || isReplaced(on(USUAL))
        || named().stream().anyMatch(PolicyReader::isText)
        || !noProject && project().isPresent()
        || !policies.isEmpty() && named(on(USUAL)).tmp() != TmpPolicy.PRIVATE) {
      return List.of();
    }
    if (tools == null) {
      // Looked for once: a command may make such a file while it runs.
      tools = FoundTool.in(workspace(), network, asked || !allowedHosts.isEmpty());
    }
    return FoundTool.without(tools, named(), environment);
  }

  /** Returns the project's policy that a named policy replaces. */
  public Optional<Path> unusedProject() {
    if (noProject || policies.isEmpty() || !isReplaced(on(USUAL))) {
      return Optional.empty();
    }
    try {
      Set<Path> given = new HashSet<>();
      for (String name : PolicyNames.of(policies).files()) {
        given.add(Path.of(name).toRealPath());
      }
      return ProjectPolicy.above(workspace())
          .map(ProjectPolicy::file)
          .filter(file -> !given.contains(file));
    } catch (IOException | InvalidPolicyException e) {
      // An unreadable one would not have been used either.
      return Optional.empty();
    }
  }

  public static String unused(Path file) {
    return "the project's policy " + file + " is not used: the policy of --policy takes its place";
  }

  private List<String> named() {
    return PolicyNames.of(policies).names();
  }

  /** Returns the named presets and files, on top of the command's start. */
  public List<String> on(List<String> start) {
    return PolicyNames.of(policies).on(start);
  }

  /** Returns the policy of presets and files without the other options. */
  public SandboxPolicy named(List<String> names) throws IOException {
    PolicyBuilder builder = base(names).toBuilder();
    protectKept(builder);
    return builder.build();
  }

  private void protectKept(PolicyBuilder builder) {
    if (builder.build().fileDefault() != FileDefault.WRITE) {
      kept.forEach(builder::protectedPath);
    }
  }

  /** Returns the options' policy on top of presets and files. */
  public SandboxPolicy policy(List<String> named) throws IOException {
    PolicyBuilder builder = base(named).toBuilder();
    builder.layer();
    write.forEach(
        path ->
            option(
                "--write",
                path,
                () -> builder.rule(there("--write", path), Access.WRITE, MissingPath.REJECT)));
    read.forEach(
        path ->
            option(
                "--read",
                path,
                () -> builder.rule(there("--read", path), Access.READ, MissingPath.REJECT)));
    deny.forEach(path -> option("--deny", path, () -> deny(builder, path)));
    if (protectedNames != null) {
      builder.protectedNames(level(protectedNames));
    }
    allowedNames.forEach(
        name ->
            option(
                "--allow-name",
                name,
                () -> builder.files(files -> files.allowNames(glob("--allow-name", name)))));
    protectKept(builder);
    if (network != null) {
      builder.network(network);
    } else if ((asked || !allowedHosts.isEmpty())
        && builder.build().network().mode() == NetworkMode.NONE) {
      builder.network(NetworkMode.ALLOWLIST);
    }
    allowedHosts.forEach(host -> option("--allow-host", host, () -> builder.allowHost(host)));
    published.forEach(port -> option("--publish", port, () -> builder.publish(port)));
    allowed.forEach(word -> option("--allow", word, () -> builder.allow(ProcessGrant.of(word))));
    environment.forEach(entry -> variable(builder, entry));
    limits.forEach(entry -> limit(builder, entry));
    if (timeout != null) {
      option(
          "--timeout", timeout, () -> builder.wallTime(Quantities.duration("--timeout", timeout)));
    }
    for (String guarantee : bestEffort) {
      if (guarantee.equals("all")) {
        builder.strictness(Strictness.Mode.BEST_EFFORT);
      } else {
        builder.acceptWeaker(weaker(guarantee));
      }
    }
    SandboxPolicy policy = builder.build();
    List<String> files = PolicyNames.of(policies).files();
    if (!files.isEmpty()) {
      EffectivePolicy effective = effective(policy, named);
      for (String name : files) {
        // Reported here, since a plan would only say that a rule is not steady.
        NamedFile.followed(Path.of(name), NamedFile.writableBy(effective));
      }
    }
    return policy;
  }

  /** Reads an option's value; an error names the option, not the policy's field. */
  private static void option(String name, String value, Runnable reading) {
    try {
      reading.run();
    } catch (InvalidPolicyException e) {
      throw new InvalidPolicyException(name, value, e.nearest(), e);
    }
  }

  /**
   * Finds options without effect: grants of paths that are denied, denials of missing paths.
   *
   * @param policy the policy of these options
   * @return a sentence for each
   */
  public List<String> withoutEffect(EffectivePolicy policy) {
    List<String> all = new ArrayList<>();
    read.forEach(path -> all.addAll(IneffectiveRules.denied(policy, absolute("--read", path))));
    write.forEach(path -> all.addAll(IneffectiveRules.denied(policy, absolute("--write", path))));
    deny.forEach(path -> all.addAll(IneffectiveRules.missing(policy, absolute("--deny", path))));
    return all;
  }

  private SandboxPolicy base(List<String> named) throws IOException {
    if (named.contains(PolicyNames.STANDARD_INPUT)
        && !texts.containsKey(PolicyNames.STANDARD_INPUT)) {
      texts.put(PolicyNames.STANDARD_INPUT, standardInput());
    }
    try {
      return named.size() == 1 && !texts.containsKey(named.get(0))
          ? PolicyReader.presetOrFile(named.get(0))
          : PolicyReader.combined(named, texts);
    } catch (FileSystemException | CharacterCodingException e) {
      throw FileFailure.of("cannot read the policy", named.get(0), e);
    } catch (InvalidPolicyException e) {
      if (e.field().equals("preset") && named.contains(e.value())) {
        throw new InvalidPolicyException("--policy", e.value(), e.nearest(), e);
      }
      throw e;
    }
  }

  private static String standardInput() throws IOException {
    byte[] bytes = System.in.readNBytes((int) PolicyReader.LARGEST_FILE + 1);
    if (bytes.length > PolicyReader.LARGEST_FILE) {
      throw new InvalidPolicyException("--policy", "-", "a policy of at most 8 MiB");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void deny(PolicyBuilder builder, String path) {
    if (path.indexOf('*') < 0 && path.indexOf('?') < 0) {
      builder.rule(absolute("--deny", path), Access.NONE, MissingPath.SKIP);
      return;
    }
    builder.denyGlobs(List.of(glob("--deny", path)));
  }

  /** Returns a glob whose relative path begins at the current directory. */
  private static String glob(String option, String path) {
    if (path.isEmpty() || path.startsWith(":") || path.startsWith("~")) {
      throw new InvalidPolicyException(
          option, path, "a glob without specials: '*.key' at any depth, or an absolute one");
    }
    boolean anywhere = path.startsWith("**") || path.indexOf('/') < 0;
    return anywhere || path.startsWith("/")
        ? path
        : Path.of("").toAbsolutePath() + "/" + path.replaceFirst("^(\\./)+", "");
  }

  private static ProtectedNames level(String word) {
    return Stream.of(ProtectedNames.values())
        .filter(level -> Candidates.OfLevels.word(level).equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidPolicyException(
                    "--protected-names",
                    word,
                    "one of " + String.join(", ", Candidates.OfLevels.words())));
  }

  /**
   * Resolves a path: on the command line, unlike in a file, a relative path begins at the current
   * directory.
   */
  private static String absolute(String option, String path) {
    if (path.startsWith(":")) {
      List<String> specials = Stream.of(Special.values()).map(Special::text).toList();
      if (!specials.contains(path.replaceFirst("/.*", ""))) {
        throw new InvalidPolicyException(option, path, "one of " + String.join(", ", specials));
      }
      return path;
    }
    if (path.isEmpty()) {
      throw new InvalidPolicyException(option, path, "a path that is not empty");
    }
    if (path.equals("~") || path.startsWith("~/")) {
      // In quotes, or after an equals sign, a shell leaves the tilde to Ringfence.
      return ":home" + path.substring(1);
    }
    if (path.startsWith("~")) {
      throw new InvalidPolicyException(option, path, "an absolute path, or ./" + path);
    }
    return Path.of(path).toAbsolutePath().normalize().toString();
  }

  /** Returns a path to grant, as the policy names it; fails if it does not exist. */
  private String there(String option, String path) {
    String absolute = absolute(option, path);
    Optional<Path> named = onDisk(absolute);
    if (named.isPresent() && !Files.exists(named.get())) {
      throw new InvalidPolicyException(
          option, path, "a path that exists (nothing is there); make it first");
    }
    return absolute;
  }

  /** Returns the file of a path; nothing for a special whose place is the plan's matter. */
  private Optional<Path> onDisk(String path) {
    String special = path.replaceFirst("/.*", "");
    String rest = path.substring(special.length()).replaceFirst("^/+", "");
    if (special.isEmpty()) {
      return Optional.of(Path.of(path));
    }
    if (special.equals(Special.WORKSPACE.text())) {
      return Optional.of(workspace().resolve(rest));
    }
    return special.equals(Special.HOME.text())
        ? Optional.of(Path.of(PathContext.current(workspace()).home(), rest))
        : Optional.empty();
  }

  private static Set<Guarantee> weaker(String name) {
    try {
      return Guarantee.named(name);
    } catch (InvalidPolicyException e) {
      throw new InvalidPolicyException("--best-effort", name, e.nearest() + ", or all", e);
    }
  }

  private static void variable(PolicyBuilder builder, String entry) {
    int equals = entry.indexOf('=');
    String name = equals < 0 ? entry : entry.substring(0, equals);
    if (name.isEmpty() || name.chars().anyMatch(Character::isWhitespace)) {
      throw new InvalidPolicyException(
          "--env", entry, "NAME or NAME=VALUE, one variable each: --env A --env B=2");
    }
    if (equals < 0) {
      builder.includeVariables(List.of(entry));
    } else {
      builder.variable(name, entry.substring(equals + 1));
    }
  }

  private static void limit(PolicyBuilder builder, String entry) {
    int equals = entry.indexOf('=');
    String name = equals < 0 ? entry : entry.substring(0, equals);
    String value = equals < 0 ? "" : entry.substring(equals + 1);
    String field = "--limit " + name;
    Runnable reading =
        switch (name) {
          case "memory" -> () -> builder.memory(Quantities.size(field, value));
          case "processes" -> () -> builder.processes(count(field, value));
          case "cpu" -> () -> builder.cpuTime(Quantities.duration(field, value));
          case "files" -> () -> builder.openFiles(count(field, value));
          case "file-size" -> () -> builder.fileSize(Quantities.size(field, value));
          case "output" -> () -> builder.outputBytes(Quantities.size(field, value));
          default ->
              throw new InvalidPolicyException(
                  "--limit", entry, "memory=, processes=, cpu=, files=, file-size= or output=");
        };
    option(field, value, reading);
  }

  private static long count(String field, String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new InvalidPolicyException(field, value, "a whole number", e);
    }
  }
}
