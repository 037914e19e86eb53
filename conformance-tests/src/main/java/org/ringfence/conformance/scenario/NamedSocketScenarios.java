package org.ringfence.conformance.scenario;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.Fixture;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.Places;
import org.ringfence.policy.value.InvalidPolicyException;

/** Rules about unix sockets apply to the socket, whichever path leads to it. */
public final class NamedSocketScenarios {
  private static final String GROUP = "unix-sockets";
  private static final List<String> NEEDS = List.of("network.unix-sockets");

  private NamedSocketScenarios() {}

  public static void addTo(Map<ConformanceCase, Body> all) {
    add(
        all,
        "UNIX-RULE-DIRECTORY-LINK",
        "a rule that leads through a linked directory grants the socket, by both paths",
        stage -> linked(stage, true));
    add(
        all,
        "UNIX-RULE-LINK",
        "a rule that names a link grants the socket that it leads to, by both paths",
        stage -> linked(stage, false));
    add(
        all,
        "UNIX-RULE-MINIMAL",
        "a socket that a rule names is reached under the minimal view",
        NamedSocketScenarios::minimal);
    add(
        all,
        "UNIX-RULE-TMP",
        "a socket in the system's temporary directory is reached where a rule names it",
        NamedSocketScenarios::inTmp);
    add(
        all,
        "UNIX-RULE-NO-SOCKET",
        "a rule that can match no socket is refused: a directory, a file, a path with '..'",
        NamedSocketScenarios::unmatched);
    add(
        all,
        "UNIX-RULE-PLANTED-LINK",
        "a rule that leads through a link in a place that commands write is refused",
        NamedSocketScenarios::planted);
    add(
        all,
        "UNIX-RULE-REPLACED",
        "a command reaches no other socket by putting it in the place of one that a rule names",
        NamedSocketScenarios::replaced);
  }

  private static void add(Map<ConformanceCase, Body> all, String id, String title, Body body) {
    all.put(
        new ConformanceCase(id, GROUP, title, NEEDS),
        stage -> {
          NativeCalls.onlyLinux("rules about unix sockets");
          stage.fixture().reset();
          String result = body.run(stage);
          stage.fixture().reset();
          return result;
        });
  }

  private static SandboxPolicy naming(Path socket) {
    return TestContext.write().unixSocket(socket.toString()).build();
  }

  /** Returns the probe's result of a connect by a path. */
  private static CapturedProcess connect(TestContext stage, Sandbox sandbox, Path path)
      throws Exception {
    List<String> probe = stage.fixture().probe(List.of("unix-connect", path.toString()));
    return CapturedProcess.of(sandbox.start(SandboxCommand.of(probe)));
  }

  private static String connects(TestContext stage, SandboxPolicy policy, Path... paths)
      throws Exception {
    try (Sandbox sandbox = stage.open(policy, NEEDS)) {
      for (Path path : paths) {
        CapturedProcess inside = connect(stage, sandbox, path);
        if (!inside.ok()) {
          return path + " is not reached: " + inside.result();
        }
      }
      return "";
    }
  }

  private static String linked(TestContext stage, boolean directory) throws Exception {
    Path socket = stage.fixture().unixPath();
    Path link = stage.fixture().outside().resolve("run");
    Path named = directory ? link.resolve(socket.getFileName()) : link;
    Files.createSymbolicLink(link, directory ? socket.getParent() : socket);
    try (Sandbox sandbox = stage.open(TestContext.write().build(), NEEDS)) {
      if (!connect(stage, sandbox, named).denied()) {
        return "it is reached without a rule";
      }
    }
    return connects(stage, naming(named), named, socket);
  }

  private static String minimal(TestContext stage) throws Exception {
    Path socket = stage.fixture().unixPath();
    SandboxPolicy policy =
        stage.policy("minimal").toBuilder()
            .fileDefault(FileDefault.MINIMAL)
            .unixSocket(socket.toString())
            .build();
    return connects(stage, policy, socket);
  }

  /** Opens a server outside, which answers nothing: a connect succeeds while it listens. */
  private static ServerSocketChannel server(Path path) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    return server;
  }

  private static String inTmp(TestContext stage) throws Exception {
    Path directory = Files.createTempDirectory(Path.of("/tmp"), "ringfence-conformance-");
    Path path = directory.resolve("socket");
    try (ServerSocketChannel server = server(path)) {
      return connects(stage, naming(path), path);
    } finally {
      Fixture.deleteTree(directory);
    }
  }

  private static boolean refused(TestContext stage, Path socket) {
    try {
      EffectivePolicy.of(naming(socket), Places.current(stage.fixture().workspace()));
      return false;
    } catch (InvalidPolicyException e) {
      return true;
    }
  }

  private static String unmatched(TestContext stage) throws Exception {
    Path socket = stage.fixture().unixPath();
    Path directory = socket.getParent();
    for (Path one :
        List.of(
            directory,
            stage.fixture().outside().resolve("file"),
            directory.resolve("..").resolve(directory.getFileName()).resolve("stream"))) {
      if (!refused(stage, one)) {
        return one + " is taken for the path of a socket";
      }
    }
    return refused(stage, socket) ? "the control failed: a socket's path is refused" : "";
  }

  private static String planted(TestContext stage) throws Exception {
    Path link = stage.fixture().workspace().resolve("run");
    Files.createSymbolicLink(link, stage.fixture().unixPath().getParent());
    return refused(stage, link.resolve("stream"))
        ? ""
        : "the link in the workspace chooses the socket";
  }

  private static String replaced(TestContext stage) throws Exception {
    Path named = stage.fixture().workspace().resolve("named");
    Path other = stage.fixture().workspace().resolve("other");
    try (ServerSocketChannel first = server(named);
        ServerSocketChannel second = server(other);
        Sandbox sandbox = stage.open(naming(named), NEEDS)) {
      if (!connect(stage, sandbox, named).ok()) {
        return "the control failed: the named socket is not reached";
      }
      CapturedProcess.of(sandbox.start(LifetimeScenarios.sh("mv named away; mv other named")));
      if (Files.exists(other)) {
        return "the control failed: the sockets were not renamed";
      }
      CapturedProcess inside = connect(stage, sandbox, named);
      return inside.denied() ? "" : "the other socket is reached: " + inside.result();
    }
  }
}
