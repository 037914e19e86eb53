package org.ringfence.conformance.fuzz;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.ringfence.conformance.fuzz.Box.Told;
import org.ringfence.conformance.fuzz.Terrain.Entry;
import org.ringfence.policy.EffectivePolicy;
import org.ringfence.policy.Operation;

/**
 * Judges by the policy alone what came of a sequence.
 *
 * @param policy the policy inside
 * @param inside the scenario's root inside
 * @param outside its copy
 * @param insideHost the directory of the host inside
 * @param outsideHost its copy
 */
record Oracle(
    EffectivePolicy policy, Path inside, Path outside, Path insideHost, Path outsideHost) {

  /** What has changed and must not, empty if nothing has. */
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

  /** The path of the denied file whose contents are shown, empty if none is. */
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

  /** A secret of a file that may not be read among what was told, empty if there is none. */
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

  /** Whether the policy says no to something that a step touched, so that it may fail inside. */
  boolean excuses(Step step, List<String> ways) {
    if (step.call().equals("connect")) {
      // Whose socket it is decides, and nobody's is none of the sandbox's own.
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
   * Whether roots are mounts of their own inside, between which the kernel neither moves nor links.
   * It says so before it looks at what the names lead to. The same is said of a name that leads up
   * and out of a directory that lies deeper than a path can say.
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
    return Set.of("connectto", "sendto").contains(step.call())
        && inner.equals("E13")
        && outer.startsWith("E");
  }

  private boolean isBelow(String way, String root) {
    Path path = Path.of(placed(way));
    return path.startsWith(inside.resolve(root));
  }

  /** Streams of the caller's are no names inside, and files of other places are not shown there. */
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
