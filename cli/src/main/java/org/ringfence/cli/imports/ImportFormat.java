package org.ringfence.cli.imports;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/** The settings of other sandboxes that can be read. */
public enum ImportFormat {
  /** Settings of sandbox-runtime. */
  SRT,
  /** Settings of Claude Code. */
  CLAUDE,
  /** A configuration of the Codex command line. */
  CODEX,
  /** A command line of bwrap. */
  BWRAP;

  /** Returns the word that names the format. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns a format.
   *
   * @param word its word
   * @throws InvalidPolicyException if there is none
   */
  public static ImportFormat named(String word) {
    return Arrays.stream(values())
        .filter(each -> each.toString().equals(word))
        .findFirst()
        .orElseThrow(
            () -> new InvalidPolicyException("FORMAT", word, "srt, claude, codex or bwrap"));
  }

  /**
   * Reads settings as a policy.
   *
   * @param text the file's content; for {@link #BWRAP} one word a line, or all words in one line
   * @param profile a profile of the file; empty for its default
   * @param places this machine
   * @return the policy, and the settings that it does not express
   * @throws InvalidPolicyException if the settings cannot be read
   */
  public ImportedPolicy read(String text, Optional<String> profile, PathContext places) {
    return switch (this) {
      case SRT -> JsonSettings.ofSandboxRuntime(tree(json(), text), places);
      case CLAUDE -> JsonSettings.ofClaudeCode(tree(json(), text), places);
      case CODEX -> CodexConfig.read(tree(new TomlMapper(), text), profile, places);
      case BWRAP -> BwrapArguments.read(words(text), places);
    };
  }

  /**
   * Reads the words of a bwrap command line as a policy.
   *
   * @param words the words, with or without the program
   * @param places this machine
   * @return the policy, and the settings that it does not express
   */
  public static ImportedPolicy ofWords(List<String> words, PathContext places) {
    return BwrapArguments.read(words, places);
  }

  private static List<String> words(String text) {
    String stripped = text.strip();
    if (stripped.indexOf('\n') < 0 && stripped.chars().anyMatch(c -> "'\"\\$`".indexOf(c) >= 0)) {
      throw new InvalidPolicyException(
          "bwrap",
          "a line with quotes",
          "the words after -- on the command line, or one word a line");
    }
    return Arrays.asList(stripped.split(stripped.indexOf('\n') < 0 ? "\\s+" : "\n"));
  }

  private static ObjectMapper json() {
    return JsonMapper.builder()
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .configure(JsonParser.Feature.ALLOW_COMMENTS, true)
        .build();
  }

  private static JsonNode tree(ObjectMapper mapper, String text) {
    try {
      JsonNode tree = mapper.readTree(text);
      if (tree == null || !tree.isObject()) {
        throw new InvalidPolicyException("file", "its content", "an object of settings");
      }
      return tree;
    } catch (JsonProcessingException e) {
      throw new InvalidPolicyException("file", "its content", e.getOriginalMessage(), e);
    }
  }
}
