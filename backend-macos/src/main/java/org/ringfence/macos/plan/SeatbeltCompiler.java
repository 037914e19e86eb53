package org.ringfence.macos.plan;

import static org.ringfence.macos.plan.Sbpl.form;
import static org.ringfence.macos.plan.Sbpl.regex;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ringfence.macos.plan.SeatbeltProfile.Rule;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.effective.EffectiveRule;
import org.ringfence.policy.effective.HomeNames;

/**
 * Compiles a policy to a Seatbelt profile. Pure. Rules go from the shallowest to the deepest, so
 * that the last one that matches is the most specific one; parts that win over every rule come
 * behind them. {@link Permissions} then makes permissions of them, whose order has no meaning.
 * Paths are parameters; the text contains names, as patterns.
 */
public final class SeatbeltCompiler {
  /** The parameter for Ringfence's own directory, which no command touches. */
  public static final String OWN = "RINGFENCE";

  // confstr(3): _CS_DARWIN_USER_TEMP_DIR and _CS_DARWIN_USER_CACHE_DIR lie beside each other.
  private static final Pattern FOLDERS =
      Pattern.compile("((?:/private)?/var/folders/[^/]+/[^/]+)/T/([^/]+)");

  /** Where the data volume is mounted; most of it also shows through firmlinks. */
  static final String DATA = "/System/Volumes/Data";

  private static final List<String> LOOKED_AT_BY_JAVA =
      List.of("", "/Library", "/Library/Java", "/Library/Internet Plug-Ins");

  private static final List<String> READING =
      List.of("file-read*", "file-map-executable", "process-exec*");
  private static final List<String> WRITING = List.of("file-write*", "file-ioctl");

  private final EffectivePolicy policy;
  private final List<Rule> rules = new ArrayList<>();
  private final Map<String, String> parameters = new LinkedHashMap<>();
  private final Permissions files = new Permissions(parameters);
  private final Map<String, String> names = new LinkedHashMap<>();

  private SeatbeltCompiler(EffectivePolicy policy) {
    this.policy = policy;
  }

  /**
   * The inputs of a profile besides the policy.
   *
   * @param tag appears in the log with each denial; letters, digits and hyphens
   * @param proxy the port of the egress proxy; empty when there is none
   * @param own Ringfence's own directory, which no command touches; empty for none
   */
  public record Surroundings(String tag, OptionalInt proxy, String own) {
    /** Checks the tag. */
    public Surroundings {
      if (!tag.matches("[A-Za-z0-9-]+")) {
        throw new IllegalArgumentException("'" + tag + "' is no tag");
      }
    }
  }

  /**
   * Compiles a policy.
   *
   * @param policy the policy
   * @param surroundings the other inputs
   * @return the profile
   */
  public static SeatbeltProfile compile(EffectivePolicy policy, Surroundings surroundings) {
    SeatbeltCompiler compiler = new SeatbeltCompiler(policy);
    BaseRules.essentials(compiler.files);
    compiler.cache();
    compiler.files();
    if (!surroundings.own().isEmpty()) {
      compiler.parameters.put(OWN, surroundings.own());
      compiler.file(
          "Ringfence's own files",
          "deny",
          List.of("file*", "process-exec*"),
          form(
              "require-any",
              form("subpath", form("param", new Sbpl.Text(OWN))),
              compiler.subpath(DATA + surroundings.own())));
      Set<String> above = new LinkedHashSet<>();
      ancestors(surroundings.own(), above);
      for (String path : above) {
        compiler.file(
            "directories above Ringfence's own files stay",
            "deny",
            List.of("file-write-unlink"),
            compiler.literal(path));
      }
    }
    compiler.rules.addAll(compiler.files.rules());
    compiler.rules.addAll(BaseRules.services(policy));
    compiler.rules.addAll(OpenedServices.rules(policy.policy()));
    compiler.sharedMemory();
    compiler.rules.addAll(
        new NetworkRules(policy, compiler::literal, compiler::subpath).of(surroundings.proxy()));
    String message = " (with message \"" + surroundings.tag() + "\"))\n";
    String base =
        "(version 1)\n(deny default"
            + message
            // Apple's compiler of profiles allows these by themselves, whatever the default.
            + "(deny process-info* nvram*"
            + message
            + resource("base.sbpl")
            + (policy.policy().network().mode() == NetworkMode.FULL
                ? resource("network.sbpl")
                : "");
    return new SeatbeltProfile(base, compiler.rules, compiler.parameters);
  }

  private static String resource(String name) {
    try (InputStream in = SeatbeltCompiler.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not in this archive");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void add(String origin, Sbpl.Form rule) {
    rules.add(new Rule(origin, rule));
  }

  /** Adds a rule on files that wins over those before it. */
  private void file(String origin, String action, List<String> operations, Sbpl.Form filter) {
    files.add(origin, action.equals("allow"), operations, filter);
  }

  /**
   * Returns the kernel's name for a path: {@code /var}, {@code /tmp} and {@code /etc} are links,
   * and the data volume shows through firmlinks, which no lookup reveals.
   *
   * @param path an absolute path
   * @return the path that Seatbelt compares
   */
  static String canonical(String path) {
    String shown = path;
    if (path.equals(DATA) || path.startsWith(DATA + "/")) {
      shown = path.substring(DATA.length());
      if (shown.isEmpty()) {
        return path;
      }
    }
    for (String link : List.of("/var", "/tmp", "/etc")) {
      if (shown.equals(link) || shown.startsWith(link + "/")) {
        return "/private" + shown;
      }
    }
    return shown;
  }

  /**
   * Returns the spellings under which the kernel may have a path: with and without the data volume,
   * which differs between versions of macOS, and composed or not, as its maker has written it.
   */
  private static Set<String> spellings(String path) {
    Set<String> spellings = new LinkedHashSet<>();
    for (String each : List.of(canonical(path), path.startsWith(DATA + "/") ? path : "")) {
      if (!each.isEmpty()) {
        spellings.add(each);
        spellings.add(Normalizer.normalize(each, Normalizer.Form.NFC));
        spellings.add(Normalizer.normalize(each, Normalizer.Form.NFD));
      }
    }
    return spellings;
  }

  /**
   * Returns the names that a path of the system's log may have in a policy: with and without the
   * data volume.
   *
   * @param path an absolute path
   * @return the path, then its other name
   */
  public static List<String> reported(String path) {
    return List.of(path, path.startsWith(DATA + "/") ? path.substring(DATA.length()) : DATA + path);
  }

  private Sbpl.Form parameter(String path) {
    String name = names.computeIfAbsent(path, each -> "P" + names.size());
    parameters.put(name, path);
    return form("param", new Sbpl.Text(name));
  }

  private Sbpl.Form subpath(String path) {
    return spelled("subpath", path);
  }

  private Sbpl.Form literal(String path) {
    return spelled("literal", path);
  }

  private Sbpl.Form spelled(String filter, String path) {
    List<Sbpl.Form> each =
        spellings(path).stream().map(spelling -> form(filter, parameter(spelling))).toList();
    return each.size() == 1 ? each.get(0) : form("require-any", each);
  }

  private void files() {
    byDefault();
    traversal();
    List<EffectiveRule> sorted = new ArrayList<>(policy.rules());
    sorted.sort(
        Comparator.<EffectiveRule>comparingInt(rule -> depth(rule.path()))
            .thenComparing(EffectiveRule::path));
    Set<String> done = new LinkedHashSet<>();
    for (EffectiveRule rule : sorted) {
      if (policy.accessAt(rule.path()) == rule.access()) {
        boolean first = done.add(rule.path());
        if (first) {
          access(rule);
        }
        if (rule.access() == Access.WRITE && !rule.scratch()) {
          protectedNames(rule);
          homeNames(rule);
        }
      }
    }
    for (String path : policy.protectedPaths()) {
      file("files.protectedPaths " + path, "deny", List.of("file-write*"), subpath(path));
      if (!policy.places().lookup().exists(path)) {
        file("files.protectedPaths " + path, "deny", List.of("file-write*"), inAnyCase(path));
      }
    }
    kept();
    for (String glob : policy.denyGlobs()) {
      file(
          "files.denyGlobs " + glob,
          "deny",
          List.of("file-read-data", "file-read-xattr", "file-write*", "process-exec*"),
          regex(NamePatterns.glob(glob.startsWith("/") ? canonical(glob) : glob)));
    }
  }

  private int depth(String path) {
    return policy.places().style().components(canonical(path)).size();
  }

  private void byDefault() {
    FileDefault fallback = policy.policy().fileDefault();
    String origin = "files.default " + fallback.name().toLowerCase(java.util.Locale.ROOT);
    if (fallback != FileDefault.MINIMAL) {
      file(origin, "allow", READING, form("subpath", new Sbpl.Text("/")));
    }
    if (fallback == FileDefault.WRITE) {
      file(origin, "allow", WRITING, form("subpath", new Sbpl.Text("/")));
    }
  }

  /** Shows that the directories above a grant exist, as realpath(3) and getcwd(3) ask. */
  private void traversal() {
    if (policy.policy().fileDefault() != FileDefault.MINIMAL) {
      return;
    }
    Set<String> above = new LinkedHashSet<>();
    String home = policy.places().home();
    if (!home.isEmpty()) {
      for (String looked : LOOKED_AT_BY_JAVA) {
        file(
            "java of the system looks whether these exist",
            "allow",
            List.of("file-read-metadata"),
            literal(policy.places().real(home) + looked));
      }
    }
    for (EffectiveRule rule : policy.rules()) {
      if (rule.access() != Access.NONE) {
        String at = parent(rule.path());
        while (!at.equals("/") && above.add(at)) {
          at = parent(at);
        }
      }
    }
    above.forEach(
        path ->
            file(
                "directories above granted paths",
                "allow",
                List.of("file-read-metadata"),
                literal(path)));
    policy
        .links()
        .keySet()
        .forEach(
            link ->
                file(
                    "links to granted paths",
                    "allow",
                    List.of("file-read-metadata"),
                    literal(link)));
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  private void access(EffectiveRule rule) {
    String origin = rule.origin();
    Sbpl.Form where =
        rule.path().equals("/") ? form("subpath", new Sbpl.Text("/")) : subpath(rule.path());
    switch (rule.access()) {
      case WRITE -> {
        file(origin, "allow", READING, where);
        file(origin, "allow", WRITING, where);
      }
      case READ -> {
        file(origin, "allow", READING, where);
        file(origin, "deny", WRITING, where);
      }
      case NONE -> {
        file(origin, "deny", READING, where);
        file(origin, "deny", WRITING, where);
      }
    }
    if (rule.access() != Access.WRITE && !policy.places().lookup().exists(rule.path())) {
      // A file created there later may have another case, and is then the same file.
      file(origin, "deny", WRITING, inAnyCase(rule.path()));
      if (rule.access() == Access.NONE) {
        file(origin, "deny", READING, inAnyCase(rule.path()));
      }
    }
  }

  private static Sbpl.Form inAnyCase(String path) {
    return regex("^" + NamePatterns.name(canonical(path)) + "(/.*)?$");
  }

  /** Protects names below the deciding rule; of a git directory, the name itself as well. */
  private void protectedNames(EffectiveRule rule) {
    List<String> components = policy.places().style().components(canonical(rule.path()));
    int depth = components.size();
    boolean inGit = false;
    for (int i = components.size() - 1; i >= 0 && !inGit; i--) {
      if (components.get(i).equalsIgnoreCase(".git")) {
        depth = i;
        inGit = true;
      }
    }
    String origin = "protectedNames in " + rule.origin();
    ProtectedNames level = policy.policy().protectedNames();
    for (String pattern : NamePatterns.protectedNames(level, depth, components)) {
      file(origin, "deny", List.of("file-write*"), below(rule.path(), inGit, pattern));
    }
    for (String pattern : NamePatterns.replacements(level, depth, components)) {
      for (String type : List.of("DIRECTORY", "SYMLINK")) {
        file(
            origin + ": no directory or link is put in its place",
            "deny",
            List.of("file-write-create"),
            form(
                "require-all",
                below(rule.path(), inGit, pattern),
                form("vnode-type", new Sbpl.Constant(type))));
      }
    }
  }

  /**
   * Protects the listed names, and dot entries except caches, in a writable home or a part of it.
   */
  private void homeNames(EffectiveRule rule) {
    for (HomeNames.Patterns patterns : policy.homes().patterns(rule.path())) {
      String origin = "protectedNames in the home " + patterns.home();
      NamePatterns.Home home = NamePatterns.home(patterns, canonical(patterns.home()));
      List<Sbpl> all = new ArrayList<>();
      all.add(below(rule.path(), false, home.names()));
      home.exceptions().forEach(each -> all.add(form("require-not", regex(each))));
      file(origin, "deny", List.of("file-write*"), form("require-all", all));
      for (String pattern : home.inCaches()) {
        file(origin, "deny", List.of("file-write*"), below(rule.path(), false, pattern));
      }
      String kept = origin + ": no directory or link is put in its place";
      for (String type : List.of("DIRECTORY", "SYMLINK")) {
        Sbpl.Form kind = form("vnode-type", new Sbpl.Constant(type));
        Sbpl.Form above = below(rule.path(), false, home.above());
        file(kept, "deny", List.of("file-write-create"), form("require-all", above, kind));
        for (String at = patterns.home(); !at.equals("/"); at = parent(at)) {
          if (at.equals(rule.path()) || depth(at) > depth(rule.path())) {
            file(
                kept, "deny", List.of("file-write-create"), form("require-all", literal(at), kind));
          }
        }
      }
      file(kept, "deny", List.of("file-write-unlink"), below(rule.path(), false, home.above()));
    }
  }

  private Sbpl.Form below(String root, boolean notItself, String pattern) {
    List<Sbpl> all = new ArrayList<>();
    all.add(root.equals("/") ? form("subpath", new Sbpl.Text("/")) : subpath(root));
    if (notItself) {
      all.add(form("require-not", literal(root)));
    }
    all.add(regex(pattern));
    return form("require-all", all);
  }

  /** Denies moving a directory above a rule's path: the path would change. */
  private void kept() {
    Set<String> above = new LinkedHashSet<>();
    for (EffectiveRule rule : policy.rules()) {
      ancestors(rule.path(), above);
    }
    policy.protectedPaths().forEach(path -> ancestors(path, above));
    String origin = "directories above restricted paths stay";
    for (String path : above) {
      if (policy.accessAt(path) == Access.WRITE) {
        file(origin, "deny", List.of("file-write-unlink"), literal(path));
        if (!policy.places().lookup().exists(path)) {
          missing(origin, regex("^" + NamePatterns.name(canonical(path)) + "$"));
        }
      }
    }
    rootsStay();
  }

  /** Keeps a directory that a command makes later: as a link, it would lead past the rule below. */
  private void missing(String origin, Sbpl.Form inAnyCase) {
    file(origin, "deny", List.of("file-write-unlink"), inAnyCase);
    Sbpl.Form link = form("vnode-type", new Sbpl.Constant("SYMLINK"));
    file(origin, "deny", List.of("file-write-create"), form("require-all", inAnyCase, link));
  }

  /** Keeps a grant from being replaced: a later command would get the replacement. */
  private void rootsStay() {
    for (EffectiveRule rule : policy.rules()) {
      if (rule.access() == Access.WRITE && !rule.path().equals("/")) {
        stays(rule.path(), "file-write-unlink", "DIRECTORY");
        stays(rule.path(), "file-write-create", "SYMLINK");
        stays(rule.path(), "file-write-create", "DIRECTORY");
      }
    }
  }

  private void stays(String path, String operation, String type) {
    file(
        "granted paths stay where they are",
        "deny",
        List.of(operation),
        form("require-all", literal(path), form("vnode-type", new Sbpl.Constant(type))));
  }

  private static void ancestors(String path, Set<String> above) {
    String at = parent(path);
    while (!at.equals("/")) {
      above.add(at);
      at = parent(at);
    }
  }

  /**
   * Returns the cache directory that belongs to a sandbox's temporary directory: beside the user's,
   * as the temporary one is, when that lies where macOS has it.
   *
   * @param policy the policy
   * @return its path; empty when the temporary directory lies elsewhere
   */
  public static Optional<String> cacheDirectory(EffectivePolicy policy) {
    return policy
        .places()
        .privateTmp()
        .map(FOLDERS::matcher)
        .filter(Matcher::matches)
        .map(tmp -> tmp.group(1) + "/C/" + tmp.group(2));
  }

  private void cache() {
    cacheDirectory(policy)
        .ifPresent(
            path -> {
              file("the sandbox's own caches", "allow", READING, subpath(path));
              file("the sandbox's own caches", "allow", WRITING, subpath(path));
            });
  }

  private void sharedMemory() {
    boolean granted =
        policy.policy().rules().stream()
            .anyMatch(rule -> rule.path().startsWith(":shm") && rule.access() == Access.WRITE);
    if (granted) {
      add(
          ":shm: write",
          form(
              "allow",
              Stream.of(
                      "ipc-posix-sem",
                      "ipc-posix-shm*",
                      "ipc-posix-shm-read*",
                      "ipc-posix-shm-read-data",
                      "ipc-posix-shm-read-metadata",
                      "ipc-posix-shm-write-create",
                      "ipc-posix-shm-write-data",
                      "ipc-posix-shm-write-unlink")
                  .map(Sbpl.Symbol::new)
                  .toList()));
    }
  }
}
