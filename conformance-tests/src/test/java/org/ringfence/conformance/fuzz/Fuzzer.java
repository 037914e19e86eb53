package org.ringfence.conformance.fuzz;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts a JVM for each scenario, one after the other. */
public final class Fuzzer {
  private Fuzzer() {}

  /**
   * Runs the fuzzer by hand.
   *
   * @param args backend, seconds for all scenarios together or, with an x behind it, the number of
   *     sequences of each; the first seed; the number of a scenario to run that one alone; and
   *     "breaches" to look for what the policy forbids alone, which a state of the project that
   *     fails otherwise in many ways shows sooner
   * @throws Exception if the fuzzer itself is at fault
   */
  public static void main(String[] args) throws Exception {
    List<Scenario> all = Scenario.all(args[0]);
    List<Scenario> chosen = args.length > 3 ? List.of(all.get(Integer.parseInt(args[3]))) : all;
    String bound =
        args[1].endsWith("x") ? args[1] : Long.toString(Long.parseLong(args[1]) / chosen.size());
    System.out.println("from seed " + args[2]);
    int faults = 0;
    for (Scenario scenario : chosen) {
      List<String> what = new ArrayList<>(List.of(bound, args[2]));
      if (args.length > 4) {
        what.add(Duel.BREACHES);
      }
      String faulty = run(scenario, what);
      System.out.print(faulty);
      faults += faulty.isEmpty() ? 0 : 1;
    }
    System.exit(faults);
  }

  /**
   * Runs a scenario; returns the output of its JVM if it found a fault or failed, otherwise an
   * empty text.
   */
  static String run(Scenario scenario, List<String> what) throws Exception {
    Path base = Files.createTempDirectory(Path.of("/tmp"), "ringfence-fuzz-");
    try {
      Terrain host = Terrain.host(base.resolve("in"));
      host.reset();
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      if (Runtime.version().feature() >= 22) {
        command.add("--enable-native-access=ALL-UNNAMED");
      }
      command.addAll(List.of("-Xlog:disable", "-cp", System.getProperty("java.class.path")));
      command.addAll(List.of(Duel.class.getName(), scenario.toString(), base.toString()));
      command.addAll(what);
      Process process =
          new ProcessBuilder(Duel.withInput(scenario.input(host.directory()), command))
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exit = process.waitFor();
      return exit == 0 ? "" : "exit " + exit + "\n" + printed;
    } finally {
      Terrain.remove(base);
    }
  }
}
