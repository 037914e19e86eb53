package org.ringfence.policy.json;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.policy.value.InvalidPolicyException;

/**
 * Finds where a mistake stands in policy files that was found only when the whole policy met this
 * machine: a path that is no socket, a special that has no directory here.
 */
public final class MistakePlaces {
  private final Set<Path> seen = new HashSet<>();

  private MistakePlaces() {}

  /**
   * Adds the place to a mistake.
   *
   * @param mistake the mistake
   * @param sources presets' names, files' paths and JSON that make up the policy; later ones
   *     override
   * @return the mistake with its file and line, or several mistakes with theirs; the mistake itself
   *     where it has a place, or stands in none of the files
   */
  public static InvalidPolicyException placed(
      InvalidPolicyException mistake, List<String> sources) {
    if (mistake.problems().size() > 1) {
      return InvalidPolicyException.all(
          mistake.problems().stream().map(each -> placed(each, sources)).toList());
    }
    if (mistake.file().isPresent()) {
      return mistake;
    }
    MistakePlaces places = new MistakePlaces();
    Optional<InvalidPolicyException> found = Optional.empty();
    for (int i = sources.size() - 1; found.isEmpty() && i >= 0; i--) {
      if (PolicyReader.isPath(sources.get(i))) {
        found = places.in(Path.of(sources.get(i)), sources.get(i), mistake);
      }
    }
    return found.orElse(mistake);
  }

  private Optional<InvalidPolicyException> in(
      Path file, String name, InvalidPolicyException mistake) {
    if (!seen.add(file.toAbsolutePath().normalize())) {
      return Optional.empty();
    }
    LocatedNode root;
    try {
      root = LocatedNode.parse(name, PolicyReader.textOf(file));
    } catch (IOException | InvalidPolicyException e) {
      // A pipe that was read before, for example.
      return Optional.empty();
    }
    Optional<LocatedNode> field = Optional.of(root);
    for (String part : mistake.field().split("\\.")) {
      field = field.flatMap(node -> child(node, part));
    }
    Optional<InvalidPolicyException> here =
        field
            .flatMap(node -> value(node, mistake.value()))
            .map(node -> mistake.at(name, node.line()));
    if (here.isPresent()) {
      return here;
    }
    return extended(root).stream()
        .filter(PolicyReader::isPath)
        .map(each -> file.toAbsolutePath().resolveSibling(each).normalize())
        .flatMap(each -> in(each, each.toString(), mistake).stream())
        .findFirst();
  }

  private static List<String> extended(LocatedNode root) {
    return child(root, "extends").map(LocatedNode::value).stream()
        .filter(List.class::isInstance)
        .flatMap(list -> ((List<?>) list).stream())
        .map(item -> ((LocatedNode) item).value())
        .filter(String.class::isInstance)
        .map(String.class::cast)
        .toList();
  }

  private static Optional<LocatedNode> child(LocatedNode node, String name) {
    return node.value() instanceof Map<?, ?> map
        ? Optional.ofNullable((LocatedNode) map.get(name))
        : Optional.empty();
  }

  /** Returns the node that has a text as its value or as its key. */
  private static Optional<LocatedNode> value(LocatedNode node, String text) {
    if (node.value() instanceof Map<?, ?> map) {
      return child(node, text)
          .or(
              () ->
                  map.values().stream()
                      .flatMap(each -> value((LocatedNode) each, text).stream())
                      .findFirst());
    }
    if (node.value() instanceof List<?> list) {
      return list.stream().flatMap(each -> value((LocatedNode) each, text).stream()).findFirst();
    }
    return String.valueOf(node.value()).equals(text) ? Optional.of(node) : Optional.empty();
  }
}
