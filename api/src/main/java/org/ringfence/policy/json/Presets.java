package org.ringfence.policy.json;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The policies that come with Ringfence: {@code read-only}, {@code workspace-write}, {@code
 * danger-full-access}, {@code no-credentials}, and the toolchain presets that a policy adds with
 * {@code extends}.
 */
public final class Presets {
  private static final List<String> TOOLCHAINS =
      List.of("jvm", "maven", "gradle", "npm", "pnpm", "yarn", "python", "cargo", "go");

  private static final List<String> PRIVATE =
      List.of(
          "maven-private",
          "gradle-private",
          "npm-private",
          "npm-own",
          "yarn-own",
          "python-private",
          "go-private",
          "go-own");

  private static final List<String> NAMES =
      Stream.of(
              List.of("read-only", "workspace-write", "danger-full-access", "no-credentials"),
              TOOLCHAINS,
              PRIVATE)
          .flatMap(List::stream)
          .toList();

  private Presets() {}

  /**
   * Returns the names of all presets.
   *
   * @return the names
   */
  public static List<String> names() {
    return NAMES;
  }

  /**
   * Returns whether a preset only adds to another: alone it grants too little to run anything, or
   * takes access away.
   *
   * @param name a preset's name
   * @return false for {@code read-only}, {@code workspace-write} and {@code danger-full-access},
   *     which stand alone, and for unknown names
   */
  public static boolean isAddition(String name) {
    return TOOLCHAINS.contains(name) || PRIVATE.contains(name) || name.equals("no-credentials");
  }

  /**
   * Returns the presets that add the needs of a tool, including its caches.
   *
   * @return the presets as policies
   */
  public static List<SandboxPolicy> toolchains() {
    return TOOLCHAINS.stream().map(Presets::load).toList();
  }

  /**
   * Returns the names of the presets that give a tool caches of the sandbox's own. They set
   * variables and grant nothing, so that a file in a workspace may choose them.
   *
   * @return the names
   */
  public static List<String> privateCaches() {
    return PRIVATE;
  }

  /**
   * Loads a preset as a policy.
   *
   * @param name its name
   * @return the policy
   * @throws InvalidPolicyException if there is no such preset
   */
  public static SandboxPolicy load(String name) {
    return PolicyReader.parse("preset " + name, text(name));
  }

  /**
   * Returns a preset that reads everything, writes nothing and reaches no network.
   *
   * @return the preset {@code read-only}
   */
  public static SandboxPolicy readOnly() {
    return load("read-only");
  }

  /**
   * Returns {@link #readOnly()} with writing in the workspace.
   *
   * @return the preset {@code workspace-write}
   */
  public static SandboxPolicy workspaceWrite() {
    return load("workspace-write");
  }

  /**
   * Returns a preset that denies well-known places of secrets; for adding to another policy.
   *
   * @return the preset {@code no-credentials}
   */
  public static SandboxPolicy noCredentials() {
    return load("no-credentials");
  }

  /**
   * Returns a preset's JSON text.
   *
   * @param name its name
   * @return the text
   * @throws InvalidPolicyException if there is no such preset
   */
  public static String text(String name) {
    if (!NAMES.contains(name)) {
      throw InvalidPolicyException.unknown("preset", name, name, NAMES);
    }
    return resource("presets/" + name + ".json");
  }

  /**
   * Returns the JSON Schema of a policy.
   *
   * @return the schema's text
   */
  public static String schema() {
    return resource("policy.schema.json");
  }

  private static String resource(String name) {
    try (InputStream in = Presets.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
