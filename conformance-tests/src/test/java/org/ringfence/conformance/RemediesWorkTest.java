package org.ringfence.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.ringfence.Result;
import org.ringfence.Sandbox;
import org.ringfence.SandboxRefusedException;
import org.ringfence.event.Remedy;
import org.ringfence.event.Violation;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.json.Additions;
import org.ringfence.policy.json.Presets;

/** Checks that a denied command succeeds under a policy extended by the denials' remedies. */
class RemediesWorkTest {
  /**
   * The number of rounds: one denial can lead to the next, for example from a host name to its
   * address.
   */
  private static final int ROUNDS = 6;

  private static final String TO_HOST = "exec 3<> /dev/tcp/127.0.0.1/$PORT";

  private static final List<String> OPERATIONS =
      List.of(
          "echo x > $OUT/new",
          "echo x > $OUT/file",
          "mkdir -p $OUT/a/b/c",
          "rm $OUT/removed",
          "mv $OUT/moved $OUT/there",
          "chmod 600 $OUT/file",
          "touch $OUT/file",
          "ln -s file $OUT/link",
          "ln $OUT/file $OUT/hard",
          "truncate -s 1 $OUT/file",
          "echo x > $OUT/deep/er/new",
          "rm -r $OUT/deep/er",
          TO_HOST,
          "python3 -c 'import socket,os; socket.socket(socket.AF_UNIX).connect(os.environ[\"SOCKET\"])'");

  @TempDir Path directory;

  static Stream<Arguments> denials() {
    Random random = new Random(19);
    List<List<String>> scripts = new ArrayList<>();
    OPERATIONS.forEach(one -> scripts.add(List.of(one)));
    for (int i = 0; i < 6; i++) {
      List<String> shuffled = new ArrayList<>(OPERATIONS);
      Collections.shuffle(shuffled, random);
      scripts.add(shuffled.subList(0, 3));
    }
    return Stream.of("landlock", "bubblewrap")
        .flatMap(
            backend ->
                scripts.stream()
                    // In a private network namespace a command finds no server, and no denial is
                    // reported.
                    .filter(script -> backend.equals("landlock") || !script.contains(TO_HOST))
                    .map(script -> Arguments.of(backend, script)));
  }

  private Path fill() throws IOException {
    Path out = directory.resolve("out");
    if (Files.exists(out)) {
      try (Stream<Path> all = Files.walk(out)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
    Files.createDirectories(out.resolve("deep/er"));
    for (String name : List.of("file", "removed", "moved")) {
      Files.writeString(out.resolve(name), name);
    }
    return out;
  }

  private static SandboxPolicy added(SandboxPolicy policy, List<Violation> denials) {
    SandboxPolicy larger = policy;
    for (Violation denial : denials) {
      if (denial.remedy() instanceof Remedy.Addition addition) {
        larger = Additions.added(larger, addition);
      }
    }
    return larger;
  }

  @ParameterizedTest
  @MethodSource("denials")
  void deniedCommandWorksWithItsRemedies(String backend, List<String> script) throws Exception {
    Path out = fill();
    SandboxPolicy start =
        Presets.load("workspace-write").toBuilder().tmp(TmpPolicy.NONE).ownLoopback(true).build();
    assertWorksWithRemedies(backend, start, String.join("; ", script), out);
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(strings = {"landlock"})
  void deniedReadWorksWithItsRemedies(String backend) throws Exception {
    Path out = fill();
    SandboxPolicy start =
        Presets.load("workspace-write").toBuilder().fileDefault(FileDefault.MINIMAL).build();
    assertWorksWithRemedies(backend, start, "cat $OUT/file; ls $OUT/deep", out);
  }

  private void assertWorksWithRemedies(String backend, SandboxPolicy start, String script, Path out)
      throws Exception {
    Path socket = directory.resolve("socket");
    try (ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      unix.bind(UnixDomainSocketAddress.of(socket));
      SandboxPolicy policy = start;
      StringBuilder seen = new StringBuilder();
      for (int round = 0; round <= ROUNDS; round++) {
        fill();
        Result result;
        try (Sandbox sandbox = open(backend, policy)) {
          result =
              sandbox
                  .command("bash", "-c", "set -e; " + script)
                  .environment("OUT", out.toString())
                  .environment("SOCKET", socket.toString())
                  .environment("PORT", String.valueOf(server.getLocalPort()))
                  .run();
        }
        if (result.exitCode() == 0) {
          assertThat(round).as("the first round was denied").isPositive();
          return;
        }
        List<Violation> denials = result.denials();
        denials.forEach(one -> seen.append('\n').append(one).append(" -> ").append(one.remedy()));
        SandboxPolicy next = added(policy, denials);
        assertThat(next).as("%s, denials: %s", result, seen).isNotEqualTo(policy);
        policy = next;
      }
      fail("it never worked: " + seen);
    }
  }

  private Sandbox open(String backend, SandboxPolicy policy) throws Exception {
    Path workspace = Files.createDirectories(directory.resolve("workspace"));
    try {
      return Sandbox.opener(policy).workspace(workspace).backend(backend).completeDenials().open();
    } catch (SandboxRefusedException e) {
      assumeTrue(false, "this machine refuses the sandbox: " + e.getMessage());
      throw e;
    }
  }
}
