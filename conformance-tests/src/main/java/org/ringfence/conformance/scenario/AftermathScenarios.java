package org.ringfence.conformance.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.Backends;
import org.ringfence.Sandbox;
import org.ringfence.SandboxException;
import org.ringfence.conformance.stage.CapturedProcess;
import org.ringfence.conformance.stage.ConformanceCase;
import org.ringfence.conformance.stage.ConformanceCase.Body;
import org.ringfence.conformance.stage.NotShownException;
import org.ringfence.conformance.stage.Outcome;
import org.ringfence.conformance.stage.TestContext;
import org.ringfence.file.TreeRemoval;
import org.ringfence.plan.Enforcement;
import org.ringfence.plan.SandboxPlan;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.Operation;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.Strictness;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.review.ReviewConflictException;
import org.ringfence.review.WorkspaceReview;

/** Tests how this process handles a command's files afterwards, as the user. */
public final class AftermathScenarios {
  private static final String GROUP = "aftermath";
  private static final int LEVELS = 40;

  private AftermathScenarios() {}

  public static void addTo(List<ConformanceCase> all) {
    add(
        all,
        "AFTER-TMP-DEEP",
        "a private temporary directory with a tree deeper than any path is removed",
        List.of("tmp.private"),
        AftermathScenarios::deep);
    add(
        all,
        "AFTER-TMP-OTHER",
        "another sandbox's private temporary directory is out of reach, also where the directory"
            + " around it may be written",
        List.of("tmp.private", "files.write"),
        AftermathScenarios::other);
    add(
        all,
        "AFTER-REVIEW-LINK",
        "a commit of a review does not follow a directory that a later command made a link",
        List.of("files.review"),
        AftermathScenarios::link);
    add(
        all,
        "AFTER-REVIEW-DENIED",
        "a review's copy has no denied file, and cannot be read by its path",
        List.of("files.review", "files.read"),
        AftermathScenarios::denied);
  }

  private static void add(
      List<ConformanceCase> all, String id, String title, List<String> needs, Body body) {
    all.add(new ConformanceCase(id, GROUP, title, needs, body));
  }

  private static Outcome deep(TestContext stage) throws Exception {
    String name = "d".repeat(50);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < LEVELS; i++) {
      names.add(name);
    }
    String path = String.join("/", names);
    Path tmp;
    try (Sandbox sandbox = stage.open(stage.policy("write"), List.of("tmp.private"))) {
      tmp = LifetimeScenarios.tmpOf(sandbox);
      CapturedProcess.of(
          sandbox.start(
              LifetimeScenarios.sh(
                  "cd \"$TMPDIR\"; p=%s; mkdir -p a/$p b/$p c/$p; mv c b/$p; mv b a/$p"
                      .formatted(path))));
      if (!Files.exists(tmp.resolve("a").resolve(path).resolve("b"))
          || Files.exists(tmp.resolve("c"))) {
        return Outcome.failed("the control failed: there is no deep tree in " + tmp);
      }
    }
    return Files.exists(tmp) ? Outcome.failed(tmp + " is left") : Outcome.passed();
  }

  private static Outcome other(TestContext stage) throws Exception {
    try (Sandbox first = stage.open(stage.policy("write"), List.of("tmp.private"))) {
      Path tmp = LifetimeScenarios.tmpOf(first);
      Path base = tmp.getParent().getParent();
      if (base == null || !base.getFileName().toString().startsWith("ringfence-")) {
        throw NotShownException.skipped("private directories lie in the user's own here");
      }
      CapturedProcess.of(
          first.start(LifetimeScenarios.sh("mkdir $TMPDIR/d; echo x >$TMPDIR/d/kept")));
      String around = base.getParent().toString();
      SandboxPolicy policy =
          TestContext.write()
              .tmp(TmpPolicy.SHARED)
              .rule(around, Access.WRITE, MissingPath.REJECT)
              .build();
      try (Sandbox second = stage.open(policy, List.of("files.write"))) {
        Path control = Path.of(around, "control-" + tmp.getFileName());
        String script =
            "echo x >%2$s; echo x >%1$s/planted; mv %1$s/d %1$s/e; ln -s /etc %1$s/link;"
                + " mv %1$s %1$s-moved; rm -rf %1$s/d; mv %3$s %3$s-moved; rmdir %3$s";
        CapturedProcess.of(
            second.start(LifetimeScenarios.sh(script.formatted(tmp, control, base))));
        boolean worked = Files.deleteIfExists(control);
        if (!worked) {
          return Outcome.failed("the control failed: nothing was written to " + around);
        }
      }
      try (var all = Files.list(tmp)) {
        List<String> names = all.map(each -> each.getFileName().toString()).toList();
        boolean kept = names.equals(List.of("d")) && Files.exists(tmp.resolve("d/kept"));
        return kept ? Outcome.passed() : Outcome.failed("another sandbox has changed it: " + names);
      }
    }
  }

  /**
   * Opens a sandbox on the copy; not applicable where a review is unavailable or weaker than
   * enforced.
   */
  private static Sandbox onCopy(TestContext stage, SandboxPolicy policy, WorkspaceReview review)
      throws SandboxException, NotShownException {
    Path workspace = stage.posix().workspace();
    return Sandbox.opener(policy.toBuilder().strictness(Strictness.Mode.BEST_EFFORT).build())
        .workspace(workspace)
        .workspaceCopy(review.copy())
        .backends(Backends.of(List.of(stage.backend())))
        .open();
  }

  private static void needsReviews(TestContext stage) throws NotShownException {
    PathContext places = PathContext.current(stage.posix().workspace()).withWorkspaceCopy("/copy");
    SandboxPlan plan =
        stage.backend().plan(EffectivePolicy.of(TestContext.write().build(), places));
    boolean enforced =
        plan.guarantees().stream()
            .anyMatch(
                one -> one.id().equals("files.review") && one.level() == Enforcement.ENFORCED);
    if (!enforced) {
      throw NotShownException.notApplicable("files.review: not enforced here");
    }
  }

  private static Outcome link(TestContext stage) throws Exception {
    needsReviews(stage);
    stage.posix().reset();
    Path workspace = stage.posix().workspace();
    Path outside = Files.createDirectories(stage.posix().outside().resolve("linked"));
    Path store = Files.createTempDirectory("review-store-").toRealPath();
    try {
      Files.createDirectories(workspace.resolve("sub"));
      for (boolean swapped : List.of(false, true)) {
        WorkspaceReview review = WorkspaceReview.begin(store, workspace);
        try (Sandbox sandbox = onCopy(stage, TestContext.write().build(), review)) {
          CapturedProcess.of(sandbox.start(LifetimeScenarios.sh("echo x >sub/planted" + swapped)));
        }
        if (swapped) {
          try (Sandbox sandbox = stage.open(TestContext.write().build(), List.of())) {
            CapturedProcess.of(
                sandbox.start(LifetimeScenarios.sh("mv sub sub2; ln -s " + outside + " sub")));
          }
        }
        try {
          review.commit();
          if (swapped) {
            return Outcome.failed("the commit went on");
          }
        } catch (ReviewConflictException e) {
          if (!swapped) {
            return Outcome.failed("the control failed: " + e.getMessage());
          }
        }
        if (!swapped && !Files.exists(workspace.resolve("sub/plantedfalse"))) {
          return Outcome.failed("the control failed: nothing was committed");
        }
      }
      return Files.exists(outside.resolve("plantedtrue"))
          ? Outcome.failed("a file was written outside")
          : Outcome.passed();
    } finally {
      TreeRemoval.remove(store);
      stage.posix().reset();
    }
  }

  private static Outcome denied(TestContext stage) throws Exception {
    needsReviews(stage);
    stage.posix().reset();
    Path workspace = stage.posix().workspace().toRealPath();
    Path store = Files.createTempDirectory("review-store-").toRealPath();
    try {
      Path secret = Files.writeString(workspace.resolve("secret"), "top\n");
      Files.writeString(workspace.resolve("open"), "plain\n");
      SandboxPolicy policy =
          TestContext.write().rule(secret.toString(), Access.NONE, MissingPath.REJECT).build();
      var effective = EffectivePolicy.of(policy, PathContext.current(workspace));
      WorkspaceReview review =
          WorkspaceReview.begin(
              store,
              workspace,
              path -> !effective.evaluate(path.toString(), Operation.READ).allowed());
      if (Files.exists(review.copy().resolve("secret"))
          || !Files.exists(review.copy().resolve("open"))) {
        return Outcome.failed("the copy has a denied file, or lacks an allowed one");
      }
      try (Sandbox sandbox = onCopy(stage, policy, review)) {
        String said =
            CapturedProcess.of(
                    sandbox.start(
                        LifetimeScenarios.sh(
                            "cat open; cat secret " + review.copy() + "/open 2>/dev/null; true")))
                .output();
        if (!said.equals("plain\n")) {
          return Outcome.failed("the command read: " + said);
        }
      }
      return review.changes().isEmpty()
          ? Outcome.passed()
          : Outcome.failed("there are changes: " + review.changes());
    } finally {
      remove(store);
      stage.posix().reset();
    }
  }

  private static void remove(Path store) throws IOException {
    TreeRemoval.remove(store);
  }
}
