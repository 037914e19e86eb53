package org.ringfence.cli.report;

import java.util.List;
import java.util.stream.Collectors;
import org.ringfence.event.Remedy;
import org.ringfence.policy.json.Additions;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.policy.value.HostPattern;
import org.ringfence.text.Printable;

/** Formats remedies as options that can be pasted into a POSIX shell. */
public final class RemedyText {
  private RemedyText() {}

  /** Returns the text after the rule that denied. */
  static String of(Remedy remedy) {
    return remedy instanceof Remedy.Addition addition
        ? (addition instanceof Remedy.AllowName
                ? "; files there can run code outside the sandbox later; to allow it all the same: "
                : "; to allow it: ")
            + pasted(Additions.options(addition))
            + (addition instanceof Remedy.DecideOnHosts
                ? ", which names each host, or --ask, which asks about each as it comes"
                : isNear(remedy) ? "; the service there acts outside the sandbox" : "")
        : remedy instanceof Remedy.None none ? "; " + Printable.of(none.why()) : "";
  }

  /**
   * Returns whether a remedy lets a command reach services near this machine: Ringfence never
   * offers it together with others, or without a question.
   *
   * @param remedy the remedy
   * @return true if it does
   */
  public static boolean isNear(Remedy remedy) {
    return remedy instanceof Remedy.HostLoopbackPort
        || remedy instanceof Remedy.AllowRange
        || remedy instanceof Remedy.UnixSocket
        || remedy instanceof Remedy.AllowHost host
            && HostPattern.isNear(host.pattern().replaceFirst(":[-0-9]+$", ""));
  }

  /** Joins the words, each quoted where a shell or a terminal would change it. */
  public static String pasted(List<String> words) {
    return words.stream().map(RemedyText::quoted).collect(Collectors.joining(" "));
  }

  private static String quoted(String word) {
    if (!word.codePoints().allMatch(Printable::isPlain)) {
      return Printable.name(word);
    }
    if (word.matches("[A-Za-z0-9_./:@%+=,-]+")) {
      return word;
    }
    // In fish a backslash within the quotes would take the meaning from a quote or a backslash.
    String outside = PathStyle.current() == PathStyle.POSIX ? "['\\\\]" : "'";
    return "'" + word.replaceAll(outside, "'\\\\$0'") + "'";
  }
}
