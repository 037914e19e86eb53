package org.ringfence.wsl2;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ringfence.SandboxException;
import org.ringfence.SandboxRefusedException;
import org.ringfence.linux.BubblewrapBackend;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileRule;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendInfo.Fit;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.RemoteBackend;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Verification;
import org.ringfence.spi.VerifiedBackend;
import org.ringfence.spi.VerifiedBuilds;
import org.ringfence.spi.Workload;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.ringfence.wsl2.discovery.WslDiscovery;
import org.ringfence.wsl2.distribution.WslProgram;
import org.ringfence.wsl2.distribution.WslSandboxes;
import org.ringfence.wsl2.java.GuestSandboxes;
import org.ringfence.wsl2.plan.GuestFacts;
import org.ringfence.wsl2.plan.GuestPolicy;
import org.ringfence.wsl2.plan.WslDoubts;
import org.ringfence.wsl2.plan.WslPaths;
import org.ringfence.wsl2.script.ScriptSandboxes;

/** Windows: the Linux sandbox inside a WSL2 distribution, with the doors back to Windows shut. */
public final class Wsl2Backend implements SandboxBackend, RemoteBackend, VerifiedBackend {
  private static final BackendInfo INFO =
      BackendInfo.of(
              "wsl2",
              HostSystem.WINDOWS,
              100,
              "Windows: the Linux sandbox inside a WSL2 distribution")
          .fits(
              Workload.AGENT,
              Fit.BEST,
              "the sandbox of Linux, with the doors to Windows shut; tools of Linux")
          .fits(
              Workload.BUILD,
              Fit.GOOD,
              "tools of Linux; slow where the workspace lies on a drive of Windows")
          .fits(
              Workload.SHARE,
              Fit.BEST,
              "a copy in the distribution: its files have lists and permissions");

  /** The system property that names a distribution. */
  public static final String DISTRIBUTION = "ringfence.wsl.distribution";

  private static final WslPaths USUAL = new WslPaths("Ubuntu", "/mnt/");
  private static final String HOME = "/home/user";
  private static final Pattern SHORT_NAME = Pattern.compile("~[0-9]");
  private static final String ON_DRIVE =
      "on a drive of Windows: slow there, without notifications, and with the permissions of"
          + " Windows";

  private final Optional<WslDiscovery> standIn;
  private Found found;

  /** The result of the search: sandboxes, or the reasons why there are none. */
  private record Found(
      Availability availability,
      Optional<WslSandboxes> sandboxes,
      WslPaths paths,
      Optional<GuestFacts> guest) {}

  /** For {@link java.util.ServiceLoader}. */
  public Wsl2Backend() {
    this(Optional.empty());
  }

  /**
   * Makes a backend with a program in place of {@code wsl.exe}, on any system: for conformance
   * tests.
   *
   * @param program the program, with arguments that it needs before those of {@code wsl.exe}
   * @return the backend
   */
  public static Wsl2Backend with(List<String> program) {
    return new Wsl2Backend(Optional.of(WslDiscovery.with(program)));
  }

  /**
   * As {@link #with(List)}, and keeps the reports of distributions.
   *
   * @param program the program
   * @param kept the directory of the reports
   * @return the backend
   */
  public static Wsl2Backend with(List<String> program, Path kept) {
    return new Wsl2Backend(Optional.of(WslDiscovery.with(program, kept)));
  }

  private Wsl2Backend(Optional<WslDiscovery> standIn) {
    this.standIn = standIn;
  }

  @Override
  public BackendInfo info() {
    return INFO;
  }

  private synchronized Found found() {
    if (found == null) {
      found = looked();
    }
    return found;
  }

  private Found looked() {
    if (standIn.isEmpty() && PathStyle.current() != PathStyle.WINDOWS) {
      return none(Availability.unavailable("this is not Windows", ""));
    }
    return looked(discovery(), false);
  }

  private WslDiscovery discovery() {
    return standIn.orElseGet(
        () ->
            new WslDiscovery(
                System.getenv(), Optional.ofNullable(System.getProperty(DISTRIBUTION))));
  }

  /** Looks for a distribution; the second time also if its earlier report cannot be forgotten. */
  private static Found looked(WslDiscovery discovery, boolean again) {
    WslDiscovery.Found there = discovery.look();
    if (!there.availability().usable() || there.guest().isEmpty()) {
      return none(there.availability());
    }
    WslPaths paths = discovery.paths(there.distribution(), there.guest().get());
    WslSandboxes sandboxes = sandboxes(discovery.program(), paths, there.guest().get());
    try {
      GuestMessage.Planned tried =
          sandboxes.plan(SandboxPolicy.builder().build(), System.getProperty("user.dir"));
      String boot = tried.facts().getOrDefault(GuestFacts.BOOT, "");
      if (there.remembered() && !again && !there.guest().get().boot().equals(boot)) {
        // The kernel and the networking mode may be others since then.
        discovery.forget(there.distribution());
        return looked(discovery, true);
      }
      Map<String, String> facts = new LinkedHashMap<>(there.facts());
      facts.putAll(tried.facts());
      facts.remove(GuestFacts.BOOT);
      return new Found(
          new Availability(tried.usable(), tried.reasons(), tried.remedies(), facts),
          Optional.of(sandboxes),
          paths,
          there.guest());
    } catch (SandboxException e) {
      if (there.remembered() && !again) {
        // The distribution has changed since then.
        discovery.forget(there.distribution());
        return looked(discovery, true);
      }
      return none(
          new Availability(
              false, List.of(e.getMessage()), List.of("wsl --shutdown"), there.facts()));
    }
  }

  /** Returns sandboxes by a guest of Java, where the distribution has Java, else by scripts. */
  private static WslSandboxes sandboxes(WslProgram program, WslPaths paths, GuestFacts guest) {
    return guest.lacksOfGuest().isEmpty()
        ? new GuestSandboxes(program, paths)
        : new ScriptSandboxes(program, paths, guest, guest.arch().orElseThrow());
  }

  private static Found none(Availability availability) {
    return new Found(availability, Optional.empty(), USUAL, Optional.empty());
  }

  @Override
  public Availability probe() {
    return found().availability();
  }

  @Override
  public SandboxPlan plan(EffectivePolicy policy) {
    Found here = found();
    if (here.sandboxes().isEmpty() || !here.availability().usable()) {
      return new SandboxPlan(INFO.id(), policy, here.availability(), List.of());
    }
    try {
      GuestMessage.Planned planned =
          here.sandboxes().get().plan(policy.policy(), policy.places().workspace());
      Map<String, String> facts = new LinkedHashMap<>(planned.facts());
      facts.remove(GuestFacts.BOOT);
      if (here.paths().onDrive(inside(here.paths(), policy.places().workspace()))) {
        facts.put("workspace", ON_DRIVE);
      }
      Availability there =
          new Availability(planned.usable(), planned.reasons(), planned.remedies(), facts);
      List<PlannedGuarantee> guarantees =
          there.usable()
              ? remarked(
                  WslDoubts.apply(
                      planned.guarantees(),
                      here.paths(),
                      shortNamed(here.paths(), policy.policy()),
                      here.guest().map(GuestFacts::trialProblem).orElse(""),
                      here.guest().map(GuestFacts::mirrored).orElse(false)))
              : planned.guarantees();
      return new SandboxPlan(INFO.id(), policy, there, guarantees);
    } catch (SandboxException e) {
      return new SandboxPlan(
          INFO.id(), policy, Availability.unavailable(e.getMessage(), ""), List.of());
    }
  }

  /**
   * Returns the guarantees, without a remark where a first run has shown them on this very build.
   */
  private List<PlannedGuarantee> remarked(List<PlannedGuarantee> planned) throws SandboxException {
    Optional<VerifiedBuilds> results = verifiedBuilds();
    return results.isEmpty()
        ? planned
        : results.get().remarked(INFO.id(), build(), VerifiedBuilds.NOT_YET, planned);
  }

  @Override
  public String build() throws SandboxException {
    Found here = found();
    if (here.guest().isEmpty()) {
      throw new SandboxException(String.join("; ", here.availability().reasons()));
    }
    return System.getProperty("os.name")
        + " "
        + System.getProperty("os.version")
        + ", "
        + here.paths().distribution()
        + ", "
        + here.guest().get().build();
  }

  private static String inside(WslPaths paths, String path) {
    return path.startsWith("/") ? path : paths.toLinux(path);
  }

  /** Returns the paths on drives that the policy takes access away from by short names. */
  private static List<String> shortNamed(WslPaths paths, SandboxPolicy policy) {
    return Stream.concat(
            policy.rules().stream()
                .filter(rule -> rule.access() != Access.WRITE)
                .map(FileRule::path),
            policy.protectedPaths().stream())
        .filter(path -> !path.startsWith(":") && !path.startsWith("~"))
        .filter(path -> SHORT_NAME.matcher(path).find() && paths.onDrive(inside(paths, path)))
        .toList();
  }

  @Override
  public String explain(EffectivePolicy policy) {
    SandboxPolicy inside = GuestPolicy.of(policy.policy(), USUAL);
    String workspace = policy.places().workspace();
    String there = inside(USUAL, workspace);
    StringBuilder text =
        new StringBuilder("workspace ").append(workspace).append(" is ").append(there).append('\n');
    if (USUAL.onDrive(there)) {
      text.append("it lies ").append(ON_DRIVE).append('\n');
    }
    GuestPolicy.doors(USUAL)
        .forEach(
            door -> text.append("door shut unless a rule opens it: ").append(door).append('\n'));
    return text.append(
            new BubblewrapBackend()
                .explain(EffectivePolicy.of(inside, PathContext.of(PathStyle.POSIX, there, HOME))))
        .toString();
  }

  @Override
  public Optional<Boolean> verify(Verification.Request request, Appendable report)
      throws IOException {
    Found here = found();
    return here.sandboxes().isEmpty()
        ? Optional.empty()
        : Optional.of(here.sandboxes().get().verify(request, report));
  }

  @Override
  public List<String> unconfined(List<String> command) {
    Found here = found();
    return here.sandboxes().isEmpty()
        ? command
        : discovery().program().unconfined(here.paths().distribution(), command);
  }

  @Override
  public BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException {
    Found here = found();
    if (here.sandboxes().isEmpty() || !plan.acceptable()) {
      throw new SandboxRefusedException(List.of(plan));
    }
    return here.sandboxes()
        .get()
        .open(plan.policy().policy(), plan.policy().places().workspace(), listener);
  }
}
