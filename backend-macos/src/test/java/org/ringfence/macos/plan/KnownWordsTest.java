package org.ringfence.macos.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.ProcessGrant;

/**
 * Compares the words of our profiles with those that are known to load on real Macs, since an
 * unknown word makes a whole profile fail to load, and no test here can ask the kernel.
 */
class KnownWordsTest {
  private static final Pattern LINE = Pattern.compile("(\\S+) (\\S+) = (\\S.*)");
  private static final Pattern TOKEN =
      Pattern.compile(";[^\\n]*|#?\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"|[()]|[^\\s()]+");

  private static Map<String, String> known() throws IOException {
    try (InputStream table = KnownWordsTest.class.getResourceAsStream("known-words.txt")) {
      Map<String, String> known = new HashMap<>();
      for (String line : new String(table.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        Matcher word = LINE.matcher(line);
        if (!line.startsWith("#")) {
          assertThat(word.matches()).as(line).isTrue();
          known.put(word.group(1) + " " + word.group(2), word.group(3));
        }
      }
      return known;
    }
  }

  /** Returns the words of a profile, each with its kind. */
  private static Set<String> words(String profile) {
    Set<String> words = new TreeSet<>();
    Deque<String> heads = new ArrayDeque<>();
    boolean first = false;
    Matcher tokens = TOKEN.matcher(profile);
    while (tokens.find()) {
      String token = tokens.group();
      if (token.startsWith(";") || token.startsWith("#")) {
        continue;
      } else if (token.equals("(")) {
        first = true;
        continue;
      } else if (token.equals(")")) {
        heads.pop();
        continue;
      } else if (first) {
        if (!heads.isEmpty() && !token.equals("with")) {
          words.add("filter " + token);
        }
        heads.push(token);
        first = false;
      } else if (token.startsWith("\"")) {
        if (Set.of("local", "remote").contains(heads.peek())) {
          words.add("address " + token.replace("\"", "").replaceFirst(":[0-9]+$", ":N"));
        }
      } else if (!heads.peek().equals("version")) {
        words.add(kind(heads.peek()) + " " + token);
      }
    }
    return words;
  }

  private static String kind(String head) {
    return switch (head) {
      case "allow", "deny" -> "operation";
      case "with" -> "modifier";
      default -> "constant";
    };
  }

  private static List<SandboxPolicy> policies() {
    List<SandboxPolicy> policies = new ArrayList<>();
    policies.add(SandboxPolicy.builder().allow(ProcessGrant.values()).build());
    Presets.names().forEach(name -> policies.add(Presets.load(name)));
    for (FileDefault fallback : FileDefault.values()) {
      for (NetworkMode mode : NetworkMode.values()) {
        PolicyBuilder policy =
            SandboxPolicy.builder()
                .fileDefault(fallback)
                .write(":home")
                .write(":workspace")
                .write(":shm")
                .none(":workspace/secret")
                .protectedPath(":workspace/kept")
                .denyGlobs(List.of("**/.env"))
                .unixSocket("/run/one.sock")
                .network(mode);
        policies.add(
            (mode == NetworkMode.FULL ? policy : policy.ownLoopback(false).hostLoopbackPort(80))
                .build());
      }
    }
    return policies;
  }

  private static Set<String> emitted() {
    PathContext places =
        PathContext.ofMac("/Users/me/ws", "/Users/me")
            .withPrivateTmp("/private/var/folders/a/b/T/ringfence-1");
    Set<String> words = new TreeSet<>();
    for (SandboxPolicy policy : policies()) {
      SeatbeltProfile profile =
          SeatbeltCompiler.compile(
              EffectivePolicy.of(policy, places),
              new SeatbeltCompiler.Surroundings("tag", OptionalInt.of(3128), "/own"));
      words.addAll(words(profile.text()));
    }
    return words;
  }

  @Test
  void eachWordOfAProfileIsKnownToLoad() throws IOException {
    assertThat(known().keySet()).containsAll(emitted());
  }

  @Test
  void tableHasNoWordThatNoProfileUses() throws IOException {
    assertThat(emitted()).containsAll(known().keySet());
  }

  @Test
  void wordsAreFoundInEachPlace() {
    assertThat(
            words(
                "(version 1) ; (comment)\n(deny default (with message \"x\"))"
                    + "(allow file-fly* (require-all (near \"a (b\") (target others))"
                    + " (remote ip \"*:80\"))"))
        .contains(
            "operation default",
            "modifier message",
            "operation file-fly*",
            "filter near",
            "filter target",
            "constant others",
            "address *:N")
        .noneMatch(word -> word.contains("comment") || word.contains("with"));
  }
}
