package org.ringfence.cli.imports;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.ringfence.cli.imports.Unsaid.Effect;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Reads the settings of sandbox-runtime ({@code ~/.srt-settings.json}), and those of Claude Code
 * ({@code settings.json}), whose {@code sandbox} has the same parts. Not thread-safe.
 */
final class JsonSettings {
  private static final String OWN_ADDRESSES =
      "addresses are not denied by a list; private and special ones are denied anyway";

  private static final Map<String, Unsaid> KNOWN =
      Map.ofEntries(
          known("network.strictAllowlist", Effect.NONE, "an allowlist is always strict"),
          known("network.deniedDomainReasons", Effect.NONE, "a report names the rule"),
          known("network.allowManagedDomainsOnly", Effect.NONE, "the policy has these hosts alone"),
          known("network.parentProxy", Effect.NONE, "the caller's HTTPS_PROXY names the proxy"),
          known("network.deniedResolvedAddresses", Effect.WEAKER, OWN_ADDRESSES),
          known("network.httpProxyPort", Effect.WEAKER, "connections pass no proxy of your own"),
          known("network.socksProxyPort", Effect.WEAKER, "connections pass no proxy of your own"),
          known("network.mitmProxy", Effect.WEAKER, "connections pass no proxy of your own"),
          known("network.filterRequest", Effect.WEAKER, "requests are not looked at"),
          known("network.tlsTerminate", Effect.WEAKER, "TLS is not ended on the way"),
          known(
              "network.allowMachLookup", Effect.STRICTER, "macOS services are not opened by name"),
          known("filesystem.allowGitConfig", Effect.STRICTER, "settings that name programs stay"),
          known("ignoreViolations", Effect.NONE, "it is about reports"),
          known("enableWeakerNestedSandbox", Effect.STRICTER, "nothing is weakened"),
          known("enableWeakerNetworkIsolation", Effect.STRICTER, "nothing is weakened"),
          known("allowAppleEvents", Effect.STRICTER, "Apple events are not opened"),
          known("ripgrep", Effect.NONE, "no search program is needed"),
          known("mandatoryDenySearchDepth", Effect.NONE, "protected names hold at any depth"),
          known("git", Effect.NONE, "it is about git's own check of owners"),
          known("javaAgentJarPath", Effect.NONE, "programs need no proxy settings"),
          known("windows", Effect.NONE, "it is about how Windows is set up"),
          known("seccomp", Effect.NONE, "the filter is made of the policy"),
          known("failIfUnavailable", Effect.NONE, "a sandbox that cannot be had is a refusal"),
          known("enabled", Effect.NONE, "the policy is that of an enabled sandbox"),
          known("defaultMode", Effect.NONE, "it is about the agent's questions"),
          known("disableBypassPermissionsMode", Effect.NONE, "it is about the agent's questions"),
          known("autoAllowBashIfSandboxed", Effect.NONE, "it is about the agent's questions"),
          known("allowUnsandboxedCommands", Effect.STRICTER, "each command runs inside"),
          known("excludedCommands", Effect.STRICTER, "these commands run inside, too"));

  /** The parts of Claude Code's permissions that become rules. */
  private static final Set<String> PERMISSIONS =
      Set.of("allow", "deny", "ask", "additionalDirectories");

  private final PolicyDraft draft;
  private final SettingsPaths paths;
  private FileDefault fileDefault = FileDefault.READ;

  private JsonSettings(PathContext places) {
    draft = new PolicyDraft(places);
    paths = new SettingsPaths(draft);
  }

  private static Map.Entry<String, Unsaid> known(String field, Effect effect, String why) {
    return Map.entry(field, new Unsaid(field, why, effect));
  }

  static ImportedPolicy ofSandboxRuntime(JsonNode root, PathContext places) {
    JsonSettings settings = new JsonSettings(places);
    settings.sandbox("", root);
    return settings.finish();
  }

  static ImportedPolicy ofClaudeCode(JsonNode root, PathContext places) {
    JsonNode sandbox = root.path("sandbox");
    if (!sandbox.isObject()) {
      throw new InvalidPolicyException(
          "sandbox", sandbox.toString(), "settings of Claude Code with an object \"sandbox\"");
    }
    JsonSettings settings = new JsonSettings(places);
    settings.draft.rule(":workspace", Access.WRITE);
    settings.sandbox("sandbox.", sandbox);
    settings.permissions(root.path("permissions"));
    if (root.has("env")) {
      settings.draft.unsaid("env", Effect.STRICTER, "its variables are not set");
    }
    return settings.finish();
  }

  private ImportedPolicy finish() {
    paths.finish();
    draft.network(Optional.empty());
    draft.unsaid("environment", Effect.STRICTER, "variables that look like secrets are not passed");
    return draft.imported(fileDefault);
  }

  private void sandbox(String prefix, JsonNode sandbox) {
    each(
        sandbox,
        (name, value) -> {
          switch (name) {
            case "filesystem" -> each(value, (field, list) -> file(prefix, field, list));
            case "network" -> each(value, (field, list) -> net(prefix, field, list));
            case "credentials" -> each(value, (field, list) -> credentials(prefix, field, list));
            default -> other(prefix, name);
          }
        });
  }

  private static void each(JsonNode object, BiConsumer<String, JsonNode> take) {
    for (Iterator<Map.Entry<String, JsonNode>> all = object.properties().iterator();
        all.hasNext(); ) {
      Map.Entry<String, JsonNode> each = all.next();
      take.accept(each.getKey(), each.getValue());
    }
  }

  private void other(String prefix, String name) {
    Unsaid known = KNOWN.get(name);
    if (known == null) {
      draft.unsaid(prefix + name, Effect.WEAKER, "Ringfence does not know this setting");
    } else {
      draft.unsaid(prefix + name, known.effect(), known.why());
    }
  }

  private void file(String prefix, String field, JsonNode value) {
    String name = prefix + "filesystem." + field;
    switch (field) {
      case "allowWrite" -> list(name, value, path -> paths.allowWrite(name, slashes(name, path)));
      case "denyWrite" -> list(name, value, path -> paths.denyWrite(name, slashes(name, path)));
      case "allowRead" -> list(name, value, path -> paths.allowRead(name, slashes(name, path)));
      case "denyRead" -> list(name, value, path -> paths.denyRead(name, slashes(name, path)));
      case "disabled" -> {
        if (value.asBoolean()) {
          fileDefault = FileDefault.WRITE;
        }
      }
      default -> other(prefix, "filesystem." + field);
    }
  }

  /** Claude Code writes absolute paths with two slashes; its versions differ about one. */
  private String slashes(String field, String path) {
    if (path.startsWith("//")) {
      return path.substring(1);
    }
    if (field.startsWith("sandbox.") && path.startsWith("/")) {
      draft.unsaid(
          field,
          Effect.WEAKER,
          "'"
              + path
              + "' is read as an absolute path, and below the settings by some versions of Claude"
              + " Code; write '/"
              + path
              + "' or '."
              + path
              + "'");
    }
    return path;
  }

  private void net(String prefix, String field, JsonNode value) {
    String name = prefix + "network." + field;
    switch (field) {
      case "allowedDomains" -> list(name, value, host -> draft.allowHost(name, host));
      case "deniedDomains" -> list(name, value, host -> draft.denyHost(name, host));
      case "allowUnixSockets" -> list(name, value, path -> draft.unixSocket(name, path));
      case "allowAllUnixSockets" -> {
        if (value.asBoolean()) {
          draft.unsaid(name, Effect.STRICTER, "each unix socket is allowed by its path");
        }
      }
      case "allowLocalBinding" -> draft.policy.ownLoopback(value.asBoolean());
      default -> other(prefix, "network." + field);
    }
  }

  private void credentials(String prefix, String field, JsonNode value) {
    String name = prefix + "credentials." + field;
    boolean files = field.equals("files");
    if (!files && !field.equals("envVars")) {
      other(prefix, "credentials." + field);
      return;
    }
    for (JsonNode each : value) {
      String target =
          each.isTextual() ? each.asText() : each.path(files ? "path" : "name").asText();
      if (target.isEmpty()) {
        throw new InvalidPolicyException(name, each.toString(), "a text, or an object with a name");
      }
      if (files) {
        paths.denyRead(name, target);
      } else {
        draft.policy.excludeVariables(List.of(target));
      }
      if (each.path("mode").asText().equals("mask")) {
        draft.unsaid(name, Effect.STRICTER, target + " is hidden, not replaced on the way");
      }
    }
  }

  /** Reads the permission rules that Claude Code applies to commands, too. */
  private void permissions(JsonNode permissions) {
    for (String list : new String[] {"allow", "deny", "ask"}) {
      String name = "permissions." + list;
      list(name, permissions.path(list), rule -> permission(name, rule, list));
    }
    String more = "permissions.additionalDirectories";
    list(
        more,
        permissions.path("additionalDirectories"),
        path -> paths.allowWrite(more, path.startsWith("//") ? path.substring(1) : path));
    each(
        permissions,
        (name, value) -> {
          if (!PERMISSIONS.contains(name)) {
            other("permissions.", name);
          }
        });
  }

  private void permission(String name, String rule, String list) {
    int open = rule.indexOf('(');
    String tool = open < 0 ? rule : rule.substring(0, open);
    String about =
        open < 0 || !rule.endsWith(")") ? "" : rule.substring(open + 1, rule.length() - 1);
    boolean allow = list.equals("allow");
    if (list.equals("ask") || about.isEmpty()) {
      draft.unsaid(name, Effect.NONE, "'" + rule + "' is about the agent's questions");
    } else if (tool.equals("WebFetch") && about.startsWith("domain:")) {
      String host = about.substring("domain:".length());
      if (allow) {
        draft.allowHost(name, host);
      } else {
        draft.denyHost(name, host);
      }
    } else if (tool.equals("Edit") || tool.equals("Write")) {
      String path = rooted(about);
      if (allow) {
        paths.allowWrite(name, path);
      } else {
        paths.denyWrite(name, path);
      }
    } else if (tool.equals("Read")) {
      String path = rooted(about);
      if (allow) {
        paths.allowRead(name, path);
      } else {
        paths.denyRead(name, path);
      }
    } else {
      draft.unsaid(name, Effect.NONE, "'" + rule + "' is about the agent's tools");
    }
  }

  /** In permission rules one slash begins a path in the project, and two an absolute one. */
  private static String rooted(String path) {
    return path.startsWith("//") ? path.substring(1) : path.startsWith("/") ? "." + path : path;
  }

  private static void list(String name, JsonNode value, Consumer<String> take) {
    if (value.isMissingNode() || value.isNull()) {
      return;
    }
    if (!value.isArray()) {
      throw new InvalidPolicyException(name, value.toString(), "a list of texts");
    }
    for (JsonNode each : value) {
      if (!each.isTextual()) {
        throw new InvalidPolicyException(name, each.toString(), "a text");
      }
      take.accept(each.asText());
    }
  }
}
