package org.ringfence.linux.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.ringfence.linux.plan.HostTree.Kind;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;

class BubblewrapCompilerTest {
  private static final PathContext PLACES =
      PathContext.of(PathStyle.POSIX, "/ws", "/home/me").withPrivateTmp("/tmp/ringfence-x");
  private static final BubblewrapFeatures FEATURES = BubblewrapFeatures.ASSUMED;

  private static PolicyBuilder writing() {
    return SandboxPolicy.builder().write(":workspace");
  }

  /** Returns the options with their values, one string each. */
  private static List<String> compile(EffectivePolicy policy, HostTree tree) {
    List<String> options = new ArrayList<>();
    for (String word : BubblewrapCompiler.compile(policy, tree, FEATURES)) {
      if (word.startsWith("--")) {
        options.add(word);
      } else {
        int last = options.size() - 1;
        options.set(last, options.get(last) + " " + word);
      }
    }
    return options;
  }

  private static List<String> compile(PolicyBuilder policy) {
    return compile(EffectivePolicy.of(policy.build(), PLACES), HostTree.ASSUMED);
  }

  @Test
  void workspaceWritePolicyCompilesToTheseOptions() {
    assertThat(compile(writing()))
        .containsExactly(
            "--unshare-user",
            "--unshare-ipc",
            "--unshare-uts",
            "--unshare-pid",
            "--unshare-net",
            "--die-with-parent",
            "--cap-drop ALL",
            "--ro-bind / /",
            "--dev /dev",
            "--proc /proc",
            "--bind /tmp/ringfence-x /tmp",
            "--bind /ws /ws",
            "--perms 0555",
            "--tmpfs /sys/class/net",
            "--perms 0555",
            "--tmpfs /sys/devices/virtual/net",
            "--remount-ro /sys/devices/virtual/net",
            "--remount-ro /sys/class/net",
            "--remount-ro /dev");
  }

  @Test
  void carveOutsAreOrderedByDepth() {
    assertThat(
            compile(
                writing()
                    .write("/ws/denied/open")
                    .none("/ws/denied")
                    .read("/ws/kept")
                    .write("/ws/kept/open")
                    .none("/ws/kept/open/secret")))
        .containsSubsequence(
            "--bind /ws /ws",
            "--perms 0111",
            "--tmpfs /ws/denied",
            "--ro-bind /ws/kept /ws/kept",
            "--bind /ws/denied/open /ws/denied/open",
            "--bind /ws/kept/open /ws/kept/open",
            "--perms 0000",
            "--tmpfs /ws/kept/open/secret",
            "--remount-ro /ws/denied");
  }

  @Test
  void deniedFileBecomesTheNullDeviceAndAMissingOneIsOmitted() {
    HostTree tree =
        path ->
            path.endsWith("file")
                ? Kind.FILE
                : path.endsWith("missing") ? Kind.MISSING : Kind.DIRECTORY;
    List<String> options =
        compile(
            EffectivePolicy.of(writing().none("/ws/file").none("/ws/missing").build(), PLACES),
            tree);
    assertThat(options).contains("--ro-bind /dev/null /ws/file");
    assertThat(String.join(" ", options))
        .as("no option names a missing path, because bubblewrap would create it on the host")
        .doesNotContain("missing");
  }

  @Test
  void alreadyGrantedPathsAreNotMountedAgain() {
    assertThat(compile(writing().write("/ws/inner").read("/etc/ssl")))
        .noneMatch(option -> option.contains("/ws/inner") || option.contains("/etc/ssl"));
  }

  @Test
  void minimalDefaultMountsOnlyNamedDirectories() {
    List<String> options = compile(writing().fileDefault(FileDefault.MINIMAL));
    assertThat(options).doesNotContain("--ro-bind / /");
    assertThat(options)
        .contains("--ro-bind /usr /usr", "--bind /ws /ws", "--remount-ro /")
        .noneMatch(option -> option.contains(" /home"));
  }

  @Test
  void onlyFullNetworkSharesTheHostsNetwork() {
    assertThat(compile(writing())).contains("--unshare-net");
    assertThat(compile(writing().network(NetworkMode.FULL))).doesNotContain("--unshare-net");
    assertThat(compile(writing().hostLoopbackPort(80))).contains("--unshare-net");
    assertThat(compile(writing().network(NetworkMode.ALLOWLIST))).contains("--unshare-net");
  }

  @Test
  void keptLeftoversShareTheHostsProcesses() {
    Lifetime keep = new Lifetime(Lifetime.Leftovers.KEEP, Lifetime.Leftovers.KEEP);
    assertThat(compile(writing().lifetime(keep)))
        .doesNotContain("--unshare-pid", "--die-with-parent", "--proc /proc")
        .contains("--ro-bind /proc /proc");
  }

  @Test
  void workspaceBelowTmpShowsTheHostsFiles() {
    PathContext below =
        PathContext.of(PathStyle.POSIX, "/tmp/ws", "/home/me").withPrivateTmp("/tmp/ringfence-x");
    EffectivePolicy policy = EffectivePolicy.of(writing().read("/tmp/cache").build(), below);
    assertThat(compile(policy, HostTree.ASSUMED))
        .containsSubsequence(
            "--bind /tmp/ringfence-x /tmp",
            "--ro-bind /tmp/cache /tmp/cache",
            "--bind /tmp/ws /tmp/ws");
    FileView view = new FileView(Optional.of("/tmp/ringfence-x"), true, true, policy);
    assertThat(view.policyPath("/tmp/ws/file")).isEqualTo("/tmp/ws/file");
    assertThat(view.policyPath("/tmp/other")).isEqualTo("/tmp/ringfence-x/other");
    assertThat(view.policyPath("/dev/pts/0")).isEmpty();
    assertThat(view.policyPath("/etc/passwd")).isEqualTo("/etc/passwd");
  }

  @Test
  void workspaceCopyIsMountedAtTheWorkspace() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            writing().read("/ws/kept").build(), PLACES.withWorkspaceCopy("/store/copy"));
    assertThat(compile(policy, HostTree.ASSUMED))
        .containsSubsequence("--bind /store/copy /ws", "--ro-bind /store/copy/kept /ws/kept");
  }

  @Test
  void everyGuaranteeIsEnforced() {
    EffectivePolicy policy =
        EffectivePolicy.of(
            writing().none("/ws/secret").denyGlobs(List.of("**/.env")).build(), PLACES);
    Map<String, PlannedGuarantee> plan =
        BubblewrapPlanner.plan(policy, HostFacts.ASSUMED, FEATURES, BubblewrapPlanner.Starter.JVM)
            .stream()
            .collect(Collectors.toMap(PlannedGuarantee::id, Function.identity()));
    assertThat(plan.values()).allMatch(guarantee -> guarantee.level() == Enforcement.ENFORCED);
    assertThat(plan)
        .containsKeys("files.read", "files.write", "files.deny-globs", "files.protected-names");
  }
}
