package org.ringfence.windows.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.SandboxException;
import org.ringfence.spi.MachineState.Finding;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.setup.state.ClientRecord;
import org.ringfence.windows.system.FakeAdministration;
import org.ringfence.windows.system.FakeWindows;

class ProvisioningTest {
  private static final String OTHER_HOME = "D:\\elsewhere\\ringfence";

  @TempDir private Path directory;
  private SetupStage stage;
  private FakeAdministration machine;

  @BeforeEach
  void prepare() throws Exception {
    stage = new SetupStage(directory);
    machine = stage.windows.administration;
  }

  private ClientRecord client(String home) throws Exception {
    return stage.machine.find(SetupStage.id(home)).orElseThrow();
  }

  private static void assertFine(List<Finding> findings) {
    assertThat(findings).isNotEmpty().allMatch(Finding::fine);
  }

  @Test
  void setUpCreatesEverythingAndTeardownRemovesIt() throws Exception {
    String before = stage.everything();
    assertFine(stage.provisioning().setup(stage.request()));
    ClientRecord client = client(SetupStage.HOME);
    assertThat(client.user()).isEqualTo(SetupStage.REAL_USER);
    assertThat(machine.users)
        .hasSize(2)
        .allSatisfy((name, user) -> assertThat(name).hasSizeLessThan(21));
    assertThat(machine.users.values()).allMatch(user -> !user.disabled);
    assertThat(machine.members.get(client.group())).contains(client.offline(), client.online());
    assertThat(machine.members.get(Sid.USERS)).contains(client.offline(), client.online());
    assertThat(machine.rights.get(client.group()))
        .contains("SeDenyNetworkLogonRight", "SeDenyBatchLogonRight")
        .doesNotContain("SeDenyInteractiveLogonRight");
    assertThat(stage.machine.journals()).isEmpty();
    assertFine(stage.provisioning().status());
    assertFine(stage.provisioning().teardown(client.accounts().id()));
    assertThat(stage.everything()).isEqualTo(before);
    assertThat(stage.provisioning().teardown(client.accounts().id())).isEmpty();
    assertThat(stage.windows.openHandles()).isZero();
  }

  @Test
  void secondSetUpChangesNothing() throws Exception {
    stage.provisioning().setup(stage.request());
    String before = stage.everything();
    stage.windows.calls.clear();
    assertFine(stage.provisioning().setup(stage.request()));
    assertThat(stage.everything()).isEqualTo(before);
    assertThat(stage.windows.calls)
        .noneMatch(call -> call.matches(".*(Add|Set|Del|Commit|Terminate).*"));
  }

  @Test
  void networkIsClosedToTheOfflineUserAndOpenToTheOnlineUser() throws Exception {
    stage.provisioning().setup(stage.request());
    ClientRecord client = client(SetupStage.HOME);
    int proxy = client.accounts().firstPort();
    for (String address : List.of("8.8.8.8", "10.0.0.1", "2001:db8::1", "127.0.0.1", "::1")) {
      InetAddress to = InetAddress.getByName(address);
      for (boolean tcp : new boolean[] {true, false}) {
        for (int port : new int[] {53, 80, 445, proxy - 1, proxy + ClientAccounts.PORTS}) {
          // Firewall rules and engine filters each close the network alone.
          assertThat(machine.firewallLets(client.offline(), tcp, to, port)).as(address).isFalse();
          assertThat(machine.filtersLet(client.offline(), tcp, to, port)).as(address).isFalse();
          assertThat(machine.reaches(client.online(), tcp, to, port)).isTrue();
        }
        boolean toProxy = tcp && to.isLoopbackAddress();
        assertThat(machine.reaches(client.offline(), tcp, to, proxy)).isEqualTo(toProxy);
        assertThat(machine.reaches(client.offline(), tcp, to, proxy + ClientAccounts.PORTS - 1))
            .isEqualTo(toProxy);
      }
    }
    assertThat(machine.engine.values())
        .extracting(filter -> filter.layer().name())
        .contains("ACCEPT_V4", "ACCEPT_V6", "ASSIGNMENT_V4", "ASSIGNMENT_V6");
  }

  @Test
  void homesOfOneUserAreSeparateClients() throws Exception {
    stage.provisioning().setup(stage.request());
    String alone = stage.everything();
    String password = machine.users.get(client(SetupStage.HOME).accounts().offline()).password;
    stage.provisioning().setup(stage.request(OTHER_HOME, true, false));
    ClientRecord one = client(SetupStage.HOME);
    ClientRecord two = client(OTHER_HOME);
    Set<Integer> ports = new HashSet<>(one.accounts().ports());
    assertThat(ports).doesNotContainAnyElementsOf(two.accounts().ports());
    assertThat(machine.users.get(one.accounts().offline()).password).isEqualTo(password);
    // The same home in other letters is the same client.
    assertThat(SetupStage.id(OTHER_HOME.toUpperCase(java.util.Locale.ROOT)))
        .isEqualTo(two.accounts().id());
    assertFine(stage.provisioning().teardown(two.accounts().id()));
    assertThat(stage.everything()).isEqualTo(alone);
  }

  @Test
  void passwordsChangeOnlyOnRequest() throws Exception {
    stage.provisioning().setup(stage.request());
    String offline = client(SetupStage.HOME).accounts().offline();
    machine.users.get(offline).password = "changed outside";
    stage.provisioning().setup(stage.request());
    assertThat(machine.users.get(offline).password).isEqualTo("changed outside");
    stage.provisioning().setup(stage.request(SetupStage.HOME, true, true));
    assertThat(machine.users.get(offline).password).isEqualTo("first of " + SetupStage.HOME);
    assertThat(machine.users.get(offline).disabled).isFalse();
  }

  /** Another vendor's firewall switches that of Windows off: the filters hold. */
  @Test
  void filtersCloseTheNetworkWhereTheFirewallIsOff() throws Exception {
    machine.firewallProblem = java.util.Optional.of("the firewall is off in the profile public");
    List<Finding> findings = stage.provisioning().setup(stage.request());
    assertFine(findings);
    assertThat(findings)
        .extracting(Finding::text)
        .anyMatch(text -> text.contains("without effect: the firewall is off"));
    assertThat(client(SetupStage.HOME).network()).isTrue();
    assertThat(machine.rules).isEmpty();
    FakeAdministration.User offline =
        machine.users.get(client(SetupStage.HOME).accounts().offline());
    assertThat(machine.reaches(offline.sid, true, InetAddress.getByName("192.0.2.1"), 443))
        .isFalse();
    assertFine(stage.provisioning().status());
    // The rules come when they hold again.
    machine.firewallProblem = java.util.Optional.empty();
    assertThat(stage.provisioning().status()).anyMatch(finding -> !finding.fine());
    assertFine(stage.provisioning().setup(stage.request()));
    assertThat(machine.rules).hasSize(4);
    assertFine(stage.provisioning().teardown(SetupStage.id(SetupStage.HOME)));
    assertThat(machine.rules).isEmpty();
  }

  @Test
  void filesOnlyNeedsNoFirewallAndLeavesTheOfflineUserDisabled() throws Exception {
    machine.firewallProblem = java.util.Optional.of("the firewall is off in the profile public");
    assertFine(stage.provisioning().setup(stage.request(SetupStage.HOME, false, false)));
    ClientRecord client = client(SetupStage.HOME);
    assertThat(client.network()).isFalse();
    assertThat(machine.users.get(client.accounts().offline()).disabled).isTrue();
    assertThat(machine.users.get(client.accounts().online()).disabled).isFalse();
    assertFine(stage.provisioning().status());
    machine.firewallProblem = java.util.Optional.empty();
    assertFine(stage.provisioning().setup(stage.request()));
    assertThat(client(SetupStage.HOME).network()).isTrue();
    assertThat(machine.users.values()).allMatch(user -> !user.disabled);
  }

  @Test
  void foreignAccountOfTheSameNameIsLeftUnchanged() throws Exception {
    FakeAdministration.User other = new FakeAdministration.User();
    other.sid = new Sid("S-1-5-21-1-1-1-9999");
    other.comment = "a person";
    other.password = "hers";
    other.disabled = false;
    String name = ClientAccounts.of(SetupStage.id(SetupStage.HOME), List.of()).offline();
    machine.users.put(name, other);
    assertThatThrownBy(() -> stage.provisioning().setup(stage.request()))
        .hasMessageContaining("an account that Ringfence did not create");
    assertThat(other.password).isEqualTo("hers");
    assertThat(other.disabled).isFalse();
    stage.provisioning().repair();
    assertThat(machine.users).containsOnlyKeys(name);
    assertThat(machine.groups).isEmpty();
  }

  @Test
  void setUpIsRefusedWithoutElevationAndOnADomainController() {
    machine.elevated = false;
    assertThatThrownBy(() -> stage.provisioning().setup(stage.request()))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("elevated prompt");
    machine.elevated = true;
    machine.controller = true;
    assertThatThrownBy(() -> stage.provisioning().setup(stage.request()))
        .hasMessageContaining("domain controller");
    assertThat(stage.machine.directory()).doesNotExist();
  }

  @Test
  void directoryThatAnOrdinaryUserOwnsIsRefused() throws Exception {
    Files.createDirectories(stage.machine.directory());
    stage.windows.owner = FakeWindows.USER;
    assertThatThrownBy(() -> stage.provisioning().setup(stage.request()))
        .hasMessageContaining("no administrator");
    assertThat(machine.users).isEmpty();
  }

  @Test
  void systemThatDropsChangesIsDetected() throws Exception {
    stage.windows.forgetful = true;
    assertThatThrownBy(() -> stage.provisioning().setup(stage.request()))
        .hasMessageContaining("did not keep it");
    assertThat(stage.machine.clients()).isEmpty();
  }

  @Test
  void failedRemovalsAreListedWithTheCommandThatRemovesThem() throws Exception {
    String before = stage.everything();
    stage.provisioning().setup(stage.request());
    String id = SetupStage.id(SetupStage.HOME);
    stage.windows.fail("NetUserDel", 5);
    stage.windows.fail("Rules.Remove", 0x80070005);
    List<Finding> findings = stage.provisioning().teardown(id);
    assertThat(findings.stream().filter(finding -> !finding.fine()).map(Finding::text))
        .hasSize(2)
        .anyMatch(text -> text.contains("net user rf-") && text.contains("/delete"))
        .anyMatch(text -> text.contains("netsh advfirewall firewall delete rule"));
    assertThat(machine.users.values()).allMatch(user -> user.disabled);
    assertThat(stage.provisioning().status()).anyMatch(finding -> !finding.fine());
    assertFine(stage.provisioning().teardown(id));
    assertThat(stage.everything()).isEqualTo(before);
  }

  @Test
  void teardownEndsProcessesOfItsUsers() throws Exception {
    stage.provisioning().setup(stage.request());
    ClientRecord client = client(SetupStage.HOME);
    machine
        .start(
            client.accounts().online(),
            "second of " + SetupStage.HOME,
            "C:\\javaw.exe",
            "java",
            "C:\\")
        .process();
    assertThat(stage.windows.running()).isEqualTo(1);
    assertFine(stage.provisioning().teardown(client.accounts().id()));
    assertThat(stage.windows.running()).isZero();
  }

  @Test
  void recordRoundTripsAndANewerVersionIsRefused() throws Exception {
    stage.provisioning().setup(stage.request());
    ClientRecord client = client(SetupStage.HOME);
    stage.machine.put(client);
    assertThat(client(SetupStage.HOME)).isEqualTo(client);
    Path file =
        stage.machine.directory().resolve("clients").resolve(client.accounts().id() + ".json");
    Files.writeString(file, Files.readString(file).replace("\"version\" : 1", "\"version\" : 2"));
    assertThatThrownBy(() -> stage.machine.clients()).hasMessageContaining("use a newer Ringfence");
  }

  /** Windows unloads a profile's part of the registry after the last process of its user. */
  @Test
  void teardownWaitsForAProfileThatIsUnloadedLate() throws Exception {
    String before = stage.everything();
    stage.provisioning().setup(stage.request());
    stage.windows.fail("DeleteProfileW", 32);
    stage.windows.fail("DeleteProfileW", 5);
    assertFine(stage.provisioning().teardown(SetupStage.id(SetupStage.HOME)));
    assertThat(stage.everything()).isEqualTo(before);
  }

  @Test
  void teardownKeepsAnAccountWhoseProfileCannotBeDeleted() throws Exception {
    String before = stage.everything();
    stage.provisioning().setup(stage.request());
    String id = SetupStage.id(SetupStage.HOME);
    for (int tries = 0; tries < 12; tries++) {
      stage.windows.fail("DeleteProfileW", 32);
    }
    assertThat(stage.provisioning().teardown(id))
        .anyMatch(
            finding -> !finding.fine() && finding.text().contains("another program has it open"))
        .anyMatch(
            finding -> !finding.fine() && finding.text().contains("objects that it owns are left"));
    assertThat(machine.users).hasSize(2);
    assertFine(stage.provisioning().teardown(id));
    assertThat(stage.everything()).isEqualTo(before);
  }
}
