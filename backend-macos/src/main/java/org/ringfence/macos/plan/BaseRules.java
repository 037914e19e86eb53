package org.ringfence.macos.plan;

import static org.ringfence.macos.plan.Sbpl.form;
import static org.ringfence.macos.plan.Sbpl.regex;

import java.util.List;
import org.ringfence.macos.plan.SeatbeltProfile.Rule;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * The rules that most processes need and that depend on the policy: on files, since a rule may take
 * these away, and on services that would show files. The rest is text, in {@code base.sbpl}.
 */
final class BaseRules {
  private BaseRules() {}

  /** Permits what a process needs to start; a rule that comes later may take it away. */
  static void essentials(Permissions files) {
    String dyld = "dyld opens the root directory to find the shared cache";
    files.add(dyld, true, List.of("file-read*"), at("literal", "/"));
    for (String link : List.of("/var", "/tmp", "/etc")) {
      files.add(
          "links that the system's own paths lead over",
          true,
          List.of("file-read*"),
          at("literal", link));
    }
    for (String cache : List.of("/System/Volumes/Preboot/Cryptexes/OS", "/System/Cryptexes/OS")) {
      files.add(
          "the shared cache of libraries, since macOS 13 and 11",
          true,
          List.of("file-read*", "file-map-executable"),
          at("subpath", cache));
    }
    for (String volume : List.of("/System", "/System/Volumes", SeatbeltCompiler.DATA)) {
      files.add(
          "libSystem looks a process's own volume up",
          true,
          List.of("file-read-metadata"),
          at("literal", volume));
    }
    files.add(
        "libSystem tells the tracing framework that a process has started",
        true,
        List.of("file-read*", "file-write-data", "file-ioctl"),
        at("literal", "/dev/dtracehelper"));
    String descriptors = "a process's own descriptors by name";
    List<String> streams = List.of("file-read*", "file-write-data");
    files.add(descriptors, true, streams, at("subpath", "/dev/fd"));
    for (String device : List.of("/dev", "/dev/stdin", "/dev/stdout", "/dev/stderr")) {
      files.add(descriptors, true, List.of("file-read*"), at("literal", device));
    }
    String terminals = "pseudo-terminals of its own: the kernel extends a sandbox by those";
    List<String> terminal = List.of("file-read*", "file-write*", "file-ioctl");
    files.add(terminals, true, terminal, at("literal", "/dev/ptmx"));
    // With the directory, it is known to meet no rule elsewhere.
    Sbpl.Form lines = form("require-all", at("subpath", "/dev"), regex("^/dev/ttys[0-9]+$"));
    files.add(
        terminals,
        true,
        terminal,
        form("require-all", lines, form("extension", new Sbpl.Text("com.apple.sandbox.pty"))));
    files.add(
        "settings of a terminal that was given as a descriptor; opening one is another operation",
        true,
        List.of("file-ioctl"),
        lines);
  }

  private static Sbpl.Form at(String filter, String path) {
    return form(filter, new Sbpl.Text(path));
  }

  /** Returns the rules on services that show files: they are open where the policy hides none. */
  static List<Rule> services(EffectivePolicy policy) {
    boolean hides =
        policy.policy().fileDefault() == FileDefault.MINIMAL
            || policy.rules().stream().anyMatch(rule -> rule.access() == Access.NONE)
            || !policy.denyGlobs().isEmpty();
    Sbpl.Symbol preferences = new Sbpl.Symbol("user-preference-read");
    if (hides) {
      // The preferences daemon shows a domain for either this or the right to read its file.
      Sbpl.Form domain = at("preference-domain", "kCFPreferencesAnyApplication");
      return List.of(
          new Rule("preferences of locale and language", form("allow", preferences, domain)));
    }
    return List.of(
        new Rule("preferences, whose files may be read", form("allow", preferences)),
        new Rule(
            "changes of files, which watchers of Node and of builds wait for",
            form(
                "allow", new Sbpl.Symbol("mach-lookup"), at("global-name", "com.apple.FSEvents"))));
  }
}
