package org.ringfence.policy.glob;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The progress of a glob along a directory's path: the positions in the pattern at which the
 * comparison of names below that directory begins. The glob cannot tell apart two directories with
 * the same positions.
 */
final class GlobPrefixes {
  private static final int WITHIN_NAME = -1;
  private static final int ANY_CHARACTER = -2;
  private static final int ANYTHING = -3;
  private static final int ANY_DIRECTORIES = -4;

  private final List<Integer> steps = new ArrayList<>();
  private final boolean anyCase;
  private final boolean wide;

  /**
   * Takes a pattern that begins with a slash or {@code **}. If {@code wide}, {@code ?} is any
   * number of characters; positions are the same.
   */
  GlobPrefixes(String pattern, boolean anyCase, boolean wide) {
    this.anyCase = anyCase;
    this.wide = wide;
    int i = 0;
    while (i < pattern.length()) {
      if (pattern.startsWith("**/", i)) {
        steps.add(ANY_DIRECTORIES);
        i += 3;
      } else if (pattern.startsWith("**", i)) {
        steps.add(ANYTHING);
        i += 2;
      } else {
        int c = pattern.codePointAt(i);
        steps.add(c == '*' ? WITHIN_NAME : c == '?' ? ANY_CHARACTER : folded(c));
        i += Character.charCount(c);
      }
    }
  }

  private int folded(int c) {
    return anyCase ? Character.toLowerCase(Character.toUpperCase(c)) : c;
  }

  /**
   * Returns the positions after a directory's path and the slash behind it. A position is the index
   * of the next step; one behind the last step means that everything below matches.
   */
  Set<Integer> below(List<String> directory) {
    // A pattern may begin at the slash or at the first name.
    Set<Integer> bare = start();
    Set<Integer> rooted = read(start(), '/');
    bare = readNames(bare, directory);
    rooted = readNames(rooted, directory);
    rooted.addAll(bare);
    return rooted;
  }

  private Set<Integer> start() {
    Set<Integer> places = new HashSet<>();
    reach(0, places);
    return places;
  }

  private Set<Integer> readNames(Set<Integer> from, List<String> directory) {
    Set<Integer> places = from;
    for (String name : directory) {
      for (int i = 0; i < name.length(); i += Character.charCount(name.codePointAt(i))) {
        places = read(places, folded(name.codePointAt(i)));
      }
      places = read(places, '/');
    }
    return places;
  }

  private Set<Integer> read(Set<Integer> places, int c) {
    Set<Integer> next = new HashSet<>();
    for (int place : places) {
      if (place == steps.size()) {
        // At the pattern's end, paths below match, a longer name does not.
        if (c == '/') {
          next.add(steps.size() + 1);
        }
      } else if (place > steps.size()) {
        next.add(place);
      } else if (place < 0) {
        // Inside the text that "**/" skips: any character, and out of it behind a slash.
        next.add(place);
        if (c == '/') {
          reach(-place, next);
        }
      } else {
        step(place, c, next);
      }
    }
    return next;
  }

  private void step(int place, int c, Set<Integer> next) {
    switch (steps.get(place)) {
      case WITHIN_NAME -> {
        if (c != '/') {
          reach(place, next);
        }
      }
      case ANY_CHARACTER -> {
        if (c != '/') {
          reach(wide ? place : place + 1, next);
        }
      }
      case ANYTHING -> reach(place, next);
      default -> {
        if (steps.get(place) == c) {
          reach(place + 1, next);
        }
      }
    }
  }

  /** Adds a position and those reachable from it without input. */
  private void reach(int place, Set<Integer> places) {
    if (place == steps.size()) {
      places.add(place);
      return;
    }
    switch (steps.get(place)) {
      case ANY_DIRECTORIES -> {
        places.add(-(place + 1));
        reach(place + 1, places);
      }
      case WITHIN_NAME, ANYTHING -> {
        places.add(place);
        reach(place + 1, places);
      }
      case ANY_CHARACTER -> {
        places.add(place);
        if (wide) {
          reach(place + 1, places);
        }
      }
      default -> places.add(place);
    }
  }
}
