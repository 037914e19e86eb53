package org.ringfence.conformance.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.ProcessGrant;
import org.ringfence.spi.SandboxBackend;

/**
 * Where a case runs: the backend under test and the fixture.
 *
 * @param backend the backend
 * @param fixture the fixture
 */
public record TestContext(SandboxBackend backend, Fixture fixture) {

  /** Returns the fixture of a case that attacks something of the host, on any system. */
  public HostFixture host() {
    return (HostFixture) fixture;
  }

  /** Returns the fixture of a case of POSIX systems. */
  public PosixFixture posix() {
    return (PosixFixture) fixture;
  }

  /** Returns the fixture of a case of Windows. */
  public WindowsFixture windows() {
    return (WindowsFixture) fixture;
  }

  /**
   * Returns a policy by the name that cases use.
   *
   * @throws NotShownException if it needs the emulated Internet, and there is none
   */
  public SandboxPolicy policy(String name) throws IOException, NotShownException {
    return fixture instanceof WindowsFixture windows
        ? windows.policy(name, backend)
        : posixPolicy(name, posix());
  }

  private SandboxPolicy posixPolicy(String name, PosixFixture fixture)
      throws IOException, NotShownException {
    return switch (name) {
      case "write" -> write().build();
      case "read-only" -> Presets.load("read-only");
      case "no-loopback" -> write().ownLoopback(false).build();
      case "shared-tmp" -> write().tmp(org.ringfence.policy.TmpPolicy.SHARED).build();
      case "tracing" -> write().allow(ProcessGrant.PTRACE).build();
      case "sysv-ipc" -> write().allow(ProcessGrant.SYSV_IPC).build();
      case "host-port" -> write().hostLoopbackPort(fixture.tcp4Port()).build();
      case "unix-socket" -> write().unixSocket(fixture.unixPath().toString()).build();
      case "protected" ->
          write()
              .protectedNames(ProtectedNames.HOOKS_AND_CONFIG)
              .protectedPath(":workspace/policy.json")
              .protectedPath(":workspace/later.json")
              .build();
      case "git-read-only" -> write().protectedNames(ProtectedNames.READ_ONLY).build();
      case "globs" -> write().denyGlobs(List.of("**/.env", "**/*.pem")).build();
      case "roots" ->
          write()
              .protectedNames(ProtectedNames.HOOKS_AND_CONFIG)
              .write(fixture.outside().resolve("empty").toString())
              .write(":workspace/deep/middle/kept")
              .build();
      case "directory-globs" ->
          write().denyGlobs(List.of("kept/open/*", fixture.workspace() + "/deep/**/f*")).build();
      case "carved" ->
          write()
              .read(":workspace/kept")
              .write(":workspace/kept/open")
              .read(":workspace/deep/middle/kept")
              .none(":workspace/hidden")
              .write(":workspace/hidden/granted")
              .none(":workspace/secret")
              .none(":workspace/absent")
              .none(fixture.outside().resolve("directory").toString())
              .build();
      case "carved-writing" ->
          write().read(":workspace/kept").write(":workspace/kept/open").build();
      case "allowlist" -> allowlist(List.of()).build();
      case "server-name" -> allowlist(List.of()).checkServerName(true).build();
      case "every-test-host" ->
          allowlist(
                  List.of(
                      "forbidden.test",
                      "*.other.test",
                      "wild.test",
                      "*.tunnel.test",
                      "*.repo.test",
                      "*.wild.test",
                      OutsideWorld.ALLOWED,
                      OutsideWorld.FORBIDDEN))
              .build();
      case "minimal" ->
          write()
              .fileDefault(FileDefault.MINIMAL)
              .rule(
                  fixture.library().toString(), org.ringfence.policy.Access.READ, MissingPath.SKIP)
              .build();
      default -> throw new IllegalArgumentException("no policy " + name);
    };
  }

  /**
   * Returns an allowlist with some names of the emulated Internet; with more hosts none of them is
   * denied.
   */
  PolicyBuilder allowlist(List<String> more) throws NotShownException {
    String port = ":" + posix().world().port();
    String raw = ":" + posix().world().rawPort();
    PolicyBuilder builder =
        write()
            .network(NetworkMode.ALLOWLIST)
            .dnsServer("127.0.0.1:" + posix().world().dnsPort())
            .privateRange("127.0.0.0/8")
            .privateRange("::1");
    if (more.isEmpty()) {
      builder.denyHost("denied.wild.test");
    }
    for (String host :
        List.of(
            "repo.test", "six.test", "alias.test", "*.wild.test", "rebound.test", "flip.test")) {
      builder.allowHost(host + port);
    }
    builder.allowHost("repo.test" + raw);
    more.forEach(host -> builder.allowHost(host + port).allowHost(host + raw));
    return builder;
  }

  public static PolicyBuilder write() {
    return Presets.load("workspace-write").toBuilder().protectedNames(ProtectedNames.OFF);
  }

  /**
   * Restricts a case to commands that this process can inspect: their handle, temporary directory,
   * mounts and variables.
   *
   * @throws NotShownException if commands run in another system than this process does
   */
  public static void onThisSystem(Sandbox sandbox) throws NotShownException {
    if (sandbox.plan().guarantees().stream()
        .anyMatch(one -> one.guarantee() == Guarantee.WSL_DOORS)) {
      throw NotShownException.notApplicable(
          "commands run in a distribution, which has processes, mounts, variables and temporary"
              + " directories of its own");
    }
  }

  /**
   * Opens a sandbox. Guarantees that the case does not need may be weaker than enforced.
   *
   * @throws NotShownException if a guarantee that the case needs is not enforced here
   */
  public Sandbox open(SandboxPolicy policy, List<String> needs)
      throws SandboxException, NotShownException {
    return open(policy, needs, fixture.workspace());
  }

  /**
   * Returns whether a case of a guarantee can show something. The cases of Windows and of WSL2's
   * doors try directly the actions of programs by mistake, so they show something of an advisory
   * guarantee, too.
   */
  private boolean applies(PlannedGuarantee guarantee) {
    return guarantee.level() == Enforcement.ENFORCED
        || guarantee.level() == Enforcement.ADVISORY
            && (guarantee.guarantee() == Guarantee.WSL_DOORS || fixture instanceof WindowsFixture);
  }

  /**
   * Asks the backend for its plan.
   *
   * @return the plan
   * @throws NotShownException if the backend cannot run here, or does not promise what the case
   *     needs
   */
  public SandboxPlan require(SandboxPolicy policy, List<String> needs, Path workspace)
      throws NotShownException {
    SandboxPlan plan = backend.plan(EffectivePolicy.of(policy, PathContext.current(workspace)));
    if (!plan.availability().usable()) {
      throw NotShownException.notApplicable(String.join("; ", plan.availability().reasons()));
    }
    for (PlannedGuarantee guarantee : plan.guarantees()) {
      if (guarantee.guarantee() == Guarantee.WSL_DOORS && fixture instanceof WindowsFixture) {
        throw NotShownException.notApplicable(
            "commands are those of Linux: run ringfence verify in the distribution");
      }
      if (needs.contains(guarantee.id()) && !applies(guarantee)) {
        throw NotShownException.notApplicable(guarantee.id() + ": " + guarantee.reason());
      }
    }
    return plan;
  }

  /** Opens a sandbox for another workspace. */
  public Sandbox open(SandboxPolicy policy, List<String> needs, Path workspace)
      throws SandboxException, NotShownException {
    return open(policy, needs, workspace, opener -> opener);
  }

  /** Opens a sandbox with hooks. */
  public Sandbox open(
      SandboxPolicy policy, List<String> needs, Path workspace, UnaryOperator<Sandbox.Opener> hooks)
      throws SandboxException, NotShownException {
    require(policy, needs, workspace);
    Sandbox.Opener opener =
        Sandbox.opener(policy.toBuilder().strictness(Strictness.Mode.BEST_EFFORT).build())
            .workspace(workspace)
            .backends(Backends.of(List.of(backend)));
    return hooks.apply(opener).open();
  }
}
