package org.ringfence.policy.path;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.ringfence.policy.Access;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.value.InvalidPolicyException;

/** The paths that rules name: resolves specials and refuses invalid paths. */
public final class RuleTexts {
  private static final String HOME = ":home";
  private static final Set<String> SPECIALS =
      Collections.unmodifiableSet(
          new LinkedHashSet<>(
              List.of(":workspace", ":tmp", HOME, ":minimal", ":java-home", ":shm")));

  private final SandboxPolicy policy;
  private final PathContext places;

  public RuleTexts(SandboxPolicy policy, PathContext places) {
    this.policy = policy;
    this.places = places;
  }

  /**
   * Returns the absolute path that a rule names.
   *
   * @param text the path as the policy has it
   * @param access the access of the rule
   * @return the path, links not resolved; null for an absent special
   * @throws InvalidPolicyException if it is neither absolute nor a special
   */
  public String absolute(String text, Access access) {
    return text.startsWith(":") ? special(text, access) : absolute(text);
  }

  /** Returns a path below home in all other possible homes: a denial applies there as well. */
  public List<String> inOtherHomes(String text) {
    boolean below = text.equals(HOME) || text.startsWith(HOME + "/");
    return below
        ? places.homeDirectory().others().stream()
            .map(home -> home + text.substring(HOME.length()))
            .toList()
        : List.of();
  }

  private String special(String text, Access access) {
    int slash = text.indexOf('/');
    String name = slash < 0 ? text : text.substring(0, slash);
    String base =
        switch (name) {
          case ":workspace" -> places.workspace();
          case HOME ->
              places
                  .homeDirectory()
                  .path()
                  .orElseThrow(
                      () ->
                          new InvalidPolicyException(
                              "files.rules",
                              text,
                              "absolute paths, or HOME set to a directory of yours: "
                                  + places.homeDirectory().reason()));
          case ":java-home" -> places.javaHome();
          case ":shm" -> places.sharedMemory();
          case ":tmp" ->
              policy.tmp() == TmpPolicy.SHARED
                  ? places.systemTmp()
                  : places.privateTmp().orElse(null);
          default ->
              throw new InvalidPolicyException(
                  "files.rules", text, "one of " + String.join(", ", SPECIALS));
        };
    if (base == null || base.isEmpty()) {
      return null;
    }
    String path = slash < 0 ? base : base + text.substring(slash);
    checkDots(text);
    if (name.equals(":workspace")
        && slash < 0
        && access == Access.WRITE
        && places.style().components(places.real(base)).isEmpty()) {
      throw new InvalidPolicyException(
          "workspace", base, "a directory below the root of the file system");
    }
    return path;
  }

  private String absolute(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new InvalidPolicyException("files.rules", text, "a path without NUL");
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new InvalidPolicyException("files.rules", text, "a path that UTF-8 can express");
    }
    if (text.startsWith("~")) {
      throw new InvalidPolicyException("files.rules", text, ":home" + text.substring(1));
    }
    if (!places.style().isAbsolute(text)) {
      throw new InvalidPolicyException(
          "files.rules", text, "an absolute path, or :workspace/" + text.replaceFirst("^\\./", ""));
    }
    checkDots(text);
    return text;
  }

  private void checkDots(String text) {
    for (String part : text.split("[/\\\\]")) {
      if (part.equals("..")) {
        throw new InvalidPolicyException(
            "files.rules",
            text,
            "a path without '..'"
                + (places.style().isAbsolute(text)
                    ? ", " + places.style().join(places.style().components(text))
                    : ""));
      }
    }
  }
}
