package org.ringfence.wsl2.discovery;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ringfence.plan.Availability;
import org.ringfence.wsl2.bind.DriveLetters;
import org.ringfence.wsl2.distribution.WslProgram;
import org.ringfence.wsl2.plan.GuestFacts;
import org.ringfence.wsl2.plan.WslDistribution;
import org.ringfence.wsl2.plan.WslFailure;
import org.ringfence.wsl2.plan.WslPaths;

/** Finds the distribution for sandboxes, and its features. */
public final class WslDiscovery {
  private static final String SCRIPT = "guest-facts.sh";
  private static final Set<String> UNTOLD =
      Set.of(
          "end",
          "user",
          "interop",
          "program",
          "procfs",
          "lacking",
          "terminal",
          "home",
          "mounts",
          GuestFacts.BOOT,
          "tries");
  private static final String INSTALL = "wsl --install -d Ubuntu";

  private final Optional<WslProgram> program;
  private final Optional<String> wanted;
  private final KnownDistributions known;

  /**
   * The result of a search.
   *
   * @param reasons the reasons why no sandbox is possible; empty when one is
   * @param remedies the remedies
   * @param facts the known facts of the machine and the distribution
   * @param distribution its name; empty when none was asked
   * @param guest the distribution's own report; empty when it was not asked
   * @param remembered whether it reported to an earlier process
   */
  public record Found(
      List<String> reasons,
      List<String> remedies,
      Map<String, String> facts,
      String distribution,
      Optional<GuestFacts> guest,
      boolean remembered) {
    /**
     * Returns the result as backends report it.
     *
     * @return not usable, unless there is no reason
     */
    public Availability availability() {
      return new Availability(reasons.isEmpty(), reasons, remedies, facts);
    }
  }

  /**
   * Prepares the search.
   *
   * @param environment the environment of this process
   * @param wanted the name of the distribution; empty for the user's default
   */
  public WslDiscovery(Map<String, String> environment, Optional<String> wanted) {
    this(WslProgram.ofSystem(environment), wanted, KnownDistributions.ofSystem(environment));
  }

  /**
   * Prepares a search with a program in place of {@code wsl.exe}.
   *
   * @param program the program, with arguments that it needs before those of {@code wsl.exe}
   * @return discovery of the default distribution
   */
  public static WslDiscovery with(List<String> program) {
    return new WslDiscovery(
        Optional.of(new WslProgram(program)),
        Optional.empty(),
        new KnownDistributions(Optional.empty()));
  }

  /**
   * As {@link #with(List)}, and keeps the reports of distributions.
   *
   * @param program the program
   * @param kept the directory of the reports
   * @return discovery of the default distribution
   */
  public static WslDiscovery with(List<String> program, Path kept) {
    return new WslDiscovery(
        Optional.of(new WslProgram(program)),
        Optional.empty(),
        new KnownDistributions(Optional.of(kept)));
  }

  WslDiscovery(Optional<WslProgram> program, Optional<String> wanted, KnownDistributions known) {
    this.program = program;
    this.wanted = wanted;
    this.known = known;
  }

  /**
   * Searches for a distribution.
   *
   * @return the result
   */
  public Found look() {
    if (program.isEmpty()) {
      return missing("there is no wsl.exe in the system's directory", INSTALL);
    }
    try {
      WslProgram.Answer listed = program.get().ask(new byte[0], "--list", "--verbose");
      Optional<WslFailure> failure = WslFailure.in(listed.output());
      if (failure.isPresent()) {
        return missing(failure.get().reason(), failure.get().remedy());
      }
      List<WslDistribution> distributions = WslDistribution.list(listed.output());
      Optional<WslDistribution> chosen = chosen(distributions);
      if (chosen.isEmpty()) {
        return wanted.isPresent()
            ? missing(
                "there is no distribution '"
                    + wanted.get()
                    + "' for this user, there are "
                    + distributions.stream().map(WslDistribution::name).toList(),
                "one of these")
            : missing("this user has no distribution of their own", INSTALL);
      }
      return asked(chosen.get());
    } catch (IOException e) {
      return missing(e.getMessage(), "wsl --shutdown, and a second try");
    }
  }

  /**
   * Forgets the report of a distribution to an earlier process.
   *
   * @param distribution its name
   */
  public void forget(String distribution) {
    program.ifPresent(wsl -> known.forget(wsl.identity() + "\n" + distribution));
  }

  /**
   * Returns the names of paths in a distribution.
   *
   * @param distribution its name
   * @param guest its facts
   * @return the paths
   */
  public WslPaths paths(String distribution, GuestFacts guest) {
    return new WslPaths(distribution, guest.automount(), DriveLetters.elsewhere(), guest.doors());
  }

  /**
   * Returns the program that starts commands in a distribution.
   *
   * @return the program; {@link #look} has found a distribution with it
   */
  public WslProgram program() {
    return program.orElseThrow();
  }

  private Optional<WslDistribution> chosen(List<WslDistribution> distributions) {
    return distributions.stream()
        .filter(one -> wanted.map(one.name()::equalsIgnoreCase).orElse(one.standard()))
        .findFirst();
  }

  private Found missing(String reason, String remedy) {
    return new Found(List.of(reason), List.of(remedy), Map.of(), "", Optional.empty(), false);
  }

  private Found asked(WslDistribution distribution) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("WSL distribution", distribution.name() + ", " + distribution.state());
    if (distribution.version() == 1) {
      return new Found(
          List.of(distribution.name() + " is WSL1, which has neither namespaces nor Landlock"),
          List.of("wsl --set-version " + distribution.name() + " 2"),
          facts,
          distribution.name(),
          Optional.empty(),
          false);
    }
    String identity = program.get().identity() + "\n" + distribution.name();
    Optional<GuestFacts> remembered = known.of(identity);
    if (remembered.isPresent()) {
      return told(distribution, facts, remembered.get(), true);
    }
    WslProgram.Answer answer =
        program.get().ask(script(), "-d", distribution.name(), "--exec", "/bin/sh", "-s");
    GuestFacts guest = GuestFacts.of(new String(answer.output(), StandardCharsets.UTF_8));
    if (!guest.complete()) {
      Optional<WslFailure> failure = WslFailure.in(answer.output());
      return new Found(
          List.of(
              failure
                  .map(WslFailure::reason)
                  .orElse(
                      distribution.name()
                          + " does not answer: /bin/sh ended with "
                          + answer.exit())),
          failure.map(one -> List.of(one.remedy())).orElse(List.of()),
          facts,
          distribution.name(),
          Optional.empty(),
          false);
    }
    if (guest.lacks().isEmpty() && guest.lacksOfGuest().isEmpty()) {
      known.keep(identity, guest);
    }
    return told(distribution, facts, guest, false);
  }

  private static Found told(
      WslDistribution distribution,
      Map<String, String> facts,
      GuestFacts guest,
      boolean remembered) {
    guest.told().forEach((name, value) -> describe(facts, name, value));
    facts.put("guest", guest.guest());
    facts.put("interop", guest.interop() ? "on" : "off in wsl.conf: one door fewer");
    return new Found(
        guest.lacks().stream().map(lack -> distribution.name() + ": " + lack.reason()).toList(),
        guest.lacks().stream()
            .map(lack -> lack.remedy().replace("NAME", distribution.name()))
            .toList(),
        facts,
        distribution.name(),
        Optional.of(guest),
        remembered);
  }

  private static void describe(Map<String, String> facts, String name, String value) {
    if (!value.isEmpty() && !UNTOLD.contains(name)) {
      facts.put(name, value);
    }
  }

  private static byte[] script() throws IOException {
    try (InputStream script = WslDiscovery.class.getResourceAsStream(SCRIPT)) {
      if (script == null) {
        throw new IOException(SCRIPT + " is not in this archive");
      }
      return script.readAllBytes();
    }
  }
}
