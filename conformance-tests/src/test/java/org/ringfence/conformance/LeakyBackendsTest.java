package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.ringfence.SandboxException;
import org.ringfence.SandboxedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.WorkspaceFixture;
import org.ringfence.linux.LandlockBackend;
import org.ringfence.plan.Availability;
import org.ringfence.plan.PlannedGuarantee;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.Guarantee;
import org.ringfence.policy.Lifetime;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.PolicyBuilder;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.CommandEnvironment;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.Launch;
import org.ringfence.spi.RemoteBackend;
import org.ringfence.spi.SandboxBackend;

/**
 * Runs the suite against backends that claim to enforce everything and leak one thing each. The
 * suite must detect every leak.
 */
class LeakyBackendsTest {
  @BeforeAll
  static void assumeLandlock() {
    LandlockBackend backend = new LandlockBackend();
    assumeTrue(backend.probe().usable(), () -> "no Landlock here: " + backend.probe().reasons());
  }

  /** A leak: its change of the policy and of the launch, and the cases that must fail. */
  record Leak(
      String name,
      BiFunction<SandboxPolicy, PolicyBuilder, SandboxPolicy> policy,
      BiFunction<Launch, EffectivePolicy, Launch> launch,
      List<String> caughtBy) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Leak policyLeak(
      String name, java.util.function.UnaryOperator<PolicyBuilder> change, String... caughtBy) {
    return new Leak(
        name,
        (policy, builder) -> change.apply(builder).build(),
        (launch, policy) -> launch,
        List.of(caughtBy));
  }

  private static Leak launchLeak(
      String name, BiFunction<Launch, EffectivePolicy, Launch> change, String... caughtBy) {
    return new Leak(name, (policy, builder) -> policy, change, List.of(caughtBy));
  }

  private static Launch with(
      Launch launch, List<String> command, java.util.Map<String, String> env) {
    return new Launch(
        launch.id(),
        command,
        launch.directory(),
        CommandEnvironment.of(env),
        launch.input(),
        launch.output(),
        launch.error(),
        launch.mergeError(),
        launch.limits(),
        launch.terminal());
  }

  static Stream<Leak> leaks() {
    return Stream.of(
        policyLeak(
            "protected-name: nothing is protected",
            builder -> builder.protectedNames(ProtectedNames.OFF),
            "PN-HOOK-CREATE",
            "PN-CONFIG-APPEND",
            "PN-NESTED-MKDIR",
            "PN-GIT-MOVE",
            "PN-EDITOR"),
        policyLeak(
            "file-write: everything is writable",
            builder -> builder.fileDefault(FileDefault.WRITE),
            "FW-CREATE",
            "FW-UNLINK",
            "LP-LINK-FILE",
            "LP-PROC-ROOT",
            "ME-CHMOD",
            "ME-FUTIMENS"),
        policyLeak(
            "file-read: everything is readable",
            builder -> builder.fileDefault(FileDefault.READ),
            "FR-FILE",
            "FR-LIST",
            "FR-PROC-ROOT"),
        policyLeak(
            "network: everything is reached",
            builder -> builder.network(NetworkMode.FULL),
            "NET-TCP4",
            "NET-TCP6",
            "NET-UDP4",
            "NET-UDP-SENDMMSG",
            "NET-MPTCP"),
        policyLeak(
            "egress: everything is reached",
            builder -> builder.network(NetworkMode.FULL),
            "EGRESS-NAME",
            "EGRESS-ADDRESS-FIRST",
            "EGRESS-ROUTING-HEADER",
            "EGRESS-JOIN-GROUP",
            "EGRESS-RAW-TCP4",
            "EGRESS-RAW-UDP-SENDMSG"),
        policyLeak(
            "egress: other names are allowed",
            builder ->
                builder.allowHost("forbidden.test:1-65535").allowHost("*.tunnel.test:1-65535"),
            "EGRESS-NAME-UNLISTED",
            "EGRESS-DNS-UNLISTED",
            "EGRESS-DNS-UNLISTED-TCP",
            "EGRESS-DNS-TUNNEL"),
        policyLeak(
            "egress: other addresses are allowed",
            builder -> builder.allowHost("127.0.0.3:1-65535"),
            "EGRESS-ADDRESS-OTHER",
            "EGRESS-RECONNECT",
            "EGRESS-PASSED-SOCKET"),
        policyLeak(
            "egress: server names are not checked",
            builder -> builder.checkServerName(false),
            "EGRESS-SERVER-NAME-OTHER",
            "EGRESS-SERVER-NAME-NONE"),
        policyLeak(
            "unix-sockets: every socket is connected to",
            builder -> builder.unixSocket("/").network(NetworkMode.FULL),
            "UNIX-PATH",
            "UNIX-PROC-ROOT",
            "UNIX-DATAGRAM"),
        policyLeak(
            "lifetime: leftovers are kept",
            builder ->
                builder.lifetime(new Lifetime(Lifetime.Leftovers.KEEP, Lifetime.Leftovers.KEEP)),
            "LIFE-EXIT-SETSID",
            "LIFE-EXIT-DOUBLE-FORK"),
        policyLeak(
            "limits: the output limit is lost",
            builder -> builder.outputBytes(Long.MAX_VALUE).openFiles(1 << 19),
            "LIMIT-OPEN-FILES"),
        policyLeak(
            "jvm: shared memory is lost",
            builder -> builder.layer().rule(":shm", Access.READ, MissingPath.SKIP),
            "JVM-SEMAPHORE"),
        launchLeak(
            "process: empty arguments are lost",
            (launch, policy) ->
                with(
                    launch,
                    launch.command().stream().filter(word -> !word.isEmpty()).toList(),
                    launch.environment().resolved()),
            "PROC-ARGS-EMPTY"),
        launchLeak(
            "process: the exit status is lost",
            (launch, policy) -> {
              List<String> command =
                  new ArrayList<>(List.of("/bin/sh", "-c", "\"$@\"; exit 0", "sh"));
              command.addAll(launch.command());
              return with(launch, command, launch.environment().resolved());
            },
            "PROC-EXIT-7"),
        launchLeak(
            "process: the environment is lost",
            (launch, policy) ->
                with(
                    launch,
                    launch.command(),
                    new TreeMap<>(java.util.Map.of("PATH", "/usr/bin:/bin"))),
            "PROC-ENV"),
        launchLeak(
            "residue: something is left in the workspace",
            (launch, policy) -> {
              try {
                Files.writeString(launch.directory().resolve(".left"), "x");
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
              return launch;
            },
            "RES-WORKSPACE"));
  }

  @ParameterizedTest
  @MethodSource("leaks")
  void everyLeakFailsItsCases(Leak leak) throws IOException {
    SandboxBackend leaky = new LeakyBackend(new LandlockBackend(), leak);
    try (ConformanceSuite suite = ConformanceSuite.against(leaky)) {
      for (String id : leak.caughtBy()) {
        ConformanceCase each =
            suite.cases().stream().filter(one -> one.id().equals(id)).findFirst().orElseThrow();
        assertThat(suite.run(each).verdict()).as(id).isEqualTo(CaseVerdict.FAIL);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("unconfined")
  void unconfinedProcessFailsItsCases(String id) throws IOException {
    try (ConformanceSuite suite =
        ConformanceSuite.against(new UnconfinedBackend(new LandlockBackend()))) {
      ConformanceCase each =
          suite.cases().stream().filter(one -> one.id().equals(id)).findFirst().orElseThrow();
      assertThat(suite.run(each).verdict()).as(id).isEqualTo(CaseVerdict.FAIL);
    }
  }

  static Stream<String> unconfined() {
    return Stream.of(
        "ESC-KILL",
        "ESC-IO-URING",
        "ESC-ENVIRON",
        "ESC-NNP",
        "ESC-FILTERED",
        "ESC-PRLIMIT",
        "NET-NETLINK",
        "NET-VSOCK",
        "FW-CREATE",
        "LIFE-EXIT-SETSID");
  }

  /**
   * The suite detects an unconfined distribution, too: its doors are open, and wsl.exe changes exit
   * codes.
   */
  @Test
  void unconfinedDistributionFailsItsCases() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root can create doors");
    assumeTrue(
        Boolean.getBoolean("ringfence.test.full"),
        "a distribution of scripts is slow, and the other leaks show the suite's eyes: only with"
            + " .ci/full");
    try (WslDoors doors = WslDoors.create()) {
      SandboxBackend open = new UnconfinedBackend(Wsl2ConformanceTest.standIn(true, doors));
      List<String> ids =
          List.of(
              "WSL-INTEROP-SOCKET",
              "WSL-DESKTOP-SOCKET",
              "WSL-ENGINE-SOCKET",
              "WSL-DRIVE-READ",
              "WSL-DRIVE-WRITE",
              "WSL-PROGRAM",
              "WSL-INIT",
              "WSL-VARIABLE",
              "WSL-PATH",
              "WSL-EXIT-CODE",
              "WSL-SIGNAL");
      try (ConformanceSuite suite = ConformanceSuite.ofDoors(open, WorkspaceFixture.create())) {
        assertThat(suite.results(each -> ids.contains(each.id())))
            .hasSameSizeAs(ids)
            .allSatisfy(
                result -> assertThat(result.verdict()).as(result.id()).isEqualTo(CaseVerdict.FAIL));
      }
    }
  }

  /**
   * Delegates to a real backend under a changed policy, and claims the guarantees of the real one.
   */
  private record LeakyBackend(SandboxBackend real, Leak leak) implements SandboxBackend {
    @Override
    public BackendInfo info() {
      return BackendInfo.of(real.info().id(), HostSystem.ANY, 1, leak.name());
    }

    @Override
    public Availability probe() {
      return real.probe();
    }

    @Override
    public SandboxPlan plan(EffectivePolicy policy) {
      return real.plan(policy);
    }

    @Override
    public String explain(EffectivePolicy policy) {
      return real.explain(policy);
    }

    @Override
    public BackendSession open(SandboxPlan plan, EventSink listener) throws SandboxException {
      SandboxPolicy changed =
          leak.policy().apply(plan.policy().policy(), plan.policy().policy().toBuilder());
      EffectivePolicy effective = EffectivePolicy.of(changed, plan.policy().places());
      BackendSession session = real.open(real.plan(effective), listener);
      return new BackendSession() {
        @Override
        public SandboxedProcess start(Launch launch) throws SandboxException {
          Launch own =
              new Launch(
                  launch.id(),
                  launch.command(),
                  launch.directory(),
                  launch.environment(),
                  launch.input(),
                  launch.output(),
                  launch.error(),
                  launch.mergeError(),
                  changed.limits(),
                  launch.terminal());
          return session.start(leak.launch().apply(own, effective));
        }

        @Override
        public boolean flushEvents(Duration patience) throws InterruptedException {
          return session.flushEvents(patience);
        }

        @Override
        public void end() {
          session.end();
        }

        @Override
        public void close() {
          session.close();
        }
      };
    }
  }

  /** Claims to enforce everything and starts a plain process at the place of another backend. */
  private record UnconfinedBackend(SandboxBackend place) implements SandboxBackend {
    @Override
    public BackendInfo info() {
      return BackendInfo.of("unconfined", HostSystem.ANY, 1, "no sandbox at all");
    }

    @Override
    public Availability probe() {
      return Availability.available(java.util.Map.of());
    }

    @Override
    public SandboxPlan plan(EffectivePolicy policy) {
      return new SandboxPlan(
          info().id(),
          policy,
          probe(),
          List.of(
              PlannedGuarantee.enforced(Guarantee.FILES_WRITE, "all", "hope"),
              PlannedGuarantee.enforced(Guarantee.WSL_DOORS, "all", "hope")));
    }

    @Override
    public String explain(EffectivePolicy policy) {
      return "";
    }

    @Override
    public <T> Optional<T> extension(Class<T> type) {
      return type == RemoteBackend.class
          ? place.extension(type)
          : SandboxBackend.super.extension(type);
    }

    /** Returns the command where the other backend would run it. */
    private List<String> unconfined(List<String> command) {
      return extension(RemoteBackend.class)
          .map(remote -> remote.unconfined(command))
          .orElse(command);
    }

    @Override
    public BackendSession open(SandboxPlan plan, EventSink listener) {
      return new BackendSession() {
        @Override
        public SandboxedProcess start(Launch launch) throws SandboxException {
          ProcessBuilder builder =
              new ProcessBuilder(unconfined(launch.command()))
                  .directory(launch.directory().toFile());
          builder.environment().clear();
          builder.environment().putAll(launch.environment().resolved());
          try {
            return new PlainProcess(launch.id(), builder.start());
          } catch (IOException e) {
            throw new SandboxException("plain", e);
          }
        }

        @Override
        public boolean flushEvents(Duration patience) {
          return true;
        }

        @Override
        public void end() {
          close();
        }

        @Override
        public void close() {
          // The backend owns nothing: that is the leak.
          assertThat(Path.of("/")).exists();
        }
      };
    }
  }
}
