package org.ringfence.policy.value;

import java.util.List;

/**
 * A name of a list that comes with Ringfence.
 *
 * @param text the name as it is listed, with slashes
 * @param components its components in lower case; {@code *} stands for any name, at the end of a
 *     component for the rest of it
 * @param what its reader, or its content
 * @param source the source of {@code what}
 */
public record ListedName(String text, List<String> components, String what, String source) {

  /** Returns the number of components. */
  public int length() {
    return components.size();
  }

  /** Returns whether a path's lower-case component matches this name's. */
  boolean matches(int index, String lower) {
    String component = components.get(index);
    return component.endsWith("*")
        ? lower.startsWith(component.substring(0, component.length() - 1))
        : component.equals(lower);
  }
}
