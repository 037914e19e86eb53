package org.ringfence.conformance.scenario;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.ringfence.Sandbox;
import org.ringfence.SandboxCommand;
import org.ringfence.conformance.probe.NativeCalls;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.PosixFixture;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.policy.FileDefault;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/** Rules about unix sockets apply to the socket, whichever path leads to it. */
public final class NamedSocketScenarios {
  private static final String GROUP = "unix-sockets";
  private static final List<String> NEEDS = List.of("network.unix-sockets");

  private NamedSocketScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
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

  private static void add(List<ConformanceCase> all, String id, String title, Body body) {
    all.add(
        new ConformanceCase(
            id,
            GROUP,
            title,
            NEEDS,
            stage -> {
              NativeCalls.onlyLinux("rules about unix sockets");
              stage.posix().reset();
              Outcome result = body.run(stage);
              stage.posix().reset();
              return result;
            }));
  }

  private static SandboxPolicy naming(Path socket) {
    return TestContext.write().unixSocket(socket.toString()).build();
  }

  /** Returns the probe's result of a connect by a path. */
  private static CapturedProcess connect(TestContext stage, Sandbox sandbox, Path path)
      throws Exception {
    List<String> probe = stage.posix().probe(List.of("unix-connect", path.toString()));
    return CapturedProcess.of(sandbox.start(SandboxCommand.of(probe)));
  }

  private static Outcome connects(TestContext stage, SandboxPolicy policy, Path... paths)
      throws Exception {
    try (Sandbox sandbox = stage.open(policy, NEEDS)) {
      for (Path path : paths) {
        CapturedProcess inside = connect(stage, sandbox, path);
        if (!inside.ok()) {
          return Outcome.failed(path + " is not reached: " + inside.result());
        }
      }
      return Outcome.passed();
    }
  }

  private static Outcome linked(TestContext stage, boolean directory) throws Exception {
    Path socket = stage.posix().unixPath();
    Path link = stage.posix().outside().resolve("run");
    Path named = directory ? link.resolve(socket.getFileName()) : link;
    Files.createSymbolicLink(link, directory ? socket.getParent() : socket);
    try (Sandbox sandbox = stage.open(TestContext.write().build(), NEEDS)) {
      if (!connect(stage, sandbox, named).denied()) {
        return Outcome.failed("it is reached without a rule");
      }
    }
    return connects(stage, naming(named), named, socket);
  }

  private static Outcome minimal(TestContext stage) throws Exception {
    Path socket = stage.posix().unixPath();
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

  private static Outcome inTmp(TestContext stage) throws Exception {
    Path directory = Files.createTempDirectory(Path.of("/tmp"), "ringfence-conformance-");
    Path path = directory.resolve("socket");
    try (ServerSocketChannel server = server(path)) {
      return connects(stage, naming(path), path);
    } finally {
      PosixFixture.deleteTree(directory);
    }
  }

  private static boolean refused(TestContext stage, Path socket) {
    try {
      EffectivePolicy.of(naming(socket), PathContext.current(stage.posix().workspace()));
      return false;
    } catch (InvalidPolicyException e) {
      return true;
    }
  }

  private static Outcome unmatched(TestContext stage) throws Exception {
    Path socket = stage.posix().unixPath();
    Path directory = socket.getParent();
    for (Path one :
        List.of(
            directory,
            stage.posix().outside().resolve("file"),
            directory.resolve("..").resolve(directory.getFileName()).resolve("stream"))) {
      if (!refused(stage, one)) {
        return Outcome.failed(one + " is taken for the path of a socket");
      }
    }
    return refused(stage, socket)
        ? Outcome.failed("the control failed: a socket's path is refused")
        : Outcome.passed();
  }

  private static Outcome planted(TestContext stage) throws Exception {
    Path link = stage.posix().workspace().resolve("run");
    Files.createSymbolicLink(link, stage.posix().unixPath().getParent());
    return refused(stage, link.resolve("stream"))
        ? Outcome.passed()
        : Outcome.failed("the link in the workspace chooses the socket");
  }

  private static Outcome replaced(TestContext stage) throws Exception {
    Path named = stage.posix().workspace().resolve("named");
    Path other = stage.posix().workspace().resolve("other");
    try (ServerSocketChannel first = server(named);
        ServerSocketChannel second = server(other);
        Sandbox sandbox = stage.open(naming(named), NEEDS)) {
      if (!connect(stage, sandbox, named).ok()) {
        return Outcome.failed("the control failed: the named socket is not reached");
      }
      CapturedProcess.of(sandbox.start(LifetimeScenarios.sh("mv named away; mv other named")));
      if (Files.exists(other)) {
        return Outcome.failed("the control failed: the sockets were not renamed");
      }
      CapturedProcess inside = connect(stage, sandbox, named);
      return inside.denied()
          ? Outcome.passed()
          : Outcome.failed("the other socket is reached: " + inside.result());
    }
  }
}
