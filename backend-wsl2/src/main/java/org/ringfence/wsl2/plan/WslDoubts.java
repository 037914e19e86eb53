package org.ringfence.wsl2.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.Guarantee;

/**
 * Lowers the guarantees of a plan that the sources of WSL contradict, and marks all of them as not
 * tried on a real WSL2. Pure.
 */
public final class WslDoubts {
  private static final Set<Guarantee> NAMES =
      Set.of(
          Guarantee.FILES_PROTECTED_NAMES,
          Guarantee.FILES_PROTECTED_PATHS,
          Guarantee.FILES_DENY_GLOBS,
          Guarantee.FILES_WRITE,
          Guarantee.FILES_METADATA,
          Guarantee.FILES_READ);

  private static final String DOORS =
      "No program of Windows is started, and no drive, desktop or other distribution is reached that"
          + " no rule names; a drive that somebody mounts while a command runs may be reached by that"
          + " command";

  private static final Set<Guarantee> LOOPBACK =
      Set.of(
          Guarantee.NETWORK_HOST_LOOPBACK,
          Guarantee.NETWORK_OWN_LOOPBACK,
          Guarantee.NETWORK_PUBLISH);

  private WslDoubts() {}

  private static PlannedGuarantee shared(PlannedGuarantee guarantee) {
    return new PlannedGuarantee(
        guarantee.guarantee(),
        guarantee.statement()
            + "; with networkingMode mirrored the host's loopback is that of Windows, too: a port"
            + " that is granted or published is also one of Windows",
        guarantee.level(),
        guarantee.mechanism(),
        guarantee.reason(),
        guarantee.remedy(),
        guarantee.verification());
  }

  /**
   * Adds that the doors cannot be tried from inside with a policy, for the other side.
   *
   * @param planned the guarantees of the distribution's backend
   * @param problem why not; empty if they can
   * @return the guarantees
   */
  public static List<PlannedGuarantee> withUntriedDoors(
      List<PlannedGuarantee> planned, Optional<String> problem) {
    List<PlannedGuarantee> all = new ArrayList<>(planned);
    problem.ifPresent(
        reason ->
            all.add(
                PlannedGuarantee.advisory(
                    Guarantee.WSL_DOORS,
                    DOORS,
                    "",
                    reason,
                    "read for that program, or --best-effort " + Guarantee.WSL_DOORS)));
    return all;
  }

  /**
   * Lowers a plan's guarantees to the levels known to hold in a distribution.
   *
   * @param planned the guarantees of the distribution's backend, and that its doors are untried
   * @param paths the names of paths there
   * @param shortNamed paths on drives of Windows that the policy takes access away from, by the
   *     short names of Windows
   * @param trialProblem why doors cannot be tried from inside; empty if they can
   * @param mirrored whether the distribution's loopback is also that of Windows
   * @return the guarantees, with the one about doors, at the levels known to hold
   */
  public static List<PlannedGuarantee> apply(
      List<PlannedGuarantee> planned,
      WslPaths paths,
      List<String> shortNamed,
      String trialProblem,
      boolean mirrored) {
    List<PlannedGuarantee> all = new ArrayList<>();
    Optional<PlannedGuarantee> untried = Optional.empty();
    for (PlannedGuarantee guarantee : planned) {
      if (guarantee.guarantee() == Guarantee.WSL_DOORS) {
        untried = Optional.of(guarantee);
        continue;
      }
      all.add(
          !shortNamed.isEmpty() && NAMES.contains(guarantee.guarantee())
              ? guarantee.weakened(
                  shortNamed.get(0)
                      + " has a short name of Windows in it, which the rule holds, and not the long"
                      + " name of the same file",
                  "the long name")
              : guarantee);
    }
    String mechanism =
        "hidden: "
            + String.join(", ", GuestPolicy.doors(paths))
            + ", each mounted drive and what distributions share; sockets of the virtual machine's"
            + " host are not made; each mounted drive, with two entries, and each other door is tried"
            + " from inside when the sandbox opens, which one that leads out ends; no command starts"
            + " after a drive is mounted where it may look";
    String problem =
        trialProblem.isEmpty() ? untried.map(PlannedGuarantee::reason).orElse("") : trialProblem;
    String remedy =
        trialProblem.isEmpty()
            ? untried.map(PlannedGuarantee::remedy).orElse("")
            : "sudo apt-get install perl, or --best-effort " + Guarantee.WSL_DOORS;
    all.add(
        problem.isEmpty()
            ? PlannedGuarantee.enforced(Guarantee.WSL_DOORS, DOORS, mechanism)
            : PlannedGuarantee.advisory(Guarantee.WSL_DOORS, DOORS, mechanism, problem, remedy));
    return all.stream()
        .map(
            guarantee ->
                mirrored && LOOPBACK.contains(guarantee.guarantee())
                    ? shared(guarantee)
                    : guarantee)
        .map(guarantee -> guarantee.withVerification(PlannedGuarantee.NOT_ON_A_REAL_SYSTEM))
        .toList();
  }
}
