package org.ringfence.windows.setup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.instancio.generator.Generator;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.ringfence.SandboxException;
import org.ringfence.file.TreeRemoval;
import org.ringfence.policy.Access;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.ProtectedNames;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.access.UnscannedGrants;
import org.ringfence.windows.acl.AccessCheck;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.AccessToken;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.GenericMapping;
import org.ringfence.windows.acl.SecurityDescriptor;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.plan.DedicatedUserPlan;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.system.FakeAdministration;
import org.ringfence.windows.system.FakeWindows;

/**
 * Sets up, uses, attacks, interrupts, tampers with and tears down a fake machine in random order.
 * In no state can an offline user reach the network, or a sandbox reach files outside it. In the
 * end nothing is left.
 */
@ExtendWith(InstancioExtension.class)
class SimulatedMachineTest {
  private static final String WORK = "C:\\work";
  private static final String HOUSE = "C:\\house";
  private static final int OTHER_HOME = 7;

  private final byte[] secret = new byte[32];

  private record Life(List<Integer> actions, int crash, int fault) {}

  private static final Generator<Life> LIVES =
      random ->
          new Life(
              Inputs.lists(Inputs.ints(0, 10), 1, 14).generate(random),
              Inputs.ints(1, 160).generate(random),
              Inputs.ints(0, 40).generate(random));

  @Test
  void networkAndFilesStayClosedInEveryStateAndTeardownLeavesNothing() {
    Property.forAll(40, LIVES, this::assertConfinedAndRemoved);
  }

  private void assertConfinedAndRemoved(Life life) throws Exception {
    Path directory = Files.createTempDirectory("ringfence-machine-");
    try {
      SetupStage stage = new SetupStage(directory);
      stage.windows.file(WORK);
      stage.windows.file(HOUSE);
      final String before = state(stage);
      for (int action : life.actions()) {
        act(stage, directory, action, life.crash(), life.fault());
        stage.windows.dieAfter = Integer.MAX_VALUE;
        stage.windows.stopFailing();
        SetupCrashTest.assertNetworkIsClosed(stage);
        assertDisabledUsersRunNothing(stage);
      }
      // Recover the user's own grants first, then those of the machine.
      UnscannedGrants.recover(stage.windows, journal(directory));
      List<Finding> findings = new ArrayList<>(stage.provisioning().repair());
      for (String home : List.of(SetupStage.HOME, home(OTHER_HOME))) {
        findings.addAll(stage.provisioning().teardown(SetupStage.id(home)));
      }
      assertThat(findings).allMatch(Finding::fine);
      assertThat(state(stage)).isEqualTo(before);
      assertThat(stage.windows.openHandles()).isZero();
      assertThat(stage.windows.running()).isZero();
    } finally {
      TreeRemoval.remove(directory);
    }
  }

  private static String home(int number) {
    return "D:\\home" + number;
  }

  private static String state(SetupStage stage) throws IOException {
    return stage.everything() + stage.windows.list(WORK).aces() + stage.windows.list(HOUSE).aces();
  }

  private static Installation journal(Path directory) {
    return new Installation(directory.resolve("user"));
  }

  private void act(SetupStage stage, Path directory, int action, int crash, int fault)
      throws Exception {
    FakeAdministration machine = stage.windows.administration;
    stage.windows.calls.clear();
    try {
      switch (action) {
        case 0 -> stage.provisioning().setup(stage.request());
        case 1 -> stage.provisioning().setup(stage.request(SetupStage.HOME, false, false));
        case 2 -> stage.provisioning().setup(stage.request(home(OTHER_HOME), true, true));
        case 3 -> stage.provisioning().teardown(SetupStage.id(SetupStage.HOME));
        case 4 -> stage.provisioning().repair();
        case 5 -> launch(stage, directory, Integer.MAX_VALUE);
        case 6 -> launch(stage, directory, crash % 20);
        case 7 -> {
          stage.windows.dieAfter = crash;
          stage.provisioning().setup(stage.request());
        }
        case 8 -> {
          stage.windows.dieAfter = crash;
          stage.provisioning().teardown(SetupStage.id(SetupStage.HOME));
        }
        case 9 -> {
          List<String> calls =
              List.of(
                  "NetUserAdd",
                  "Rules.Add",
                  "FwpmTransactionCommit0",
                  "NetUserDel",
                  "DeleteProfileW");
          stage.windows.fail(calls.get(fault % calls.size()), 5);
          stage.provisioning().setup(stage.request(SetupStage.HOME, true, true));
        }
        default -> {
          // An administrator or another program removes one of the two barriers.
          if (fault % 2 == 0) {
            machine.rules.clear();
          } else {
            machine.engine.clear();
          }
        }
      }
    } catch (FakeWindows.Died | SandboxException e) {
      // The caller checks the state that the failure leaves.
      return;
    }
  }

  private static void assertDisabledUsersRunNothing(SetupStage stage) {
    for (FakeAdministration.User user : stage.windows.administration.users.values()) {
      if (user.disabled) {
        assertThat(stage.windows.administration.runningOf(user.sid)).isZero();
      }
    }
  }

  /** Opens a sandbox, attacks from inside, and closes it, or dies before. */
  private void launch(SetupStage stage, Path directory, int dieAfter) throws Exception {
    Optional<ClientRecord> client = stage.machine.find(SetupStage.id(SetupStage.HOME));
    if (client.isEmpty() || stage.machine.begun(client.get().accounts().id()).isPresent()) {
      return;
    }
    EffectivePolicy effective =
        EffectivePolicy.of(
            SandboxPolicy.builder()
                .fileDefault(FileDefault.MINIMAL)
                .protectedNames(ProtectedNames.OFF)
                .rule(WORK, Access.WRITE, MissingPath.SKIP)
                .build(),
            PathContext.of(PathStyle.WINDOWS, WORK, "C:\\Users\\me"));
    DedicatedUserPlan plan = DedicatedUserPlan.compile(effective, secret, client.get().sids());
    stage.windows.dieAfter = stage.windows.calls.size() + dieAfter;
    if (dieAfter == Integer.MAX_VALUE) {
      stage.windows.dieAfter = dieAfter;
    }
    try (AutoCloseable grants =
        UnscannedGrants.sandbox(stage.windows, journal(directory), plan.entries())) {
      AccessToken inside =
          AccessToken.of(
                  client.get().offline(),
                  Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS, client.get().group()))
              .restricted(Set.copyOf(plan.roots().values()), true);
      assertThat(lets(stage, inside, WORK, AccessMask.MODIFY)).isTrue();
      assertThat(lets(stage, inside, WORK, AccessMask.WRITE_DAC)).isFalse();
      for (int right :
          new int[] {
            AccessMask.WRITE_DATA, AccessMask.DELETE_CHILD, AccessMask.DELETE, AccessMask.READ_DATA
          }) {
        assertThat(lets(stage, inside, HOUSE, right)).isFalse();
      }
      // Another sandbox of the same account has another root.
      AccessToken other = inside.restricted(Set.of(Sid.synthetic(secret, "C:\\other")), true);
      assertThat(lets(stage, other, WORK, AccessMask.WRITE_DATA)).isFalse();
      // This is the online user of another client.
      AccessToken stranger =
          AccessToken.of(
              new Sid("S-1-5-21-1-1-1-7777"),
              Set.of(Sid.EVERYONE, Sid.USERS, Sid.AUTHENTICATED_USERS));
      assertThat(lets(stage, stranger, WORK, AccessMask.READ_DATA)).isFalse();
    }
  }

  private static boolean lets(SetupStage stage, AccessToken token, String path, int right) {
    List<Ace> aces = stage.windows.list(path).aces();
    return AccessCheck.check(
            token,
            new SecurityDescriptor(FakeWindows.USER, Optional.of(aces), Optional.empty()),
            GenericMapping.FILE,
            right)
        .allowed();
  }
}
