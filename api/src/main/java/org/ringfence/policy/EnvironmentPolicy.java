package org.ringfence.policy;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.ringfence.policy.value.ListedName;
import org.ringfence.policy.value.NameList;

/**
 * Which variables of the caller's environment a command gets.
 *
 * @param inherit the variables inherited at first
 * @param include more inherited names ({@code *} matches any run), even if they look like secrets
 * @param exclude names left out; wins over {@code include}
 * @param set variables set to fixed values
 */
public record EnvironmentPolicy(
    Inherit inherit, List<String> include, List<String> exclude, Map<String, String> set) {

  /** The part of the caller's environment that is inherited at first. */
  public enum Inherit {
    /** No variables. */
    NONE,
    /** Variables that most programs need to find their tools, their home and their language. */
    CORE,
    /** All variables whose names do not look like secrets. */
    ALL
  }

  /** The default: core variables, no secrets. */
  public static final EnvironmentPolicy CORE =
      new EnvironmentPolicy(Inherit.CORE, List.of(), List.of(), Map.of());

  private static final List<String> CORE_NAMES =
      List.of(
          "PATH",
          "HOME",
          "USER",
          "LOGNAME",
          "SHELL",
          "LANG",
          "LANGUAGE",
          "LC_*",
          "TZ",
          "TERM",
          "COLORTERM",
          "NO_COLOR",
          "TMPDIR",
          "TEMP",
          "TMP",
          "JAVA_HOME",
          "MAVEN_HOME",
          "M2_HOME",
          "GRADLE_HOME",
          "GRADLE_USER_HOME",
          "NODE_PATH",
          "SystemRoot",
          "ComSpec",
          "PATHEXT",
          "windir",
          "SystemDrive",
          "USERPROFILE",
          "APPDATA",
          "LOCALAPPDATA",
          "ProgramFiles",
          "ProgramFiles(x86)",
          "ProgramW6432",
          "ProgramData",
          "CommonProgramFiles*",
          "ALLUSERSPROFILE",
          "PUBLIC",
          "HOMEDRIVE",
          "HOMEPATH",
          "USERNAME",
          "OS",
          "NUMBER_OF_PROCESSORS",
          "PROCESSOR_*");

  private static final Pattern SECRET =
      Pattern.compile(
          ".*(SECRET|TOKEN|PASSW(OR)?D|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY"
              + "|_KEY|_PAT|_PSK|COOKIE|SESSION_ID|CONNECTION_STRING|DSN|NETRC).*"
              + "|.*(^|_)(PWD|AUTH|KEY|SIGNATURE)($|_).*",
          Pattern.CASE_INSENSITIVE);

  private static final List<String> SECRET_NAMES =
      NameList.read("secret-variables.txt", "").names().stream().map(ListedName::text).toList();

  /** Copies the parts. */
  public EnvironmentPolicy {
    Objects.requireNonNull(inherit, "inherit");
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
    set = Map.copyOf(set);
  }

  /**
   * Says whether a name looks like that of a secret. {@code PWD} and {@code OLDPWD} do not.
   *
   * @param name the variable's name
   * @return true if it is dropped unless included
   */
  public static boolean looksSecret(String name) {
    return !name.equals("PWD")
        && !name.equals("OLDPWD")
        && (SECRET.matcher(name).matches() || matchesAny(SECRET_NAMES, name));
  }

  /**
   * Applies the policy to an environment. Pure: does not read the environment of this process.
   *
   * @param inherited the environment to inherit from
   * @return the variables that the command gets, by name
   */
  public Map<String, String> apply(Map<String, String> inherited) {
    Map<String, String> result = new TreeMap<>();
    inherited.forEach(
        (name, value) -> {
          boolean included = matchesAny(include, name);
          boolean base =
              switch (inherit) {
                case NONE -> false;
                case CORE -> matchesAny(CORE_NAMES, name);
                case ALL -> true;
              };
          if ((included || (base && !looksSecret(name))) && !matchesAny(exclude, name)) {
            result.put(name, value);
          }
        });
    result.putAll(set);
    return result;
  }

  private static boolean matchesAny(List<String> patterns, String name) {
    for (String pattern : patterns) {
      if (wildcardMatches(pattern, name)) {
        return true;
      }
    }
    return false;
  }

  private static boolean wildcardMatches(String pattern, String name) {
    int star = pattern.indexOf('*');
    if (star < 0) {
      return pattern.equalsIgnoreCase(name);
    }
    StringBuilder regex = new StringBuilder();
    for (String part : pattern.toLowerCase(Locale.ROOT).split("\\*", -1)) {
      regex.append(regex.length() == 0 ? "" : ".*").append(Pattern.quote(part));
    }
    return name.toLowerCase(Locale.ROOT).matches(regex.toString());
  }
}
