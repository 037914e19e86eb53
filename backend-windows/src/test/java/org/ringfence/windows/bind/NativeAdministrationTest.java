package org.ringfence.windows.bind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.Advapi32Util;
import com.sun.jna.platform.win32.WinReg;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.plan.ClientAccounts;
import org.ringfence.windows.plan.FirewallRule;
import org.ringfence.windows.plan.PlatformFilter;
import org.ringfence.windows.setup.RunnerClassPath;
import org.ringfence.windows.system.Administration;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.NamedPipes;
import org.ringfence.windows.system.NamedPipes.Direction;
import org.ringfence.windows.system.Sockets;
import org.ringfence.windows.system.WindowsCallException;

/** Makes the real calls of set-up that leave the machine unchanged. */
@EnabledOnOs(value = OS.WINDOWS, disabledReason = "makes real Win32 calls; runs under Wine, too")
class NativeAdministrationTest {
  private static final String NAME = "RingfenceTest-" + UUID.randomUUID();
  private static final String KEY = "SOFTWARE\\" + NAME;
  private static final Sid USER = new Sid("S-1-5-21-1-1-1-2001");
  private final NativeWindows windows = new NativeWindows();
  private final Administration machine = windows.administration();

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void secretsDecryptOnlyWithTheirEntropy() throws Exception {
    byte[] blob = machine.secrets().protect(bytes("a password"), bytes("one"));
    assertThat(new String(blob, StandardCharsets.ISO_8859_1)).doesNotContain("a password");
    assertThat(machine.secrets().unprotect(blob, bytes("one"))).isEqualTo(bytes("a password"));
    assertThatThrownBy(() -> machine.secrets().unprotect(blob, bytes("two")))
        .isInstanceOf(WindowsCallException.class);
    byte[] part = java.util.Arrays.copyOf(blob, 10);
    assertThatThrownBy(() -> machine.secrets().unprotect(part, bytes("one")))
        .isInstanceOf(WindowsCallException.class);
  }

  @Test
  void registryValuesAreSetReadAndRemoved() throws Exception {
    assertThat(machine.registry().number(KEY, "none")).isEmpty();
    assertThat(
            machine
                .registry()
                .text("SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "CurrentVersion"))
        .isPresent();
    if (!machine.accounts().administrator()) {
      return;
    }
    try {
      machine.registry().setNumber(KEY, "value", 7);
      assertThat(machine.registry().number(KEY, "value")).hasValue(7);
      machine.registry().remove(KEY, "value");
      assertThat(machine.registry().number(KEY, "value")).isEmpty();
    } finally {
      Advapi32Util.registryDeleteKey(
          WinReg.HKEY_LOCAL_MACHINE,
          "SOFTWARE",
          NAME,
          com.sun.jna.platform.win32.WinNT.KEY_WOW64_64KEY);
    }
  }

  /** An elevated process gets the variables of both keys. */
  @ParameterizedTest
  @ValueSource(strings = {"Environment", "Volatile Environment"})
  void variablesOfTheRegistryAreNamed(String key) throws Exception {
    String name = "RINGFENCE_TEST_" + UUID.randomUUID();
    assertThat(machine.logons().registeredVariables()).doesNotContain(name);
    Advapi32Util.registryCreateKey(WinReg.HKEY_CURRENT_USER, key);
    Advapi32Util.registrySetStringValue(WinReg.HKEY_CURRENT_USER, key, name, "x");
    try {
      assertThat(machine.logons().registeredVariables()).contains(name);
    } finally {
      Advapi32Util.registryDeleteValue(WinReg.HKEY_CURRENT_USER, key, name);
    }
  }

  @Test
  void thisMachineIsNotADomainController() throws Exception {
    assertThat(machine.accounts().domainController()).isFalse();
  }

  private byte[] descriptor() throws WindowsCallException {
    try (Handle own = windows.tokens().ofThisProcess()) {
      return windows.security().ofSddl("D:P(A;;GA;;;" + windows.tokens().facts(own).user() + ")");
    }
  }

  @Test
  void pipesReportBothProcessesAndAcceptOneClient() throws Exception {
    NamedPipes pipes = machine.pipes();
    String name = "ringfence-test-" + UUID.randomUUID();
    try (Handle server = pipes.create(name, descriptor())) {
      assertThatThrownBy(() -> pipes.await(server, 50, () -> true))
          .isInstanceOfSatisfying(
              WindowsCallException.class, e -> assertThat(e.code()).isEqualTo(258));
      CompletableFuture<Handle> client = new CompletableFuture<>();
      Thread opening =
          new Thread(
              () -> {
                try {
                  client.complete(pipes.open(name, Direction.IN));
                } catch (WindowsCallException e) {
                  client.completeExceptionally(e);
                }
              });
      opening.start();
      pipes.await(server, 10_000, () -> true);
      try (Handle end = client.get(10, TimeUnit.SECONDS)) {
        int own = (int) ProcessHandle.current().pid();
        assertThat(pipes.client(server)).isEqualTo(own);
        assertThat(pipes.server(end)).isEqualTo(own);
        windows.processes().write(end, bytes("hello"), 0, 5);
        byte[] read = new byte[5];
        assertThat(windows.processes().read(server, read, 0, 5)).isEqualTo(5);
        assertThat(read).isEqualTo(bytes("hello"));
        assertThatThrownBy(() -> pipes.open(name, Direction.OUT))
            .isInstanceOf(WindowsCallException.class);
      }
      assertThat(windows.processes().read(server, new byte[1], 0, 1)).isEqualTo(-1);
    }
  }

  @Test
  void pipeStopsWaitingWhenItsClientCannotConnectAnyMore() throws Exception {
    try (Handle server = machine.pipes().create("ringfence-" + UUID.randomUUID(), descriptor())) {
      assertThatThrownBy(() -> machine.pipes().await(server, 600_000, () -> false))
          .isInstanceOf(WindowsCallException.class);
    }
  }

  @Test
  void socketsReturnTheErrorNumberOfAFailedConnection() throws Exception {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    int closed;
    try (ServerSocket server = new ServerSocket(0, 1, loopback)) {
      closed = server.getLocalPort();
      assertThat(machine.sockets().reach(true, loopback, closed)).isZero();
    }
    assertThat(machine.sockets().reach(true, loopback, closed))
        .isEqualTo(10061)
        .isNotEqualTo(Sockets.FORBIDDEN);
    assertThat(machine.sockets().reach(false, loopback, closed)).isZero();
  }

  @Test
  void objectsTakeADescriptorAndProcessesReturnTheirs() throws Exception {
    // The test sets the descriptor on a lock, because this process must stay open to the test run.
    try (Handle lock =
        windows.machine().lock("Local\\ringfence-" + UUID.randomUUID(), descriptor(), 100)) {
      assertThat(
              AccessControlList.ofDescriptor(windows.security().descriptor(lock))
                  .orElseThrow()
                  .aces())
          .hasSize(1);
    }
    try (Handle self = windows.processes().thisProcess()) {
      assertThat(windows.security().descriptor(self)).isNotEmpty();
    }
    int own = (int) ProcessHandle.current().pid();
    try (Handle token = windows.tokens().of(own);
        Handle same = windows.tokens().ofThisProcess()) {
      assertThat(windows.tokens().facts(token).user())
          .isEqualTo(windows.tokens().facts(same).user());
    }
  }

  @Test
  void encodedFiltersMatchTheStructuresOfTheFilterEngine() throws Exception {
    List<PlatformFilter> filters =
        PlatformFilter.closing("0123456789", USER, new TreeSet<>(List.of(43_128, 43_129, 43_130)));
    for (PlatformFilter plan : filters) {
      try (EncodedFilter encoded = new EncodedFilter(plan)) {
        FwpmFilter0 filter = new FwpmFilter0(encoded.pointer());
        assertThat(Guids.bytes(plan.key())).isEqualTo(filter.filterKey);
        assertThat(filter.layerKey).isEqualTo(Guids.bytes(plan.layer().key()));
        assertThat(Guids.of(filter.providerKey)).isEqualTo(EncodedFilter.PROVIDER);
        assertThat(filter.weight.getLong(0)).isEqualTo(plan.weight());
        assertThat(filter.actionType)
            .isEqualTo(plan.permit() ? EncodedFilter.ACTION_PERMIT : EncodedFilter.ACTION_BLOCK);
        assertThat(
                new String(
                    filter.providerData.getByteArray(0, filter.providerDataSize),
                    StandardCharsets.UTF_8))
            .isEqualTo(plan.tag());
        assertThat(filter.conditionCount).isEqualTo(plan.conditions().size());
        user(filter);
        if (plan.permit()) {
          proxy(filter, plan.layer().v6());
        }
      }
    }
  }

  private static FwpmFilterCondition0 condition(FwpmFilter0 filter, int number) {
    FwpmFilterCondition0 condition =
        new FwpmFilterCondition0(filter.conditions.share(40L * number));
    condition.read();
    return condition;
  }

  private static void user(FwpmFilter0 filter) {
    FwpmFilterCondition0 condition = condition(filter, 0);
    assertThat(condition.valueType).isEqualTo(EncodedFilter.SECURITY_DESCRIPTOR);
    Pointer blob = new Pointer(condition.value);
    byte[] descriptor = blob.getPointer(Native.POINTER_SIZE).getByteArray(0, blob.getInt(0));
    assertThat(AccessControlList.ownerOf(descriptor)).contains(Sid.LOCAL_SERVICE);
    assertThat(AccessControlList.ofDescriptor(descriptor).orElseThrow().aces())
        .singleElement()
        .satisfies(
            ace -> {
              assertThat(ace.sid()).isEqualTo(USER);
              assertThat(ace.mask()).isEqualTo(EncodedFilter.MATCH_FILTER);
            });
  }

  private static void proxy(FwpmFilter0 filter, boolean v6) {
    assertThat(condition(filter, 1).value).isEqualTo(FirewallRule.TCP);
    FwpmFilterCondition0 address = condition(filter, 2);
    if (v6) {
      byte[] loopback = new byte[17];
      loopback[15] = 1;
      loopback[16] = (byte) 128;
      assertThat(new Pointer(address.value).getByteArray(0, 17)).isEqualTo(loopback);
    } else {
      assertThat(new Pointer(address.value).getInt(0)).isEqualTo(0x7f000000);
      assertThat(new Pointer(address.value).getInt(4)).isEqualTo(0xff000000);
    }
    FwpmFilterCondition0 ports = condition(filter, 3);
    assertThat(ports.matchType).isEqualTo(EncodedFilter.MATCH_RANGE);
    Pointer range = new Pointer(ports.value);
    assertThat(range.getShort(8) & 0xffff).isEqualTo(43_128);
    assertThat(range.getShort(24) & 0xffff).isEqualTo(43_130);
  }

  @Test
  void builtDescriptorEqualsTheOneParsedFromSddl() throws Exception {
    byte[] own =
        AccessControlList.of(
                new org.ringfence.windows.acl.Ace(
                    org.ringfence.windows.acl.Ace.Type.ALLOW,
                    USER,
                    1,
                    org.ringfence.windows.acl.Ace.Scope.OBJECT))
            .descriptorOf(Sid.LOCAL_SERVICE);
    byte[] text = windows.security().ofSddl("O:LSG:LSD:(A;;CC;;;" + USER + ")");
    assertThat(windows.security().sddl(own)).isEqualTo(windows.security().sddl(text));
    assertThat(AccessControlList.ownerOf(text)).isEqualTo(AccessControlList.ownerOf(own));
  }

  /** Calls that end the process on systems without them; each runs in its own process. */
  static final class Dangerous {
    private Dangerous() {}

    public static void main(String[] arguments) {
      Administration machine = new NativeWindows().administration();
      ClientAccounts accounts = ClientAccounts.of("0123456789", List.of());
      String answer;
      try {
        switch (arguments[0]) {
          case "user" -> answer = "" + machine.accounts().user(accounts.offline());
          case "group" -> answer = "" + machine.accounts().group(accounts.group());
          case "password" -> {
            machine.accounts().setPassword(accounts.offline(), "x");
            answer = "set";
          }
          case "rights" -> answer = "" + machine.accounts().rights(USER);
          case "firewall" -> answer = "" + machine.firewall().problem();
          case "rule" -> answer = "" + machine.firewall().rule("Ringfence 0123456789 none");
          case "filter" -> answer = "" + machine.filters().tag(UUID.randomUUID());
          case "logon" -> {
            machine
                .logons()
                .start(accounts.offline(), "x", "C:\\windows\\system32\\cmd.exe", "cmd", "C:\\");
            answer = "started";
          }
          case "ping" -> answer = "" + machine.sockets().ping(InetAddress.getByName("127.0.0.1"));
          default -> throw new IllegalArgumentException(arguments[0]);
        }
      } catch (WindowsCallException e) {
        answer = "error " + e.code();
      } catch (java.net.UnknownHostException e) {
        throw new IllegalStateException(e);
      }
      System.out.println("answer: " + answer);
      System.exit(0);
    }
  }

  private static Optional<String> answer(String call) throws Exception {
    List<String> libraries = new ArrayList<>(RunnerClassPath.ofThisProcess());
    libraries.add(
        java.nio.file.Path.of(
                java.net.URI.create(
                    Dangerous.class.getProtectionDomain().getCodeSource().getLocation().toString()))
            .toString());
    Process process =
        new ProcessBuilder(
                java.nio.file.Path.of(System.getProperty("java.home"), "bin", "java.exe")
                    .toString(),
                "-cp",
                String.join(";", libraries),
                Dangerous.class.getName(),
                call)
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    StringBuilder text = new StringBuilder();
    try (java.io.BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        text.append(line).append('\n');
      }
    }
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return text.toString().lines().filter(line -> line.startsWith("answer: ")).findFirst();
  }

  /**
   * On Windows each call answers. Under Wine a call returns an error, answers nothing, or ends the
   * process. No call may find an object that does not exist.
   */
  @Test
  void missingAccountsRulesAndFiltersAreNotFound() throws Exception {
    boolean wine = windows.machine().version().contains("Wine");
    for (String call : List.of("user", "group", "filter", "rule", "password", "logon")) {
      Optional<String> answer = answer(call);
      if (!wine) {
        assertThat(answer).as(call).isPresent();
      }
      answer.ifPresent(
          text ->
              assertThat(text)
                  .as(call)
                  .satisfiesAnyOf(
                      one -> assertThat(one).startsWith("answer: error"),
                      one -> assertThat(one).isEqualTo("answer: Optional.empty")));
    }
    for (String call : List.of("rights", "firewall", "ping")) {
      Optional<String> answer = answer(call);
      if (!wine) {
        assertThat(answer).as(call).isPresent();
      }
    }
  }
}
