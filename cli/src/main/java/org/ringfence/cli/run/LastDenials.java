package org.ringfence.cli.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.policy.ProjectPolicy;
import org.ringfence.cli.policy.StateDirectory;
import org.ringfence.cli.report.RemedyText;
import org.ringfence.event.Remedies;
import org.ringfence.event.Remedy;
import org.ringfence.event.Violation;
import org.ringfence.policy.json.Additions;

/**
 * The denials of a workspace's last run that had any.
 *
 * @param run the run
 * @param policies the presets and files that made its policy
 * @param denials the denials
 */
public record LastDenials(Run run, List<String> policies, List<Denial> denials) {
  /** The most denials that are kept: a person reads no more. */
  private static final int MOST = 200;

  /**
   * A run.
   *
   * @param program the program alone: arguments may be secret
   * @param ended when it had ended, to the second
   * @param reported whether it looked for denials by the kernel alone
   */
  public record Run(String program, Instant ended, boolean reported) {}

  /**
   * A denial.
   *
   * @param what the operation and its target
   * @param addition the policy JSON that allows it; empty when none does
   * @param why why no policy allows it; empty when one does
   * @param near whether the addition reaches services near this machine
   */
  public record Denial(String what, String addition, String why, boolean near) {
    static Denial of(Violation denial, Remedies remedies) {
      String what = denial.operation() + " " + denial.target();
      Remedy remedy = remedies.of(denial);
      if (remedy instanceof Remedy.AllowName name) {
        // An addition that gives up a protection is not asked for along with others.
        String option = RemedyText.pasted(Additions.options(name));
        return new Denial(what, "", denial.rule() + "; to allow it all the same: " + option, false);
      }
      if (remedy instanceof Remedy.DecideOnHosts) {
        return new Denial(
            what, "", "a name was looked up; run --report names the host and its port", false);
      }
      return remedy instanceof Remedy.Addition addition
          ? new Denial(what, Additions.json(addition), "", RemedyText.isNear(remedy))
          : new Denial(
              what, "", remedy instanceof Remedy.None none ? none.why() : denial.rule(), false);
    }

    private Map<String, Object> tree() {
      Map<String, Object> tree = new LinkedHashMap<>();
      tree.put("what", what);
      tree.put("addition", addition);
      tree.put("why", why);
      tree.put("near", near);
      return tree;
    }

    private static Denial read(Map<?, ?> tree) {
      return new Denial(
          String.valueOf(tree.get("what")),
          String.valueOf(tree.get("addition")),
          String.valueOf(tree.get("why")),
          Boolean.TRUE.equals(tree.get("near")));
    }
  }

  static LastDenials of(Run run, List<String> policies, List<Violation> denials) {
    Remedies remedies = Remedies.ofThisMachine();
    return new LastDenials(
        run,
        policies,
        denials.stream().limit(MOST).map(denial -> Denial.of(denial, remedies)).toList());
  }

  /** Returns whether 'allow' has an addition for one of the denials. */
  boolean isAnyAllowed() {
    return denials.stream().anyMatch(denial -> !denial.addition().isEmpty());
  }

  private static String name(Path workspace) {
    byte[] path = workspace.toString().getBytes(StandardCharsets.UTF_8);
    return "denials/" + ProjectPolicy.hash(path).substring(0, 32) + ".json";
  }

  /** Stores them in place of those of an earlier run. */
  void keep(StateDirectory state, Path workspace) throws IOException {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("workspace", workspace.toString());
    tree.put("program", run.program());
    tree.put("ended", run.ended().getEpochSecond());
    tree.put("reported", run.reported());
    tree.put("policies", policies);
    tree.put("denials", denials.stream().map(Denial::tree).toList());
    state.write(name(workspace), JsonText.of(tree));
  }

  /** Reads the stored denials; empty when there are none. */
  public static Optional<LastDenials> of(StateDirectory state, Path workspace) throws IOException {
    Optional<String> text = state.read(name(workspace));
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Object> tree = JsonText.read(text.get());
    List<Denial> denials = new ArrayList<>();
    for (Object one : (List<?>) tree.get("denials")) {
      denials.add(Denial.read((Map<?, ?>) one));
    }
    Run run =
        new Run(
            String.valueOf(tree.getOrDefault("program", "a command")),
            Instant.ofEpochSecond(
                tree.get("ended") instanceof Number number ? number.longValue() : 0),
            Boolean.TRUE.equals(tree.get("reported")));
    return Optional.of(
        new LastDenials(
            run, ((List<?>) tree.get("policies")).stream().map(String::valueOf).toList(), denials));
  }

  /** Removes the stored denials: the policy now allows them. */
  public static void forget(StateDirectory state, Path workspace) throws IOException {
    state.remove(name(workspace));
  }
}
