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
import org.ringfence.event.json.ControlEscapes;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.FileRule;
import org.ringfence.policy.HomeDirectory;
import org.ringfence.policy.SandboxPolicy;

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
    ObjectNode files = root.putObject("files");
    files.put("default", Words.of(policy.fileDefault()));
    ObjectNode rules = files.putObject("rules");
    for (FileRule rule : policy.rules()) {
      ObjectNode entry = rules.putObject(rule.path());
      entry.put("access", rule.access().word());
      entry.put("missing", Words.of(rule.missing()));
    }
    strings(files.putArray("denyGlobs"), policy.denyGlobs());
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
    ObjectNode enforcement = root.putObject("enforcement");
    enforcement.put("mode", Words.of(policy.strictness().mode()));
    strings(enforcement.putArray("bestEffort"), policy.strictness().weaker());
    return text(root);
  }

  /**
   * Writes the grants of a policy beyond those that it extends: rules, hosts, ports and sockets.
   *
   * @param bases the names of presets and the paths of files that the others come from
   * @param base the others as one policy
   * @param policy the policy, made from that one by further rules, hosts, ports and sockets
   * @param description the purpose of the policy
   * @return indented JSON
   */
  public static String writeOver(
      List<String> bases, SandboxPolicy base, SandboxPolicy policy, String description) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("description", description);
    ArrayNode extended = root.putArray("extends");
    bases.forEach(name -> extended.add(Presets.names().contains(name) ? name : absolute(name)));
    ObjectNode rules = root.putObject("files").putObject("rules");
    for (FileRule rule : policy.rules()) {
      if (!base.rules().contains(rule)) {
        ObjectNode entry = rules.putObject(rule.path());
        entry.put("access", rule.access().word());
        entry.put("missing", Words.of(rule.missing()));
      }
    }
    var before = base.network();
    var after = policy.network();
    ObjectNode network = MAPPER.createObjectNode();
    more(network, "allow", before.allow(), after.allow());
    more(network, "unixSockets", before.unixSockets(), after.unixSockets());
    ArrayNode ports = MAPPER.createArrayNode();
    after.hostLoopbackPorts().stream()
        .filter(port -> !before.hostLoopbackPorts().contains(port))
        .forEach(ports::add);
    if (!ports.isEmpty()) {
      network.set("hostLoopbackPorts", ports);
    }
    if (!network.isEmpty()) {
      root.set("network", network);
    }
    return text(root);
  }

  private static String absolute(String file) {
    return Path.of(file).toAbsolutePath().normalize().toString();
  }

  private static void more(
      ObjectNode node, String name, Collection<?> before, Collection<?> after) {
    List<?> added = after.stream().filter(each -> !before.contains(each)).toList();
    if (!added.isEmpty()) {
      strings(node.putArray(name), added);
    }
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
