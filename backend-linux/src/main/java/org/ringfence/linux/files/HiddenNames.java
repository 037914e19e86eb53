package org.ringfence.linux.files;

import static org.ringfence.linux.bind.Constants.AT_FDCWD;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.ringfence.event.Violation;
import org.ringfence.linux.path.PathResolver;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.report.DenialEvents;
import org.ringfence.linux.task.SyscallNotification;
import org.ringfence.linux.task.TargetMemory;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.policy.Decision;
import org.ringfence.policy.Operation;
import org.ringfence.policy.effective.EffectivePolicy;

/**
 * Reports names that lead to nothing inside, because the sandbox hides their target: it shows a
 * denied directory as an empty one that no command can enter. Decides nothing.
 */
final class HiddenNames {
  private final TargetMemory child;
  private final PathResolver paths;
  private final EffectivePolicy policy;
  private final boolean thorough;
  private final Consumer<Violation> denied;

  /**
   * Makes one for a sandbox.
   *
   * @param child reads the state of threads
   * @param paths resolves the names that threads give
   * @param policy the policy
   * @param thorough whether to look for every missing file on the host; otherwise only for those
   *     that a rule denies as spelled, since programs ask for very many that do not exist
   * @param denied receives denials
   */
  HiddenNames(
      TargetMemory child,
      PathResolver paths,
      EffectivePolicy policy,
      boolean thorough,
      Consumer<Violation> denied) {
    this.child = child;
    this.paths = paths;
    this.policy = policy;
    this.thorough = thorough;
    this.denied = denied;
  }

  /**
   * Reports a name if the policy denies its target on the host.
   *
   * @param call the open
   * @param directory the descriptor that the name begins at, or AT_FDCWD
   * @param name the name
   * @param asked the operation on the file
   * @param result the result of the look-up inside, a negated error number
   */
  void tell(SyscallNotification call, int directory, byte[] name, Operation asked, int result) {
    boolean missing = result == -Errno.ENOENT.value();
    if (name.length == 0 || !missing && result != -Errno.EACCES.value()) {
      return;
    }
    Path path;
    try {
      path = Path.of(spelled(call.tid(), directory, name)).normalize();
    } catch (AccessException | IllegalArgumentException e) {
      // The JVM cannot represent the name, or the thread is gone.
      return;
    }
    String text = path.toString();
    if (!path.isAbsolute()
        || missing && !thorough && policy.evaluate(text, asked).allowed()
        || missing && !Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Decision decision = policy.check(text, asked);
    if (!decision.allowed() && call.alive()) {
      denied.accept(DenialEvents.likely(child, "open", text, call.tid(), decision));
    }
  }

  private String spelled(int tid, int directory, byte[] name) throws AccessException {
    String text = new String(name, StandardCharsets.UTF_8);
    if (name[0] == '/') {
      return text;
    }
    int base =
        directory == AT_FDCWD ? paths.workingDirectory(tid) : child.descriptor(tid, directory);
    try {
      return paths.pathOf(base) + "/" + text;
    } finally {
      child.close(base);
    }
  }
}
