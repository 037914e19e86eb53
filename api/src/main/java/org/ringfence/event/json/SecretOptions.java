package org.ringfence.event.json;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Options of known programs whose value is a secret, from a list with sources. Follows the words of
 * a command line; a program's options count from its name to the end of its part of a shell's line.
 * Not thread-safe: one instance reads one command line.
 */
final class SecretOptions {
  /** The part of a word that is secret. */
  enum Part {
    /** Nothing. */
    NONE,
    /** The whole word. */
    WORD,
    /** The word after its option. */
    REST
  }

  /**
   * The finding about a word.
   *
   * @param part the part that is secret
   * @param start where a rest begins
   */
  record Finding(Part part, int start) {
    private static final Finding NONE = new Finding(Part.NONE, 0);
    private static final Finding WORD = new Finding(Part.WORD, 0);
  }

  /** Options by their program, and by its command where only that has them. */
  private static final Map<String, Map<String, Set<String>>> PROGRAMS = read();

  private static final Pattern CLUSTER = Pattern.compile("-[A-Za-z0-9]+");
  private static final String END_OF_COMMAND = ";|&\n";

  private final Set<String> options = new HashSet<>();
  private Map<String, Set<String>> commands = Map.of();
  private boolean valueFollows;

  private static Map<String, Map<String, Set<String>>> read() {
    Map<String, Map<String, Set<String>>> programs = new HashMap<>();
    try (InputStream in = SecretOptions.class.getResourceAsStream("secret-arguments.txt")) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks secret-arguments.txt");
      }
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        if (!line.isEmpty() && !line.startsWith("#")) {
          String[] fields = line.split(" \\| ");
          String[] program = fields[0].split(" ");
          programs
              .computeIfAbsent(program[0], name -> new HashMap<>())
              .computeIfAbsent(program.length > 1 ? program[1] : "", name -> new HashSet<>())
              .addAll(List.of(fields[1].split(" ")));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Map.copyOf(programs);
  }

  /** Returns the programs of the list. */
  static List<String> programs() {
    return new ArrayList<>(PROGRAMS.keySet());
  }

  /** Returns whether the next word is a value as a whole. */
  boolean valueFollows() {
    return valueFollows;
  }

  /** Looks at the next word of the command line. */
  Finding next(String word) {
    if (valueFollows) {
      valueFollows = false;
      return Finding.WORD;
    }
    Map<String, Set<String>> begun = PROGRAMS.get(name(word));
    if (begun != null) {
      options.clear();
      commands = begun;
      options.addAll(begun.getOrDefault("", Set.of()));
      return Finding.NONE;
    }
    Set<String> more = commands.get(word);
    if (more != null && !word.isEmpty()) {
      options.addAll(more);
    }
    Finding finding = found(word);
    if (!word.isEmpty() && END_OF_COMMAND.indexOf(word.charAt(word.length() - 1)) >= 0) {
      options.clear();
      commands = Map.of();
      valueFollows = false;
    }
    return finding;
  }

  private static String name(String word) {
    String name = word.substring(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1);
    return name.toLowerCase(Locale.ROOT).replaceFirst("\\.exe$", "");
  }

  private Finding found(String word) {
    for (String option : options) {
      if (option.endsWith("*")) {
        String prefix = option.substring(0, option.length() - 1);
        if (word.startsWith(prefix) && word.length() > prefix.length()) {
          return new Finding(Part.REST, prefix.length());
        }
      } else if (word.equals(option)) {
        valueFollows = true;
        return Finding.NONE;
      } else if (word.startsWith(option + "=") || word.startsWith(option + ":")) {
        return new Finding(Part.REST, option.length() + 1);
      } else if (option.length() == 2 && option.charAt(0) == '-') {
        int at = CLUSTER.matcher(word).lookingAt() ? word.indexOf(option.charAt(1), 1) : -1;
        if (at > 0 && at == word.length() - 1) {
          valueFollows = true;
          return Finding.NONE;
        } else if (at == 1 || at > 1 && CLUSTER.matcher(word.substring(0, at)).matches()) {
          return new Finding(Part.REST, at + 1);
        }
      }
    }
    return Finding.NONE;
  }
}
