package org.ringfence.conformance.fuzz;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.ringfence.conformance.fuzz.Box.Told;
import org.ringfence.conformance.fuzz.Terrain.Entry;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Judges the results of a sequence by the policy.
 *
 * @param policy the policy inside
 * @param inside the scenario's root inside
 * @param outside its copy
 * @param insideHost the directory of the host inside
 * @param outsideHost its copy
 */
record Oracle(
    EffectivePolicy policy, Path inside, Path outside, Path insideHost, Path outsideHost) {
  private static final Set<String> REACHING = Set.of("connectto", "sendto");

  /** Returns the first forbidden change, empty if there is none. */
  String changed(Map<String, Entry> before, Map<String, Entry> after) {
    Set<String> all = new TreeSet<>(before.keySet());
    all.addAll(after.keySet());
    for (String path : all) {
      Entry was = before.get(path);
      Entry now = after.get(path);
      if ((was == null || !was.equals(now)) && !policy.evaluate(path, Operation.WRITE).allowed()) {
        return "changed: " + path + " was " + was + " is " + now;
      }
      String shown = now == null ? "" : secretOf(now, before);
      if (!shown.isEmpty()
          && !shown.equals(path)
          && policy.evaluate(path, Operation.READ).allowed()) {
        return "secret: that of " + shown + " came to " + path;
      }
    }
    return "";
  }

  /** Returns the path of the denied file whose contents an entry shows, empty if it shows none. */
  private String secretOf(Entry entry, Map<String, Entry> before) {
    if (!entry.what().contains(Terrain.SECRET)) {
      return "";
    }
    for (Map.Entry<String, Entry> was : before.entrySet()) {
      int at = was.getValue().what().indexOf(Terrain.SECRET);
      if (at >= 0
          && entry.what().contains(was.getValue().what().substring(at))
          && !policy.evaluate(was.getKey(), Operation.READ).allowed()) {
        return was.getKey();
      }
    }
    return "";
  }

  /** Returns the first denied file whose secret a result contains, empty if there is none. */
  String told(List<Told> all, Map<String, Entry> before) {
    for (int i = 0; i < all.size(); i++) {
      for (Map.Entry<String, Entry> entry : before.entrySet()) {
        int at = entry.getValue().what().indexOf(Terrain.SECRET);
        if (at >= 0
            && all.get(i).result().contains(entry.getValue().what().substring(at))
            && !policy.evaluate(entry.getKey(), Operation.READ).allowed()) {
          return "read at step " + i + ": " + entry.getKey();
        }
      }
    }
    return "";
  }

  /** Returns whether the policy denies a path of a step, so that the step may fail inside. */
  boolean excuses(Step step, List<String> ways) {
    if (step.call().equals("connect")) {
      // The owner of the socket decides, and a socket without an owner does not belong to the
      // sandbox.
      return true;
    }
    List<String> names =
        ways.stream().filter(way -> !way.startsWith("r:")).map(way -> placed(way)).toList();
    for (String way : ways) {
      String path = placed(way);
      if (!policy.evaluate(path, Operation.READ).allowed() || isHosts(path)) {
        return true;
      }
    }
    if (!step.writes()) {
      return false;
    }
    for (String path : names) {
      if (!policy.evaluate(path, Operation.WRITE).allowed()
          || !policy.evaluateRemoval(path).allowed()
          || !policy.evaluateReplacement(path).allowed()) {
        return true;
      }
      for (String other : names) {
        if (!policy.evaluateMove(path, other).allowed()) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Returns whether a step fails because roots are separate mounts inside: the kernel neither moves
   * nor links between mounts, and checks that before it resolves the names. The same error results
   * from a name that leads out of a directory deeper than the longest path.
   */
  boolean betweenMounts(Step step, List<String> ways, String result) {
    boolean two =
        Set.of("rename", "exchange", "link").contains(step.call())
            && ways.stream().anyMatch(way -> isBelow(way, "out"))
            && ways.stream().anyMatch(way -> isBelow(way, "ws"));
    return result.equals("E18") && (two || ways.stream().anyMatch(way -> way.startsWith("n:")));
  }

  /** Whether an address is nobody's, which is none of the sandbox's own; then both are refused. */
  boolean nobodys(Step step, String outer, String inner) {
    return REACHING.contains(step.call()) && inner.equals("E13") && outer.startsWith("E");
  }

  /** Whether a socket may have tried in vain to send or connect, which gives it a port outside. */
  static boolean failedToReach(Sequence before, List<Told> told) {
    return IntStream.range(0, before.steps().size())
        .anyMatch(
            at ->
                REACHING.contains(before.steps().get(at).call())
                    && told.get(at).result().startsWith("E"));
  }

  /** Whether a datagram socket may have been connected to a port that no such socket has. */
  static boolean unheld(Sequence before, Step step, String outer, String inner) {
    return step.call().equals("connectto")
        && outer.equals("0")
        && inner.equals("E111")
        && before.steps().stream()
            .anyMatch(each -> each.call().equals("socket") && each.text(1).equals("udp"));
  }

  /** Whether a result is that of a socket which has no port inside, but one outside. */
  static boolean portless(Step step, String outer, String inner) {
    return switch (step.call()) {
      case "bindsock" -> step.text(1).equals("inet") && outer.equals("E22") && inner.equals("0");
      case "sockname" -> outer.startsWith("inet") && inner.equals("inet without a port");
      case "sendto", "connectto" -> !outer.startsWith("E") && inner.equals("E22");
      default -> false;
    };
  }

  private boolean isBelow(String way, String root) {
    Path path = Path.of(placed(way));
    return path.startsWith(inside.resolve(root));
  }

  /**
   * Returns whether a path belongs to the host: the caller's streams have no names inside, and the
   * sandbox does not show other places.
   */
  private boolean isHosts(String path) {
    return path.startsWith(insideHost.toString())
        || !path.startsWith(inside.toString()) && !inside.toString().startsWith(path);
  }

  private String placed(String way) {
    if (way.startsWith("n:")) {
      return inside + "/ws/deep/" + way.substring(2);
    }
    return way.substring(2)
        .replace(outside.toString(), inside.toString())
        .replace(outsideHost.toString(), insideHost.toString());
  }
}
