package org.ringfence.macos.plan;

import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.ringfence.macos.plan.SbplInterpreter.Question;
import org.ringfence.policy.Access;
import org.ringfence.policy.MissingPath;
import org.ringfence.policy.SandboxPolicy;
import org.ringfence.policy.TmpPolicy;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.policy.path.PathContext;
import org.ringfence.policy.value.InvalidPolicyException;

/** A profile made of any paths is one that the interpreter of the tests reads, and holds the denial of one of them. */
public final class SbplFuzz {
  private SbplFuzz() {}

  /** Tries one input: a path below the workspace that is denied, and after a NUL a glob. */
  public static void fuzzerTestOneInput(byte[] input) {
    String[] parts = new String(input, StandardCharsets.UTF_8).split("\0", 2);
    String path = "/ws/" + parts[0];
    SeatbeltProfile profile;
    EffectivePolicy policy;
    try {
      var builder =
          SandboxPolicy.builder()
              .tmp(TmpPolicy.SHARED)
              .write(":workspace")
              .rule(path, Access.NONE, MissingPath.SKIP);
      if (parts.length > 1) {
        builder.denyGlobs(java.util.List.of(parts[1]));
      }
      policy = EffectivePolicy.of(builder.build(), PathContext.ofMac("/ws", "/home"));
      profile =
          SeatbeltCompiler.compile(
              policy, new SeatbeltCompiler.Surroundings("tag-1", OptionalInt.empty(), ""));
    } catch (InvalidPolicyException e) {
      e.getMessage();
      return;
    }
    SbplInterpreter read = new SbplInterpreter(profile.text(), profile.parameters());
    for (var rule : policy.rules()) {
      if (rule.access() == Access.NONE && read.allows(Question.file("file-write-data", rule.path()))) {
        throw new IllegalStateException("written: " + rule.path());
      }
    }
    if (!read.allows(Question.file("file-write-data", "/ws/0123456789"))
        && policy.evaluate("/ws/0123456789", org.ringfence.policy.Operation.WRITE).allowed()) {
      throw new IllegalStateException("the workspace is not written");
    }
  }
}
