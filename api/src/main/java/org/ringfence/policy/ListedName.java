package org.ringfence.policy;

import java.util.List;

/**
 * A name of a list that comes with Ringfence.
 *
 * @param text the name as it is listed, with slashes
 * @param components its components in lower case; {@code *} stands for any name, at the end of a
 *     component for the rest of it
 * @param what what reads it, or what it holds
 * @param source where that is written down
 */
public record ListedName(String text, List<String> components, String what, String source) {

  /** How many components it has. */
  int length() {
    return components.size();
  }

  /** Whether a component of a path, in lower case, is that of this name. */
  boolean matches(int index, String lower) {
    String component = components.get(index);
    return component.endsWith("*")
        ? lower.startsWith(component.substring(0, component.length() - 1))
        : component.equals(lower);
  }
}
