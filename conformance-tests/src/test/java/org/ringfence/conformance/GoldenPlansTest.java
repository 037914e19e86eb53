package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.SandboxException;
import org.ringfence.conformance.AssumedMachines.Planner;
import org.ringfence.plan.Availability;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.PolicyWriter;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.text.Printable;

/**
 * Compares the plans and explanations of every backend, preset and assumed machine with their
 * records. A change without a change of behaviour changes no record.
 */
class GoldenPlansTest {
  private static final Pattern LONG_REGEX = Pattern.compile("#\"([^\"]{200,})\"");
  private static final Path RECORDS =
      Path.of("src", "test", "resources", "org", "ringfence", "conformance", "golden");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Presets with rules of npm's kind; with them the records would be twice as large. */
  private static final List<String> LIKE_NPM = List.of("pnpm", "yarn", "python", "cargo", "go");

  private static final int KEY_DIGITS = 8;
  private static final int LARGEST = 1 << 20;

  /** Returns presets of each kind and policies that ask for everything the presets omit. */
  private static Map<String, SandboxPolicy> policies(PathStyle style) {
    Map<String, SandboxPolicy> policies = new LinkedHashMap<>();
    Presets.names().stream()
        .filter(name -> !Presets.privateCaches().contains(name) && !LIKE_NPM.contains(name))
        .forEach(name -> policies.put(name, Presets.load(name)));
    String outside = style == PathStyle.POSIX ? "/srv/data" : "C:\\data";
    String slash = style == PathStyle.POSIX ? "/" : "\\";
    PolicyBuilder everything =
        SandboxPolicy.builder()
            .write(":workspace")
            .read(outside)
            .write(outside + slash + "out")
            .none(outside + slash + "secret")
            .fileDefault(FileDefault.MINIMAL)
            .protectedPath(":workspace/kept")
            .denyGlobs(List.of("**/.env"))
            .memory(1 << 30)
            .processes(64)
            .cpuTime(Duration.ofSeconds(10))
            .openFiles(256)
            .fileSize(1 << 20)
            .wallTime(Duration.ofMinutes(1))
            .outputBytes(1 << 20);
    policies.put("everything, no network", everything.build());
    policies.put(
        "everything, allowlist",
        everything
            .network(NetworkMode.ALLOWLIST)
            .allowHost("example.org:443")
            .checkServerName(true)
            .hostLoopbackPort(8080)
            .publish("8081:3000")
            .build());
    return policies;
  }

  private static Map<String, EffectivePolicy> placed(String backend) {
    PathContext places =
        switch (backend) {
          case "landlock", "bubblewrap" -> PathContext.of(PathStyle.POSIX, "/ws", "/home/me");
          case "seatbelt" -> PathContext.ofMac("/Users/me/ws", "/Users/me");
          default -> PathContext.of(PathStyle.WINDOWS, "C:\\Users\\me\\ws", "C:\\Users\\me");
        };
    Map<String, EffectivePolicy> placed = new LinkedHashMap<>();
    policies(places.style())
        .forEach((name, policy) -> placed.put(name, EffectivePolicy.of(policy, places)));
    return placed;
  }

  /**
   * Returns the JSON of {@code plan}. Each guarantee appears once, and plans refer to it by a
   * digest. Later machines list only the differences from the same plan on the first machine.
   */
  private static String plans(String backend) throws IOException {
    Map<String, String> guarantees = new TreeMap<>();
    Map<String, List<String>> first = new HashMap<>();
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, Planner> machine : AssumedMachines.all().get(backend).entrySet()) {
      for (Map.Entry<String, EffectivePolicy> policy : placed(backend).entrySet()) {
        ObjectNode json = json(backend, policy.getValue(), machine.getValue());
        List<String> keys = new ArrayList<>();
        for (JsonNode guarantee : json.get("guarantees")) {
          String key = guarantee.get("id").asText() + "@" + digest(guarantee.toString());
          guarantees.put(key, guarantee.toString());
          keys.add(key);
        }
        List<String> usual = first.putIfAbsent(policy.getKey(), keys);
        json.putPOJO("guarantees", usual == null ? keys : differences(usual, keys));
        text.append(machine.getKey()).append(" / ").append(policy.getKey());
        text.append(": ").append(json).append('\n');
      }
    }
    guarantees.forEach((key, json) -> text.append(key).append(": ").append(json).append('\n'));
    return text.toString();
  }

  private static ObjectNode json(String backend, EffectivePolicy policy, Planner planner)
      throws IOException {
    SandboxPlan plan =
        new SandboxPlan(backend, policy, Availability.available(Map.of()), planner.apply(policy));
    return (ObjectNode) JSON.readTree(PolicyWriter.writePlans(List.of(plan))).get(0);
  }

  /**
   * Returns the guarantees that differ from the first plan; all of them if the policies ask for
   * different ones.
   */
  private static List<String> differences(List<String> usual, List<String> keys) {
    return ids(usual).equals(ids(keys))
        ? keys.stream().filter(key -> !usual.contains(key)).toList()
        : keys;
  }

  private static List<String> ids(List<String> keys) {
    return keys.stream().map(key -> key.substring(0, key.indexOf('@'))).toList();
  }

  private static String digest(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, KEY_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /**
   * Returns the text of {@code explain}. Later policies omit the first and last lines that they
   * share with the first policy.
   */
  private static String explanations(String backend) throws SandboxException {
    SandboxBackend explaining = Backends.load().byId(backend);
    List<String> text = new ArrayList<>();
    List<String> first = List.of();
    for (Map.Entry<String, EffectivePolicy> policy : placed(backend).entrySet()) {
      List<String> lines =
          explaining
              .explain(policy.getValue())
              .lines()
              .map(Printable::line)
              .map(GoldenPlansTest::shortened)
              .toList();
      int begin = sameAtBegin(first, lines);
      List<String> rest = lines.subList(begin, lines.size());
      int end = sameAtBegin(reversed(first.subList(begin, first.size())), reversed(rest));
      text.add("== " + policy.getKey());
      text.add("(begins with the first " + begin + " lines of the first policy)");
      text.addAll(rest.subList(0, rest.size() - end));
      text.add("(ends with its last " + end + " lines)");
      first = first.isEmpty() ? lines : first;
    }
    return String.join("\n", text) + "\n";
  }

  /** Writes a long regular expression by its beginning, length and hash. */
  private static String shortened(String line) {
    return LONG_REGEX
        .matcher(line)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    "#\""
                        + found.group(1).substring(0, 60)
                        + "... ("
                        + found.group(1).length()
                        + " characters, "
                        + Integer.toHexString(found.group(1).hashCode())
                        + ")\""));
  }

  private static int sameAtBegin(List<String> one, List<String> other) {
    int same = 0;
    while (same < Math.min(one.size(), other.size()) && one.get(same).equals(other.get(same))) {
      same++;
    }
    return same;
  }

  private static List<String> reversed(List<String> lines) {
    List<String> reversed = new ArrayList<>(lines);
    Collections.reverse(reversed);
    return reversed;
  }

  private static void assertAsRecorded(String file, String text) throws IOException {
    Path record = RECORDS.resolve(file);
    if (Boolean.getBoolean("ringfence.test.write")) {
      Files.createDirectories(RECORDS);
      Files.writeString(record, text);
    }
    // A checkout on Windows may have converted the line ends.
    assertThat(Files.readString(record).replace("\r\n", "\n").lines().toList())
        .as(
            "%s; if the behaviour is meant to change, record it: ./mvnw -pl conformance-tests -am test"
                + " -Dtest=GoldenPlansTest -Dringfence.test.write=true"
                + " -Dsurefire.failIfNoSpecifiedTests=false",
            file)
        .containsExactlyElementsOf(text.lines().toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "landlock",
        "bubblewrap",
        "seatbelt",
        "restricted-token",
        "app-container",
        "dedicated-user",
        "wsl2"
      })
  void plansAndExplanationsMatchTheRecords(String backend) throws IOException, SandboxException {
    assertAsRecorded(backend + ".plans.txt", plans(backend));
    assertAsRecorded(backend + ".explain.txt", explanations(backend));
  }

  @Test
  void everyBackendHasAssumedMachines() throws SandboxException {
    assertThat(AssumedMachines.all().keySet())
        .containsExactlyInAnyOrderElementsOf(
            Backends.load().all().stream().map(backend -> backend.info().id()).toList());
  }

  @Test
  void recordsAreSmallAndContainNoPathOfThisMachine() throws IOException, SandboxException {
    long size = 0;
    for (String backend : AssumedMachines.all().keySet()) {
      String text = plans(backend) + explanations(backend);
      assertThat(text)
          .doesNotContain(System.getProperty("user.dir"), System.getProperty("java.home"));
      size += text.length();
    }
    assertThat(size).isLessThan(LARGEST);
  }
}
