package org.ringfence.cli.imports;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.cli.imports.Unsaid.Effect;
import org.ringfence.policy.Access;
import org.ringfence.policy.EnvironmentPolicy.Inherit;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Reads the sandbox of a configuration of the Codex command line ({@code config.toml}): a profile
 * of permissions, or a sandbox mode. Not thread-safe.
 */
final class CodexConfig {
  private static final String TMP = "/tmp";

  private final JsonNode root;
  private final PolicyDraft draft;
  private FileDefault fileDefault = FileDefault.READ;
  private Optional<NetworkMode> network = Optional.of(NetworkMode.NONE);

  private CodexConfig(JsonNode root, PathContext places) {
    this.root = root;
    this.draft = new PolicyDraft(places);
  }

  /**
   * Reads a configuration.
   *
   * @param root its tree
   * @param profile the profile's name; empty for the configuration's default
   * @param places this machine
   */
  static ImportedPolicy read(JsonNode root, Optional<String> profile, PathContext places) {
    return new CodexConfig(root, places).read(profile);
  }

  private ImportedPolicy read(Optional<String> profile) {
    Optional<String> mode = text(root, "sandbox_mode");
    Optional<String> usual = text(root, "default_permissions");
    // The older setting wins where a file has both.
    Optional<String> chosen = profile.isPresent() || mode.isPresent() ? profile : usual;
    if (chosen.isPresent()) {
      profile(chosen.get());
      mode.ifPresent(unused -> unused("sandbox_mode", "the profile was chosen"));
    } else {
      mode(mode.orElse("read-only"));
      usual.ifPresent(unused -> unused("default_permissions", "sandbox_mode wins"));
    }
    if (root.has("approval_policy")) {
      draft.unsaid("approval_policy", Effect.NONE, "it is about the agent's questions");
    }
    environment(root.path("shell_environment_policy"));
    draft.network(network);
    return draft.imported(fileDefault);
  }

  private void unused(String field, String why) {
    draft.unsaid(field, Effect.NONE, "it is not used: " + why);
  }

  private void mode(String mode) {
    switch (mode) {
      case "read-only" -> {}
      case "workspace-write" -> workspace(root.path("sandbox_workspace_write"));
      case "danger-full-access" -> everything();
      default ->
          throw new InvalidPolicyException(
              "sandbox_mode", mode, "read-only, workspace-write or danger-full-access");
    }
  }

  private void everything() {
    fileDefault = FileDefault.WRITE;
    network = Optional.of(NetworkMode.FULL);
  }

  private void workspace(JsonNode settings) {
    draft.rule(":workspace", Access.WRITE);
    if (!settings.path("exclude_slash_tmp").asBoolean()
        || !settings.path("exclude_tmpdir_env_var").asBoolean()) {
      temporary("sandbox_workspace_write");
    }
    for (JsonNode path : settings.path("writable_roots")) {
      draft.rule(PolicyDraft.path(path.asText()), Access.WRITE);
    }
    if (settings.path("network_access").asBoolean()) {
      network = Optional.of(NetworkMode.FULL);
    }
  }

  private void temporary(String field) {
    draft.unsaid(field, Effect.STRICTER, "temporary files lie in a directory of the sandbox's own");
  }

  private void profile(String name) {
    List<String> chain = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String next = name; next != null; ) {
      if (!seen.add(next)) {
        throw new InvalidPolicyException(
            "permissions." + next, "extends", "profiles without a circle");
      }
      chain.add(0, next);
      next = next.startsWith(":") ? null : text(permissions(next), "extends").orElse(null);
    }
    for (String each : chain) {
      switch (each) {
        case ":read-only" -> {}
        case ":workspace" -> {
          draft.rule(":workspace", Access.WRITE);
          temporary(each);
        }
        case ":danger-full-access" -> everything();
        default -> apply("permissions." + each, permissions(each), chain.get(0).equals(each));
      }
    }
  }

  private JsonNode permissions(String name) {
    JsonNode profile = root.path("permissions").path(name);
    if (!profile.isObject()) {
      throw new InvalidPolicyException(
          "permissions",
          name,
          "a profile of the file, :read-only, :workspace or :danger-full-access");
    }
    return profile;
  }

  private void apply(String field, JsonNode profile, boolean first) {
    if (first) {
      // Without a parent nothing is readable that no entry grants.
      fileDefault = FileDefault.MINIMAL;
      JsonNode files = profile.path("filesystem");
      if (files.path(":minimal").isMissingNode() && !files.path(":root").asText().equals("read")) {
        draft.unsaid(
            field, Effect.WEAKER, "files that a process needs to start are readable all the same");
      }
    }
    for (Map.Entry<String, JsonNode> each : profile.properties()) {
      switch (each.getKey()) {
        case "description", "extends" -> {}
        case "filesystem" -> files(field + ".filesystem", each.getValue());
        case "network" -> network(field + ".network", each.getValue());
        case "workspace_roots" ->
            each.getValue()
                .properties()
                .forEach(
                    root -> {
                      if (root.getValue().asBoolean()) {
                        draft.rule(PolicyDraft.path(root.getKey()), Access.WRITE);
                      }
                    });
        default ->
            draft.unsaid(
                field + "." + each.getKey(), Effect.WEAKER, "Ringfence does not know this setting");
      }
    }
  }

  private void files(String field, JsonNode entries) {
    for (Map.Entry<String, JsonNode> each : entries.properties()) {
      if (each.getKey().equals("glob_scan_max_depth")) {
        draft.unsaid(field, Effect.STRICTER, "deny globs hold at any depth");
      } else if (each.getValue().isObject()) {
        // A table of paths below a special one.
        for (Map.Entry<String, JsonNode> below : each.getValue().properties()) {
          String rest = below.getKey().equals(".") ? "" : "/" + below.getKey();
          entry(field, each.getKey() + rest, below.getValue().asText());
        }
      } else {
        entry(field, each.getKey(), each.getValue().asText());
      }
    }
  }

  private void entry(String field, String path, String word) {
    Access access =
        switch (word) {
          case "read" -> Access.READ;
          case "write" -> Access.WRITE;
          case "deny", "none" -> Access.NONE;
          default -> throw new InvalidPolicyException(field, word, "read, write or none");
        };
    String plain = path.endsWith("/**") ? path.substring(0, path.length() - 3) : path;
    plain = plain.replaceFirst("^:(workspace_roots|project_roots)(?=/|$)", ":workspace");
    if (plain.equals(":root")) {
      fileDefault =
          access == Access.WRITE
              ? FileDefault.WRITE
              : access == Access.READ ? FileDefault.READ : FileDefault.MINIMAL;
    } else if (plain.equals(":minimal")) {
      return;
    } else if (plain.equals(":tmpdir") || plain.equals(":slash_tmp") || plain.equals(TMP)) {
      if (access == Access.WRITE) {
        temporary(field);
      } else {
        draft.unsaid(field, Effect.WEAKER, path + " is a private writable directory");
      }
    } else if (PolicyDraft.isGlob(plain)) {
      if (access == Access.NONE) {
        draft.glob(field, plain, true);
      } else {
        draft.unsaid(
            field, Effect.STRICTER, "'" + path + "' is not granted: no rule grants by a glob");
      }
    } else if (plain.startsWith(":") && !plain.startsWith(":workspace")) {
      draft.unsaid(field, Effect.WEAKER, "Ringfence does not know " + path);
    } else {
      draft.rule(PolicyDraft.path(plain), access);
    }
  }

  private void network(String field, JsonNode settings) {
    if (settings.has("enabled") && !settings.path("enabled").asBoolean()) {
      network = Optional.of(NetworkMode.NONE);
      return;
    }
    for (Map.Entry<String, JsonNode> each : settings.properties()) {
      String name = field + "." + each.getKey();
      switch (each.getKey()) {
        case "enabled" -> network = Optional.of(NetworkMode.FULL);
        case "allow_local_binding" -> draft.policy.ownLoopback(each.getValue().asBoolean());
        case "domains" -> {
          network = Optional.empty();
          each.getValue().properties().forEach(host -> host(name, host));
        }
        case "unix_sockets" ->
            each.getValue()
                .properties()
                .forEach(
                    socket -> {
                      if (socket.getValue().asText().equals("allow")) {
                        draft.unixSocket(name, socket.getKey());
                      }
                    });
        case "mode" -> {
          if (!each.getValue().asText().equals("full")) {
            draft.unsaid(name, Effect.WEAKER, "methods of requests are not looked at");
          }
        }
        case "mitm" -> draft.unsaid(name, Effect.WEAKER, "TLS is not ended on the way");
        case "proxy_url",
            "socks_url",
            "enable_socks5",
            "enable_socks5_udp",
            "allow_upstream_proxy",
            "dangerously_allow_non_loopback_proxy" ->
            draft.unsaid(name, Effect.NONE, "programs need no proxy settings");
        case "dangerously_allow_all_unix_sockets" ->
            draft.unsaid(name, Effect.STRICTER, "each unix socket is allowed by its path");
        default -> draft.unsaid(name, Effect.WEAKER, "Ringfence does not know this setting");
      }
    }
    if (settings.has("domains")) {
      network = Optional.empty();
    }
  }

  private void host(String field, Map.Entry<String, JsonNode> host) {
    String pattern = host.getKey();
    boolean allow = host.getValue().asText().equals("allow");
    if (pattern.startsWith("**.")) {
      // The name itself, and every name below it.
      String name = pattern.substring(3);
      host(field, name, allow);
      host(field, "*." + name, allow);
    } else {
      host(field, pattern, allow);
    }
  }

  private void host(String field, String pattern, boolean allow) {
    if (allow) {
      draft.allowHost(field, pattern);
    } else {
      draft.denyHost(field, pattern);
    }
  }

  private void environment(JsonNode settings) {
    boolean secrets = settings.path("ignore_default_excludes").asBoolean(true);
    if (secrets) {
      draft.unsaid(
          "shell_environment_policy",
          Effect.STRICTER,
          "variables that look like secrets are not passed");
    }
    text(settings, "inherit")
        .ifPresent(
            word ->
                draft.policy.inherit(
                    switch (word) {
                      case "all" -> Inherit.ALL;
                      case "core" -> Inherit.CORE;
                      case "none" -> Inherit.NONE;
                      default ->
                          throw new InvalidPolicyException(
                              "shell_environment_policy.inherit", word, "all, core or none");
                    }));
    settings
        .path("set")
        .properties()
        .forEach(each -> draft.policy.variable(each.getKey(), each.getValue().asText()));
    settings.path("exclude").forEach(name -> draft.policy.excludeVariables(List.of(name.asText())));
    if (settings.has("include_only")) {
      List<String> names = new ArrayList<>();
      settings.path("include_only").forEach(name -> names.add(name.asText()));
      draft.policy.inherit(Inherit.NONE).includeVariables(names);
    }
  }

  private static Optional<String> text(JsonNode node, String field) {
    return node.path(field).isTextual() ? Optional.of(node.path(field).asText()) : Optional.empty();
  }
}
