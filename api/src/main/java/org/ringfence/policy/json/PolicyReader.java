package org.ringfence.policy.json;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.ringfence.policy.Access;
import org.ringfence.policy.EnvironmentPolicy;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.value.InvalidPolicyException;
import org.ringfence.policy.value.ProcessGrant;

/**
 * Reads policies from JSON. Errors (unknown keys, wrong types, contradictions) name file, line,
 * field, value and the nearest valid form.
 */
public final class PolicyReader {
  /** The largest accepted policy file, in bytes. */
  public static final long LARGEST_FILE = 8L << 20;

  private static final String INLINE = "policy on the command line";

  private static final int DEEPEST_EXTENDS = 10;

  private final PolicyBuilder builder;
  private final List<String> chain;
  private final String source;
  private final Path directory;
  private final List<InvalidPolicyException> problems = new ArrayList<>();

  private PolicyReader(PolicyBuilder builder, List<String> chain, String source, Path directory) {
    this.builder = builder;
    this.chain = chain;
    this.source = source;
    this.directory = directory;
  }

  /**
   * Reads a policy from a file. Looks for files that it extends next to it.
   *
   * @param file the file
   * @return the policy
   * @throws IOException if the file cannot be read
   * @throws InvalidPolicyException if it is not a policy
   */
  public static SandboxPolicy read(Path file) throws IOException {
    PolicyBuilder builder = SandboxPolicy.builder();
    String name = file.toAbsolutePath().normalize().toString();
    new PolicyReader(builder, List.of(name), file.toString(), file.toAbsolutePath().getParent())
        .apply(textOf(file));
    try {
      protectItself(builder, file);
      return builder.build();
    } catch (InvalidPolicyException e) {
      throw MistakePlaces.placed(e, List.of(file.toString()));
    }
  }

  /**
   * Reads a policy from text. It may extend presets, but no files.
   *
   * @param source the name of the text in errors
   * @param text the JSON
   * @return the policy
   * @throws InvalidPolicyException if it is not a policy
   */
  public static SandboxPolicy parse(String source, String text) {
    PolicyBuilder builder = SandboxPolicy.builder();
    new PolicyReader(builder, List.of(source), source, null).apply(text);
    return builder.build();
  }

  /** Adds a text to a policy; the text overrides. */
  static SandboxPolicy added(SandboxPolicy policy, String source, String text) {
    PolicyBuilder builder = policy.toBuilder();
    new PolicyReader(builder, List.of(source), source, null).apply(text);
    return builder.build();
  }

  /**
   * Reads a preset by its name, a file by its path, or a policy as JSON text.
   *
   * @param nameOrPath a preset's name, a path with a slash or the ending {@code .json}, or JSON
   *     that begins with a brace
   * @return the policy
   * @throws IOException if the file cannot be read
   * @throws InvalidPolicyException if there is no such preset, or the file is not a policy
   */
  public static SandboxPolicy presetOrFile(String nameOrPath) throws IOException {
    return isText(nameOrPath)
        ? parse(INLINE, nameOrPath)
        : isPath(nameOrPath) ? read(Path.of(nameOrPath)) : Presets.load(nameOrPath);
  }

  /**
   * Reads several presets and files, each adding to those before it, as {@code extends} does.
   *
   * @param namesAndPaths presets' names, files' paths, and JSON
   * @return the policy
   * @throws InvalidPolicyException if there is no such preset, or a file is not a policy
   */
  public static SandboxPolicy combined(List<String> namesAndPaths) {
    return combined(namesAndPaths, Map.of());
  }

  /**
   * Reads several presets, files and texts, each adding to those before it.
   *
   * @param namesAndPaths presets' names, files' paths, and names of texts
   * @param texts the JSON texts by their names; a text may extend presets, but no files
   * @return the policy
   * @throws InvalidPolicyException if there is no such preset, or a file or text is not a policy
   */
  public static SandboxPolicy combined(List<String> namesAndPaths, Map<String, String> texts) {
    PolicyBuilder builder = SandboxPolicy.builder();
    PolicyReader reader =
        new PolicyReader(
            builder, List.of("the command line"), "the command line", Path.of("").toAbsolutePath());
    for (String name : namesAndPaths) {
      if (texts.containsKey(name)) {
        new PolicyReader(builder, List.of(name), name, null).apply(texts.get(name));
      } else if (isText(name)) {
        new PolicyReader(builder, List.of(INLINE), INLINE, null).apply(name);
      } else {
        reader.at("policy", new LocatedNode(name, 1), reader::extend);
      }
    }
    try {
      return builder.build();
    } catch (InvalidPolicyException e) {
      throw MistakePlaces.placed(e, namesAndPaths);
    }
  }

  /**
   * Protects the policy file: a command that could change its policy would have none the next time.
   * A policy that grants writing everywhere asks for no protection.
   */
  private static void protectItself(PolicyBuilder builder, Path file) {
    if (builder.build().fileDefault() != FileDefault.WRITE) {
      builder.protectedPath(file.toAbsolutePath().normalize().toString());
    }
  }

  /**
   * Returns whether a name is a file's path.
   *
   * @param name a preset's name or a file's path
   * @return true if it is a path
   */
  public static boolean isPath(String name) {
    return !isText(name) && isPathLike(name);
  }

  /**
   * Returns whether a name is JSON text.
   *
   * @param name a preset's name, a file's path, or JSON
   * @return true if it is JSON
   */
  public static boolean isText(String name) {
    return name.startsWith("{");
  }

  private static boolean isPathLike(String name) {
    return name.endsWith(".json")
        || name.endsWith(".jsonc")
        || name.indexOf('/') >= 0
        || name.indexOf('\\') >= 0;
  }

  static String textOf(Path file) throws IOException {
    // A pipe from a shell or a caller lies below these; elsewhere a command may have created it.
    Path absolute = file.toAbsolutePath().normalize();
    if (Files.exists(file)
        && !Files.isRegularFile(file)
        && !absolute.startsWith("/dev/fd")
        && !absolute.equals(Path.of("/dev/stdin"))
        && !absolute.startsWith("/proc")) {
      throw new InvalidPolicyException("policy", file.toString(), "a regular file");
    }
    if (Files.size(file) > LARGEST_FILE) {
      throw new InvalidPolicyException(
              "policy", Files.size(file) + " bytes", "a file of at most 8 MiB")
          .at(file.toString(), 1);
    }
    return Files.readString(file);
  }

  private void apply(String text) {
    LocatedNode root = LocatedNode.parse(source, text);
    Map<String, Consumer<LocatedNode>> fields = new LinkedHashMap<>();
    fields.put("$schema", this::string);
    fields.put("name", this::string);
    fields.put("description", this::string);
    fields.put(
        "extends", node -> each(node, item -> collecting(() -> at("extends", item, this::extend))));
    fields.put("files", this::files);
    fields.put("protectedNames", node -> builder.protectedNames(word(node, ProtectedNames.class)));
    fields.put("tmp", node -> builder.tmp(word(node, TmpPolicy.class)));
    fields.put("network", this::network);
    fields.put("environment", this::environment);
    fields.put("limits", this::limits);
    fields.put("lifetime", this::lifetime);
    fields.put("process", this::process);
    fields.put("enforcement", this::enforcement);
    Map<String, LocatedNode> given = object("policy", root);
    LocatedNode extended = given.get("extends");
    if (extended != null) {
      // Extended policies come first and are overridden, whatever the place of the field in the
      // file.
      collecting(() -> at("extends", extended, fields.get("extends")));
      fields.put("extends", node -> {});
    }
    builder.layer();
    fields("", root, fields);
    if (!problems.isEmpty()) {
      throw InvalidPolicyException.all(problems);
    }
  }

  private void extend(LocatedNode node) {
    String name = string(node);
    if (chain.size() >= DEEPEST_EXTENDS) {
      throw new InvalidPolicyException(
          "extends", name, "at most " + DEEPEST_EXTENDS + " levels of policies");
    }
    List<String> longer = new ArrayList<>(chain);
    if (!isPath(name)) {
      longer.add("preset " + name);
      checkCycle(name, longer);
      new PolicyReader(builder, longer, "preset " + name, null).apply(Presets.text(name));
      return;
    }
    if (directory == null) {
      throw new InvalidPolicyException("extends", name, "a preset's name; a text has no directory");
    }
    Path file = directory.resolve(name).normalize();
    longer.add(file.toString());
    checkCycle(name, longer);
    try {
      new PolicyReader(builder, longer, file.toString(), file.getParent()).apply(textOf(file));
      protectItself(builder, file);
    } catch (IOException e) {
      throw new InvalidPolicyException("extends", name, "a policy file that can be read", e);
    }
  }

  private void checkCycle(String name, List<String> longer) {
    if (longer.stream().distinct().count() < longer.size()) {
      throw new InvalidPolicyException("extends", name, "a policy that is not extended already");
    }
  }

  private void files(LocatedNode node) {
    Map<String, Consumer<LocatedNode>> fields = new LinkedHashMap<>();
    fields.put("default", value -> builder.fileDefault(word(value, FileDefault.class)));
    fields.put("rules", this::rules);
    fields.put("denyGlobs", value -> builder.denyGlobs(strings(value)));
    fields.put(
        "allowedNames",
        value -> builder.files(part -> part.allowNames(strings(value).toArray(String[]::new))));
    fields.put("protectedPaths", value -> strings(value).forEach(builder::protectedPath));
    fields("files.", node, fields);
  }

  private void rules(LocatedNode node) {
    object("files.rules", node)
        .forEach(
            (path, value) ->
                collecting(() -> at("files.rules." + path, value, rule -> rule(path, rule))));
  }

  private void rule(String path, LocatedNode node) {
    if (!(node.value() instanceof Map<?, ?>)) {
      Access access = word(node, Access.class);
      builder.rule(path, access, access == Access.NONE ? MissingPath.SKIP : MissingPath.REJECT);
      return;
    }
    Access[] access = new Access[1];
    MissingPath[] missing = {MissingPath.REJECT};
    Map<String, Consumer<LocatedNode>> fields = new LinkedHashMap<>();
    fields.put("access", value -> access[0] = word(value, Access.class));
    fields.put("missing", value -> missing[0] = word(value, MissingPath.class));
    int before = problems.size();
    fields("files.rules." + path + ".", node, fields);
    if (problems.size() > before) {
      return;
    }
    if (access[0] == null) {
      throw new InvalidPolicyException("files.rules." + path, "{}", "{\"access\": \"read\"}");
    }
    builder.rule(path, access[0], missing[0]);
  }

  private void network(LocatedNode node) {
    Map<String, Consumer<LocatedNode>> fields = new LinkedHashMap<>();
    fields.put("mode", value -> builder.network(word(value, NetworkMode.class)));
    fields.put("allow", value -> each(value, host -> builder.allowHost(string(host))));
    fields.put("deny", value -> each(value, host -> builder.denyHost(string(host))));
    fields.put("ownLoopback", value -> builder.ownLoopback(bool(value)));
    fields.put(
        "hostLoopbackPorts",
        value ->
            each(value, port -> builder.hostLoopbackPort((int) Math.min(number(port), 1 << 20))));
    fields.put("unixSockets", value -> each(value, path -> builder.unixSocket(string(path))));
    fields.put("privateRanges", value -> strings(value).forEach(builder::privateRange));
    fields.put("dnsServers", value -> strings(value).forEach(builder::dnsServer));
    fields.put("checkServerName", value -> builder.checkServerName(bool(value)));
    fields.put("publish", value -> strings(value).forEach(builder::publish));
    fields("network.", node, fields);
  }

  private void environment(LocatedNode node) {
    Map<String, Consumer<LocatedNode>> fields = new LinkedHashMap<>();
    fields.put("inherit", value -> builder.inherit(word(value, EnvironmentPolicy.Inherit.class)));
    fields.put("include", value -> builder.includeVariables(strings(value)));
    fields.put("exclude", value -> builder.excludeVariables(strings(value)));
    fields.put(
        "set",
        value ->
            object("environment.set", value)
                .forEach(
                    (name, text) ->
                        at(
                            "environment.set." + name,
                            text,
                            item -> builder.variable(variableName(name), string(item)))));
    fields("environment.", node, fields);
  }

  private static String variableName(String name) {
    if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
      throw new InvalidPolicyException("environment.set", name, "a name without '=' and NUL");
    }
    return name;
  }

  private void limits(LocatedNode node) {
    Map<String, Consumer<LocatedNode>> fields = new LinkedHashMap<>();
    fields.put("memory", value -> builder.memory(size("limits.memory", value)));
    fields.put("processes", value -> builder.processes(number(value)));
    fields.put("cpuTime", value -> builder.cpuTime(duration("limits.cpuTime", value)));
    fields.put("openFiles", value -> builder.openFiles(number(value)));
    fields.put("fileSize", value -> builder.fileSize(size("limits.fileSize", value)));
    fields.put("wallTime", value -> builder.wallTime(duration("limits.wallTime", value)));
    fields.put("outputBytes", value -> builder.outputBytes(size("limits.outputBytes", value)));
    fields.put("grace", value -> builder.grace(duration("limits.grace", value)));
    fields("limits.", node, fields);
  }

  private void lifetime(LocatedNode node) {
    Map<String, Consumer<LocatedNode>> fields = new LinkedHashMap<>();
    fields.put("onRootExit", value -> builder.onRootExit(word(value, Lifetime.Leftovers.class)));
    fields.put("onJvmExit", value -> builder.onJvmExit(word(value, Lifetime.Leftovers.class)));
    fields("lifetime.", node, fields);
  }

  private void process(LocatedNode node) {
    Map<String, Consumer<LocatedNode>> fields = new LinkedHashMap<>();
    fields.put(
        "allow", value -> each(value, item -> builder.allow(word(item, ProcessGrant.class))));
    fields("process.", node, fields);
  }

  private void enforcement(LocatedNode node) {
    Map<String, Consumer<LocatedNode>> fields = new LinkedHashMap<>();
    fields.put("mode", value -> builder.strictness(word(value, Strictness.Mode.class)));
    fields.put("bestEffort", value -> each(value, name -> weaker(name)));
    fields("enforcement.", node, fields);
  }

  private void weaker(LocatedNode node) {
    String name = string(node);
    try {
      builder.acceptWeaker(Guarantee.named(name));
    } catch (InvalidPolicyException e) {
      throw e.ofField("enforcement.bestEffort").at(source, node.line());
    }
  }

  private void fields(String prefix, LocatedNode node, Map<String, Consumer<LocatedNode>> known) {
    object(prefix.isEmpty() ? "policy" : prefix.substring(0, prefix.length() - 1), node)
        .forEach(
            (name, value) -> {
              Consumer<LocatedNode> field = known.get(name);
              if (field == null) {
                problems.add(
                    InvalidPolicyException.unknown(
                            prefix + name, "unknown key", name, known.keySet())
                        .at(source, value.line()));
              } else {
                collecting(() -> at(prefix + name, value, field));
              }
            });
  }

  /** Collects a mistake, so that it does not hide later ones. */
  private void collecting(Runnable reading) {
    try {
      reading.run();
    } catch (InvalidPolicyException e) {
      problems.add(e);
    }
  }

  /** Runs a reader of one field so that its exception names the place. */
  private void at(String field, LocatedNode node, Consumer<LocatedNode> reader) {
    try {
      reader.accept(node);
    } catch (WrongTypeException e) {
      InvalidPolicyException mistake =
          e.known.isEmpty()
              ? new InvalidPolicyException(field, e.node.shown(), e.expected, e)
              : InvalidPolicyException.unknown(field, e.node.shown(), e.node.shown(), e.known);
      throw mistake.at(source, e.node.line());
    } catch (InvalidPolicyException e) {
      if (e.getMessage().startsWith(e.field() + ": ")) {
        throw e.at(source, node.line());
      }
      throw e;
    }
  }

  private static final class WrongTypeException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient LocatedNode node;
    private final String expected;
    private final transient List<String> known;

    private WrongTypeException(LocatedNode node, String expected) {
      this(node, expected, List.of());
    }

    private WrongTypeException(LocatedNode node, String expected, List<String> known) {
      this.node = node;
      this.expected = expected;
      this.known = known;
    }
  }

  @SuppressWarnings("unchecked") // LocatedNode holds only the types that its documentation lists.
  private Map<String, LocatedNode> object(String field, LocatedNode node) {
    if (node.value() instanceof Map<?, ?> map) {
      return (Map<String, LocatedNode>) map;
    }
    throw new InvalidPolicyException(field, node.shown(), "an object, {…}").at(source, node.line());
  }

  private void each(LocatedNode node, Consumer<LocatedNode> item) {
    if (!(node.value() instanceof List<?> list)) {
      throw new WrongTypeException(node, "a list, […]");
    }
    for (Object element : list) {
      item.accept((LocatedNode) element);
    }
  }

  private List<String> strings(LocatedNode node) {
    List<String> result = new ArrayList<>();
    each(node, item -> result.add(string(item)));
    return result;
  }

  private String string(LocatedNode node) {
    return typed(node, String.class, "a string", same -> same);
  }

  private boolean bool(LocatedNode node) {
    return typed(node, Boolean.class, "true or false", same -> same);
  }

  private long number(LocatedNode node) {
    return typed(node, Long.class, "a whole number", same -> same);
  }

  private static <T, R> R typed(
      LocatedNode node, Class<T> type, String expected, Function<T, R> convert) {
    if (!type.isInstance(node.value())) {
      throw new WrongTypeException(node, expected);
    }
    return convert.apply(type.cast(node.value()));
  }

  private static long size(String field, LocatedNode node) {
    return node.value() instanceof Long bytes ? bytes : Quantities.size(field, quantity(node));
  }

  private static Duration duration(String field, LocatedNode node) {
    return Quantities.duration(field, quantity(node));
  }

  /** Returns a number as text, too: the reader of quantities names the nearest valid form. */
  private static String quantity(LocatedNode node) {
    return node.value() instanceof Number number
        ? number.toString()
        : typed(node, String.class, "a number with its unit, in quotes", same -> same);
  }

  private <E extends Enum<E>> E word(LocatedNode node, Class<E> type) {
    String word = string(node);
    List<String> known = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      String spelled = Words.of(constant);
      if (spelled.equals(word)) {
        return constant;
      }
      known.add(spelled);
    }
    throw new WrongTypeException(node, "", known);
  }
}
