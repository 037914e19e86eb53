package org.ringfence.windows.probe;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.ringfence.SandboxException;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.probe.StartupSelfTest.Canary;
import org.ringfence.windows.probe.StartupSelfTest.Report;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses a confinement of several, from the narrowest on. Programs must start in it; of those that
 * remain, the first in which the fewest canaries fail is taken. It is remembered, so that a later
 * JVM on the same build tries it first, and the slow canaries not again. A canary that does not end
 * in its time says nothing: it counts for no confinement, and nothing is remembered after it.
 *
 * @param <R> a confinement; its text tells it from the others
 */
public final class StartupLadder<R> {
  private static final Logger LOG = LoggerFactory.getLogger(StartupLadder.class);

  /** Runs canaries in a confinement. */
  public interface Trial<R> {
    /**
     * Runs them.
     *
     * @param rung the confinement
     * @param quick whether only the quick ones run
     * @return the results
     * @throws SandboxException if the confinement does not confine: no other is tried
     */
    Report run(R rung, boolean quick) throws SandboxException;
  }

  /**
   * A choice.
   *
   * @param rung the confinement
   * @param report the results of its canaries
   */
  public record Choice<R>(R rung, Report report) {}

  private final Installation installation;
  private final String mode;
  private final String conditions;

  /**
   * Prepares a choice.
   *
   * @param installation remembers it
   * @param mode the mode that the choice belongs to
   * @param conditions what the choice depends on besides, such as the build, in one line
   */
  public StartupLadder(Installation installation, String mode, String conditions) {
    this.installation = installation;
    this.mode = mode;
    this.conditions = conditions.replace('\n', ' ');
  }

  /**
   * Chooses a confinement.
   *
   * @param rungs the confinements, the narrowest first
   * @param trial runs canaries in one
   * @return the choice; with the last problem as its report and no confinement if nothing starts in
   *     any
   * @throws SandboxException if a confinement does not confine
   */
  public Choice<Optional<R>> choose(List<R> rungs, Trial<R> trial) throws SandboxException {
    Optional<Choice<Optional<R>>> remembered = remembered(rungs, trial);
    if (remembered.isPresent()) {
      return remembered.get();
    }
    Optional<R> best = Optional.empty();
    Report report = Report.failed("there is no confinement to try");
    boolean decided = true;
    for (R rung : rungs) {
      Report found = trial.run(rung, false);
      decided &= found.decided();
      boolean starts = found.problem().isEmpty();
      if (best.isEmpty() || starts && found.failing().size() < report.failing().size()) {
        report = found;
        best = starts ? Optional.of(rung) : best;
      }
      if (starts && found.failing().isEmpty()) {
        break;
      }
    }
    if (best.isPresent() && decided) {
      remember(best.get(), report);
    }
    return new Choice<>(best, report);
  }

  /** Returns the remembered choice if its quick canaries give what they gave then. */
  private Optional<Choice<Optional<R>>> remembered(List<R> rungs, Trial<R> trial)
      throws SandboxException {
    List<String> lines = installation.remembered(mode);
    if (lines.size() < 2 || !lines.get(0).equals(conditions)) {
      return Optional.empty();
    }
    Optional<R> rung =
        rungs.stream().filter(other -> other.toString().equals(lines.get(1))).findFirst();
    if (rung.isEmpty()) {
      return Optional.empty();
    }
    Map<Canary, String> then = new EnumMap<>(Canary.class);
    for (String line : lines.subList(2, lines.size())) {
      int space = line.indexOf(' ');
      for (Canary canary : Canary.values()) {
        if (space > 0 && canary.name().equals(line.substring(0, space))) {
          then.put(canary, line.substring(space + 1));
        }
      }
    }
    Report now = trial.run(rung.get(), true);
    Set<Canary> expected =
        then.keySet().stream()
            .filter(canary -> canary.quick() && !now.unknown().contains(canary))
            .collect(Collectors.toSet());
    boolean same = now.problem().isEmpty() && now.failing().keySet().equals(expected);
    return same
        ? Optional.of(new Choice<>(rung, new Report("", false, then, Set.of())))
        : Optional.empty();
  }

  private void remember(R rung, Report report) {
    List<String> lines = new ArrayList<>(List.of(conditions, rung.toString()));
    report
        .failing()
        .forEach((canary, why) -> lines.add(canary.name() + " " + why.replaceAll("\\s+", " ")));
    try {
      installation.remember(mode, lines);
    } catch (IOException e) {
      // The next JVM tries all of them again.
      LOG.debug("the choice for {} cannot be kept", mode, e);
    }
  }
}
