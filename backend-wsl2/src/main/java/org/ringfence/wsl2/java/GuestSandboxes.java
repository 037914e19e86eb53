package org.ringfence.wsl2.java;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.ringfence.SandboxException;
import org.ringfence.file.LoadedArchives;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.json.PolicyWriter;
import org.ringfence.spi.BackendSession;
import org.ringfence.spi.EventSink;
import org.ringfence.spi.Verification;
import org.ringfence.wsl2.channel.message.GuestMessage;
import org.ringfence.wsl2.distribution.WslProgram;
import org.ringfence.wsl2.distribution.WslSandboxes;
import org.ringfence.wsl2.plan.GuestPolicy;
import org.ringfence.wsl2.plan.WslPaths;

/** Sandboxes in one distribution: a guest is started when one is needed and serves all of them. */
public final class GuestSandboxes implements WslSandboxes {
  /** On a slow machine the suite takes a quarter of an hour. */
  private static final int VERIFY_MINUTES = 60;

  /** The exit code of {@code ringfence verify} where no case applied. */
  private static final int NOTHING_VERIFIED = 3;

  private final WslProgram program;
  private final WslPaths paths;
  private GuestConnection guest;

  /**
   * Prepares sandboxes.
   *
   * @param program starts the guest
   * @param paths the names of paths in the distribution
   */
  public GuestSandboxes(WslProgram program, WslPaths paths) {
    this.program = program;
    this.paths = paths;
  }

  private UnaryOperator<String> there() {
    return path -> path.startsWith("/") ? path : paths.toLinux(path);
  }

  private synchronized GuestConnection guest() throws SandboxException {
    if (guest == null || !guest.alive()) {
      guest = GuestConnection.start(program, paths.distribution(), classPath());
    }
    return guest;
  }

  /** Returns the archives of this process, by their names there. */
  private String classPath() {
    List<String> classPath = new ArrayList<>();
    for (String entry : LoadedArchives.paths()) {
      classPath.add(there().apply(new File(entry).getAbsolutePath()));
    }
    return String.join(":", classPath);
  }

  @Override
  public boolean verify(Verification.Request request, Appendable report) throws IOException {
    List<String> words =
        new ArrayList<>(
            GuestConnection.java(paths.distribution(), classPath(), "org.ringfence.cli.Ringfence"));
    words.addAll(
        List.of(
            "verify",
            "--backend",
            "bubblewrap",
            "--jobs",
            Integer.toString(request.jobs()),
            "--format",
            request.format()));
    words.addAll(request.filters());
    WslProgram.Answer answer =
        program.ask(
            new byte[0], TimeUnit.MINUTES.toSeconds(VERIFY_MINUTES), words.toArray(new String[0]));
    String text = new String(answer.output(), StandardCharsets.UTF_8);
    if (answer.exit() != 0 && answer.exit() != 1 && answer.exit() != NOTHING_VERIFIED) {
      throw new SandboxException(
          "verify: the suite does not run in " + paths.distribution() + ": " + text.strip());
    }
    report.append(text);
    return answer.exit() == 0;
  }

  /**
   * Asks which guarantees the guest would enforce.
   *
   * @param policy the policy, with paths of this side
   * @param workspace the workspace on this side
   * @return the guest's plan
   * @throws SandboxException if there is no guest, or a path has no name there
   */
  public GuestMessage.Planned plan(SandboxPolicy policy, String workspace) throws SandboxException {
    GuestConnection asked = guest();
    return (GuestMessage.Planned)
        asked.ask(new GuestMessage.Plan(asked.number(), inside(policy), place(workspace)));
  }

  private String inside(SandboxPolicy policy) throws SandboxException {
    try {
      return PolicyWriter.write(GuestPolicy.of(policy, paths));
    } catch (IllegalArgumentException e) {
      throw new SandboxException(e.getMessage(), e);
    }
  }

  private String place(String path) throws SandboxException {
    try {
      return there().apply(path);
    } catch (IllegalArgumentException e) {
      throw new SandboxException("workspace: " + e.getMessage(), e);
    }
  }

  /**
   * Opens a sandbox.
   *
   * @param policy the policy, with paths of this side
   * @param workspace the workspace on this side
   * @param listener receives the guest's reports
   * @return the session
   * @throws SandboxException if it cannot be opened; nothing is left behind
   */
  public BackendSession open(SandboxPolicy policy, String workspace, EventSink listener)
      throws SandboxException {
    GuestConnection asked = guest();
    int sandbox = asked.number();
    asked.hears(sandbox, listener);
    boolean done = false;
    try {
      asked.ask(
          new GuestMessage.Open(
              asked.number(),
              sandbox,
              inside(policy),
              place(workspace),
              listener.observes().stream().map(Enum::name).sorted().toList(),
              listener.needsEveryRecord(),
              listener.decisionTimeout().toMillis()));
      done = true;
      return new WslSession(asked, sandbox, there());
    } finally {
      if (!done) {
        asked.forgetSandbox(sandbox);
      }
    }
  }
}
