package org.ringfence.policy.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.FileRule;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.path.HomeDirectory;
import org.ringfence.policy.value.ProcessGrant;
import org.ringfence.text.json.ControlEscapes;

/** Writes policies and plans as JSON. {@link PolicyReader} reads the policies that it writes. */
public final class PolicyWriter {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(new JsonFactory().setCharacterEscapes(new ControlEscapes()))
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private PolicyWriter() {}

  /**
   * Writes a policy without {@code extends}.
   *
   * @param policy the policy
   * @return indented JSON
   */
  public static String write(SandboxPolicy policy) {
    return write(policy, "");
  }

  /**
   * Writes a policy with a description, without {@code extends}.
   *
   * @param policy the policy
   * @param description the description, empty for none
   * @return indented JSON
   */
  public static String write(SandboxPolicy policy, String description) {
    ObjectNode root = MAPPER.createObjectNode();
    if (!description.isEmpty()) {
      root.put("description", description);
    }
    root.setAll(tree(policy));
    return text(root);
  }

  private static ObjectNode tree(SandboxPolicy policy) {
    ObjectNode root = MAPPER.createObjectNode();
    ObjectNode files = root.putObject("files");
    files.put("default", Words.of(policy.fileDefault()));
    ObjectNode rules = files.putObject("rules");
    for (FileRule rule : policy.rules()) {
      ObjectNode entry = rules.putObject(rule.path());
      entry.put("access", rule.access().word());
      entry.put("missing", Words.of(rule.missing()));
    }
    strings(files.putArray("denyGlobs"), policy.denyGlobs());
    if (!policy.allowedNames().isEmpty()) {
      strings(files.putArray("allowedNames"), policy.allowedNames());
    }
    strings(files.putArray("protectedPaths"), policy.protectedPaths());
    root.put("protectedNames", Words.of(policy.protectedNames()));
    root.put("tmp", Words.of(policy.tmp()));
    ObjectNode network = root.putObject("network");
    network.put("mode", Words.of(policy.network().mode()));
    strings(network.putArray("allow"), policy.network().allow());
    strings(network.putArray("deny"), policy.network().deny());
    network.put("ownLoopback", policy.network().ownLoopback());
    ArrayNode ports = network.putArray("hostLoopbackPorts");
    policy.network().hostLoopbackPorts().forEach(ports::add);
    strings(network.putArray("unixSockets"), policy.network().unixSockets());
    strings(network.putArray("privateRanges"), policy.network().privateRanges());
    strings(network.putArray("dnsServers"), policy.network().dnsServers());
    strings(network.putArray("publish"), policy.network().publish());
    network.put("checkServerName", policy.network().checkServerName());
    ObjectNode environment = root.putObject("environment");
    environment.put("inherit", Words.of(policy.environment().inherit()));
    strings(environment.putArray("include"), policy.environment().include());
    strings(environment.putArray("exclude"), policy.environment().exclude());
    ObjectNode set = environment.putObject("set");
    policy.environment().set().forEach(set::put);
    limits(root.putObject("limits"), policy);
    ObjectNode lifetime = root.putObject("lifetime");
    lifetime.put("onRootExit", Words.of(policy.lifetime().onRootExit()));
    lifetime.put("onJvmExit", Words.of(policy.lifetime().onJvmExit()));
    if (!policy.processGrants().isEmpty()) {
      strings(
          root.putObject("process").putArray("allow"),
          policy.processGrants().stream().sorted().map(ProcessGrant::word).toList());
    }
    ObjectNode enforcement = root.putObject("enforcement");
    enforcement.put("mode", Words.of(policy.strictness().mode()));
    strings(enforcement.putArray("bestEffort"), policy.strictness().weaker());
    return root;
  }

  /**
   * Writes a policy as its difference to presets and files that it extends; as a whole, as {@link
   * #write(SandboxPolicy, String)} does, where no such difference makes it.
   *
   * @param bases the names of presets and the paths of files
   * @param base these as one policy
   * @param policy the policy
   * @param description the purpose of the policy
   * @return indented JSON
   */
  public static String writeOver(
      List<String> bases, SandboxPolicy base, SandboxPolicy policy, String description) {
    ObjectNode difference = PolicyDifference.between(tree(base), tree(policy));
    if (bases.isEmpty()
        || !PolicyReader.added(base, "difference", text(difference)).equals(policy)) {
      return write(policy, description);
    }
    ObjectNode root = MAPPER.createObjectNode();
    root.put("description", description);
    ArrayNode extended = root.putArray("extends");
    bases.forEach(name -> extended.add(Presets.names().contains(name) ? name : absolute(name)));
    root.setAll(difference);
    return text(root);
  }

  private static String absolute(String file) {
    return Path.of(file).toAbsolutePath().normalize().toString();
  }

  private static void limits(ObjectNode node, SandboxPolicy policy) {
    var limits = policy.limits();
    limits.memory().ifPresent(bytes -> node.put("memory", Quantities.size(bytes)));
    limits.processes().ifPresent(count -> node.put("processes", count));
    limits.cpuTime().ifPresent(time -> node.put("cpuTime", Quantities.duration(time)));
    limits.openFiles().ifPresent(count -> node.put("openFiles", count));
    limits.fileSize().ifPresent(bytes -> node.put("fileSize", Quantities.size(bytes)));
    limits.wallTime().ifPresent(time -> node.put("wallTime", Quantities.duration(time)));
    limits.outputBytes().ifPresent(bytes -> node.put("outputBytes", Quantities.size(bytes)));
    node.put("grace", Quantities.duration(limits.grace()));
  }

  /**
   * Writes plans: levels, mechanisms and reasons.
   *
   * @param plans the plans, the chosen one first
   * @return indented JSON
   */
  public static String writePlans(Collection<SandboxPlan> plans) {
    ArrayNode root = MAPPER.createArrayNode();
    for (SandboxPlan plan : plans) {
      ObjectNode node = root.addObject();
      node.put("backend", plan.backend());
      node.put("available", plan.availability().usable());
      node.put("acceptable", plan.acceptable());
      strings(node.putArray("reasons"), plan.availability().reasons());
      HomeDirectory home = plan.policy().places().homeDirectory();
      node.put("home", home.path().orElse(null));
      node.put("homeReason", home.reason());
      strings(node.putArray("otherHomes"), home.others());
      ArrayNode guarantees = node.putArray("guarantees");
      for (PlannedGuarantee guarantee : plan.guarantees()) {
        ObjectNode entry = guarantees.addObject();
        entry.put("id", guarantee.id());
        entry.put("statement", guarantee.statement());
        entry.put("level", guarantee.level().name());
        entry.put("mechanism", guarantee.mechanism());
        entry.put("reason", guarantee.reason());
        entry.put("remedy", guarantee.remedy());
        entry.put("verification", guarantee.verification());
        entry.put("accepted", plan.accepts(guarantee));
      }
    }
    return text(root);
  }

  private static void strings(ArrayNode array, Collection<?> values) {
    values.forEach(value -> array.add(value.toString()));
  }

  private static String text(com.fasterxml.jackson.databind.JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
