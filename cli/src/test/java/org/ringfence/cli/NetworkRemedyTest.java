package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.policy.NetworkMode;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.json.Presets;
import org.ringfence.policy.path.PathContext;

/**
 * The remedies in a report let a command reach the hosts that a closed network denied. A fake
 * upstream proxy on loopback answers for every host.
 */
class NetworkRemedyTest {
  private static final Pattern REMEDY = Pattern.compile("to allow it: (--allow-host \\S+)");
  private static final Pattern TOGETHER = Pattern.compile("can be allowed: (.*)");

  @TempDir private Path directory;
  private Path workspace;
  private ServerSocket proxy;
  private CommandLineProcess line;
  private List<String> hosts;

  @BeforeEach
  void startProxy() throws Exception {
    workspace = Files.createDirectory(directory.toRealPath().resolve("workspace"));
    proxy = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    Thread serving = new Thread(this::serveAll, "proxy");
    serving.setDaemon(true);
    serving.start();
    line =
        new CommandLineProcess(
            workspace,
            Map.of(
                "HTTPS_PROXY",
                "http://127.0.0.1:" + proxy.getLocalPort(),
                "XDG_STATE_HOME",
                directory.resolve("state").toString()));
    Random random = new Random(19);
    hosts =
        IntStream.range(0, 3)
            .mapToObj(i -> "host" + random.nextInt(1000) + ".test:" + (1024 + random.nextInt(9000)))
            .toList();
  }

  @AfterEach
  void closeProxy() throws IOException {
    proxy.close();
  }

  private void serveAll() {
    while (!proxy.isClosed()) {
      try (Socket client = proxy.accept()) {
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
        String asked = in.readLine().split(" ")[1];
        while (!in.readLine().isEmpty()) {
          continue;
        }
        String answer = "HTTP/1.1 200 OK\r\n\r\nwelcome to " + asked + "\n";
        client.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      } catch (IOException e) {
        continue;
      }
    }
  }

  private void assumeAcceptable(String backend) throws Exception {
    var policy = Presets.load("workspace-write").toBuilder().network(NetworkMode.ALLOWLIST).build();
    var plan =
        Backends.load()
            .byId(backend)
            .plan(EffectivePolicy.of(policy, PathContext.current(workspace)));
    assumeTrue(plan.acceptable(), () -> "not here: " + plan.availability().reasons());
  }

  /** Returns a script that connects to the hosts in order and stops at the first failure. */
  private String script() {
    return hosts.stream()
        .map(host -> "exec 3<>/dev/tcp/" + host.replace(':', '/') + " && cat <&3")
        .collect(Collectors.joining(" && "));
  }

  private String[] words(String backend, List<String> options, String script) {
    List<String> words = new ArrayList<>(List.of("run", "--backend", backend, "--report"));
    words.addAll(options);
    words.addAll(List.of("--", "bash", "-c", script));
    return words.toArray(String[]::new);
  }

  private String welcome() {
    return hosts.stream().map(host -> "welcome to " + host + "\n").collect(Collectors.joining());
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void eachRemedyIsSufficientForItsHost(String backend) throws Exception {
    assumeAcceptable(backend);
    List<String> options = new ArrayList<>();
    for (String host : hosts) {
      CommandLineProcess.Result denied = line.run(words(backend, options, script()));
      assertThat(denied.exit()).as(denied.err()).isNotZero();
      Matcher remedy = REMEDY.matcher(denied.err());
      assertThat(remedy.find()).as(denied.err()).isTrue();
      assertThat(remedy.group(1)).isEqualTo("--allow-host " + host);
      options.addAll(List.of(remedy.group(1).split(" ")));
    }
    CommandLineProcess.Result passed = line.run(words(backend, options, script()));
    assertThat(passed.out()).as(passed.err()).isEqualTo(welcome());
    assertThat(passed.exit()).as(passed.err()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void allRemediesTogetherAreSufficient(String backend) throws Exception {
    assumeAcceptable(backend);
    String script = script().replace("&& exec", "; exec");
    CommandLineProcess.Result denied = line.run(words(backend, List.of(), script));
    assertThat(denied.out()).isEmpty();
    assertThat(denied.err()).contains("network.mode none");
    Matcher together = TOGETHER.matcher(denied.err());
    assertThat(together.find()).as(denied.err()).isTrue();
    List<String> options = List.of(together.group(1).split(" "));
    assertThat(line.run(words(backend, options, script)).out()).isEqualTo(welcome());
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void eachAllowAddsOneHost(String backend) throws Exception {
    assumeAcceptable(backend);
    for (int i = 0; i < hosts.size(); i++) {
      CommandLineProcess.Result denied = line.run(words(backend, List.of(), script()));
      assertThat(denied.exit()).as(denied.err()).isNotZero();
      CommandLineProcess.Result allowed = line.run("allow", "--yes");
      assertThat(allowed.exit()).as(allowed.out() + allowed.err()).isZero();
    }
    CommandLineProcess.Result passed = line.run(words(backend, List.of(), script()));
    assertThat(passed.out()).as(passed.err()).isEqualTo(welcome());
    var policy = JsonText.read(Files.readString(workspace.resolve(".ringfence/policy.json")));
    assertThat(policy.get("network")).isEqualTo(Map.of("mode", "allowlist", "allow", hosts));
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  void runWithoutReportRefersToTheReport(String backend) throws Exception {
    assumeAcceptable(backend);
    CommandLineProcess.Result denied =
        line.run("run", "--backend", backend, "--", "bash", "-c", script());
    assertThat(denied.err()).contains("run with --report").doesNotContain("ringfence allow");
    assertThat(line.run("allow", "--yes").exit()).isEqualTo(ExitCode.NO);
  }
}
