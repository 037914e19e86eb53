package org.ringfence.conformance.fuzz;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.ringfence.SandboxException;

/**
 * Runs one scenario in its own JVM, because the standard input is part of the scenario. It runs
 * sequences of consecutive seeds until its bound, or replays given sequences.
 */
public final class Duel {
  /** Asks for what the policy forbids alone, without a comparison with results outside. */
  static final String BREACHES = "breaches";

  private static final int LENGTH = 60;
  private static final int MOST_FINDINGS = 12;

  private final Scenario scenario;
  private final Arena arena;
  private final long begin = System.nanoTime();
  private final Set<String> kinds = new HashSet<>();
  private long calls;

  private Duel(Scenario scenario, Arena arena) {
    this.scenario = scenario;
    this.arena = arena;
  }

  /**
   * Runs the scenario.
   *
   * @param args the scenario, the directory of the host, then seconds and the first seed, or
   *     sequences with empty lines between them; {@value #BREACHES} behind the seed for what the
   *     policy forbids alone
   * @throws Exception if the fuzzer itself is at fault
   */
  public static void main(String[] args) throws Exception {
    Scenario scenario = Scenario.parse(args[0]);
    int faults = 0;
    try (Arena arena = new Arena(scenario, Path.of(args[1]), args.length < 5)) {
      Duel duel = new Duel(scenario, arena);
      faults =
          args.length > 3 ? duel.search(args[2], Long.parseLong(args[3])) : duel.replay(args[2]);
    } catch (SandboxException e) {
      System.out.println("refused: " + scenario + ": " + e.getMessage());
    }
    System.out.flush();
    System.exit(Math.min(1, faults));
  }

  /** Returns a command with a different standard input, which may be a directory. */
  static List<String> withInput(Path input, List<String> command) {
    List<String> all =
        new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$@\" <\"$0\"", input.toString()));
    all.addAll(command);
    return all;
  }

  private int replay(String text) throws Exception {
    int faults = 0;
    for (String part : text.split("\n\n")) {
      Sequence sequence = Sequence.parse(part);
      Optional<String> fault = arena.fault(sequence);
      if (fault.isPresent()) {
        faults++;
        System.out.println(
            "FAULT in scenario " + scenario + "\n  " + fault.get() + "\n" + sequence);
      }
    }
    return faults;
  }

  /**
   * Searches for a number of seconds, or through a number of sequences if the bound ends with x.
   */
  private int search(String bound, long firstSeed) throws Exception {
    boolean counted = bound.endsWith("x");
    long most = Long.parseLong(counted ? bound.substring(0, bound.length() - 1) : bound);
    long until = begin + Duration.ofSeconds(most).toNanos();
    long seed = firstSeed;
    for (;
        (counted ? seed < firstSeed + most : System.nanoTime() < until)
            && kinds.size() < MOST_FINDINGS;
        seed++) {
      Sequence sequence = Sequence.draw(seed, LENGTH, scenario.runs() > 1);
      calls += LENGTH;
      Optional<String> fault = arena.fault(sequence);
      if (fault.isPresent()) {
        report(seed, sequence, fault.get());
      }
    }
    System.out.println(
        "ran "
            + scenario
            + ": seeds "
            + firstSeed
            + " to "
            + (seed - 1)
            + ", "
            + calls
            + " calls, "
            + seconds()
            + " s, faults of "
            + kinds.size()
            + " kinds");
    return kinds.size();
  }

  private long seconds() {
    return Duration.ofNanos(System.nanoTime() - begin).toSeconds();
  }

  private void report(long seed, Sequence sequence, String fault) throws Exception {
    if (kinds.contains(kind(fault))) {
      return;
    }
    long after = seconds();
    Sequence shortest =
        Shrinker.shrink(
            sequence,
            fewer -> arena.fault(fewer).filter(text -> kind(text).equals(kind(fault))).isPresent());
    kinds.add(kind(fault));
    System.out.println(
        new Finding(scenario, seed, calls, after, arena.fault(shortest).orElse(fault), shortest));
  }

  /** Returns the kind of a fault; each kind is reported once. */
  private static String kind(String fault) {
    return fault
        .replaceAll("^step \\d+: \\d (\\w+) .*: outside (.*), inside (.*) \\[.*$", "$1 $2 $3")
        .replaceAll("^read at step \\d+", "read")
        .replaceAll("^tree: .* outside.*$", "tree")
        .replaceAll("(?s) was .*$", "");
  }
}
