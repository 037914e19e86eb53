package org.ringfence.cli.policy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.policy.json.PolicyReader;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * The presets and files that {@code --policy} names, in their order. Immutable.
 *
 * @param names presets' names, files' paths, JSON, and {@link #STANDARD_INPUT}
 */
public record PolicyNames(List<String> names) {
  /** The name of {@code -} from here on, in errors as well. */
  static final String STANDARD_INPUT = "standard input";

  /**
   * Reads the values of the option.
   *
   * @param values the values; each may name several, with commas between
   * @throws InvalidPolicyException if a name is empty, or standard input is named twice
   */
  static PolicyNames of(List<String> values) {
    List<String> names = new ArrayList<>();
    for (String value : values) {
      if (PolicyReader.isText(value)) {
        names.add(value);
        continue;
      }
      for (String name : value.split(",", -1)) {
        if (name.isBlank()) {
          throw new InvalidPolicyException(
              "--policy", value, "a preset or a file, or several with commas between");
        }
        names.add(name.strip().equals("-") ? STANDARD_INPUT : name.strip());
      }
    }
    if (names.stream().filter(STANDARD_INPUT::equals).count() > 1) {
      throw new InvalidPolicyException("--policy", "-", "standard input once");
    }
    return new PolicyNames(List.copyOf(names));
  }

  /**
   * Returns the parts of the policy: presets that are additions, and JSON, extend the command's
   * start; a preset that stands alone or a file replaces it.
   *
   * @param start the presets that the command starts from
   */
  List<String> on(List<String> start) {
    if (!names.stream().allMatch(name -> PolicyReader.isText(name) || Presets.isAddition(name))) {
      return names;
    }
    Set<String> all = new LinkedHashSet<>(start);
    all.addAll(names);
    return List.copyOf(all);
  }

  /**
   * Returns the names that another policy can extend: a text has no place that it could be read
   * from again.
   *
   * @param names parts of a policy
   */
  public static List<String> extendable(List<String> names) {
    return names.stream()
        .filter(name -> !PolicyReader.isText(name) && !name.equals(STANDARD_INPUT))
        .toList();
  }

  /**
   * Makes the names of files absolute, for a use in another directory.
   *
   * @param names parts of a policy
   * @return the parts, with a real path for each file
   * @throws IOException if a file is not there
   */
  public static List<String> absolute(List<String> names) throws IOException {
    List<String> all = new ArrayList<>();
    for (String name : names) {
      boolean file = !name.equals(STANDARD_INPUT) && PolicyReader.isPath(name);
      all.add(file ? Path.of(name).toRealPath().toString() : name);
    }
    return all;
  }

  /** Returns the files among them. */
  List<String> files() {
    return names.stream().filter(PolicyReader::isPath).toList();
  }
}
