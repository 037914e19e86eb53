package org.ringfence.linux.probe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ringfence.file.SystemProgram;
import org.ringfence.linux.bind.Constants;
import org.ringfence.linux.bind.Descriptors;
import org.ringfence.linux.bind.Kernel;
import org.ringfence.linux.plan.Arch;
import org.ringfence.linux.plan.BubblewrapCompiler;
import org.ringfence.linux.plan.BubblewrapFeatures;
import org.ringfence.linux.plan.BubblewrapFeatures.OwnLoopbackShell;
import org.ringfence.linux.plan.Errno;
import org.ringfence.linux.plan.Syscall;
import org.ringfence.linux.restricted.HostProcess;
import org.ringfence.linux.restricted.HostProcess.Errors;
import org.ringfence.linux.socket.SocketRoom;
import org.ringfence.linux.task.TargetMemory.AccessException;
import org.ringfence.plan.Availability;

/** Finds bubblewrap and detects its features here by running it. */
public final class BubblewrapProbe {
  private static final Pattern VERSION = Pattern.compile("bubblewrap (\\d+)\\.(\\d+).*");
  private static final int OLDEST_MINOR = 8;
  private static final long PATIENCE_SECONDS = 10;
  private static final Path OWN_STATUS = Path.of("/proc/self/status");
  private static final String PACKAGE = "the Debian package bubblewrap, 0.8 or newer";
  private static final List<String> TRIAL =
      List.of(
          "--unshare-user",
          "--unshare-ipc",
          "--unshare-uts",
          "--unshare-pid",
          "--unshare-net",
          "--die-with-parent",
          "--cap-drop",
          "ALL",
          "--ro-bind",
          "/",
          "/",
          "--dev",
          "/dev",
          "--perms",
          "1777",
          "--tmpfs",
          "/dev/shm",
          "--remount-ro",
          "/dev");

  private BubblewrapProbe() {}

  /**
   * The result of the probe.
   *
   * @param availability whether it can be used, with the reason and the remedy
   * @param features its features; null when it cannot be used
   * @param lasting whether the next look will find the same: a program that could not be started
   *     may start when this JVM has descriptors and threads again
   */
  public record Found(Availability availability, BubblewrapFeatures features, boolean lasting) {}

  /**
   * Looks for bubblewrap and runs it.
   *
   * @return the result
   */
  public static Found probe() {
    Path program = SystemProgram.find("bwrap").orElse(null);
    if (program == null) {
      return unusable("there is no bwrap in a directory that root alone writes", PACKAGE);
    }
    try {
      String version = run(List.of(program.toString(), "--version")).said();
      Matcher matcher = VERSION.matcher(version);
      if (!matcher.matches()
          || matcher.group(1).equals("0") && Integer.parseInt(matcher.group(2)) < OLDEST_MINOR) {
        return unusable(program + " is " + version, PACKAGE);
      }
      if (!Files.readString(OWN_STATUS).contains("Seccomp_filters:")) {
        return unusable(
            "the kernel does not count seccomp filters, by which its set-up is told from a command",
            "Linux 5.10 or newer");
      }
      String number = version.substring("bubblewrap ".length());
      boolean setuid = ((Integer) Files.getAttribute(program, "unix:mode") & 04000) != 0;
      Result own = trial(program, true);
      Result result = own.ok() ? own : trial(program, false);
      if (!result.ok()) {
        return unusable(
            "bubblewrap " + number + " cannot set up a sandbox: " + result.said(),
            NamespaceRemedy.of(Path.of("/proc"), filtered(), setuid));
      }
      BubblewrapFeatures features =
          new BubblewrapFeatures(program.toString(), number, own.ok(), setuid);
      return new Found(Availability.available(describe(features)), features, true);
    } catch (IOException e) {
      return notTried(program + " cannot be run: " + e.getMessage(), PACKAGE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return notTried("interrupted while " + program + " was tried", "");
    }
  }

  /**
   * Looks for a shell that opens sockets in a network namespace, and makes it open some.
   *
   * @param kernel the system calls
   * @param features bubblewrap's features
   * @return the shell, or the problem
   */
  public static OwnLoopbackShell ownLoopback(Kernel kernel, BubblewrapFeatures features) {
    Path shell = SystemProgram.find("bash").orElse(null);
    if (shell == null) {
      return none("there is no bash in a directory that root alone writes");
    }
    Descriptors descriptors = new Descriptors(kernel);
    try (SocketRoom room = new SocketRoom(kernel, features.path(), shell.toString())) {
      descriptors.close(room.socket(Constants.AF_INET, Constants.SOCK_STREAM));
      descriptors.close(room.socket(Constants.AF_INET, Constants.SOCK_DGRAM));
      return new OwnLoopbackShell(Optional.of(shell.toString()), "");
    } catch (IOException e) {
      return none(e.getMessage());
    } catch (AccessException e) {
      return none("a socket of a network namespace: " + e.getMessage());
    }
  }

  private static OwnLoopbackShell none(String problem) {
    return new OwnLoopbackShell(Optional.empty(), problem);
  }

  private static java.util.Map<String, String> describe(BubblewrapFeatures features) {
    return java.util.Map.of(
        "bubblewrap", features.version() + ", " + features.path(),
        "setuid", features.setuid() ? "yes, not made use of" : "no",
        "procfs of its own", features.ownProcesses() ? "yes" : "no, the host's is shown");
  }

  private static Found unusable(String reason, String remedy) {
    return new Found(Availability.unavailable(reason, remedy), null, true);
  }

  private static Found notTried(String reason, String remedy) {
    return new Found(Availability.unavailable(reason, remedy), null, false);
  }

  private record Result(boolean ok, String said) {}

  private static Result trial(Path program, boolean ownProcesses)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(TRIAL);
    command.addAll(
        ownProcesses ? List.of("--proc", "/proc") : List.of("--ro-bind", "/proc", "/proc"));
    command.addAll(List.of("--", BubblewrapCompiler.NO_PROGRAM));
    Result result = run(command);
    return new Result(BubblewrapCompiler.wasSetUp(result.said()), result.said());
  }

  private static Result run(List<String> command) throws IOException, InterruptedException {
    Process process = HostProcess.start(command, Errors.MERGED);
    try (InputStream in = process.getInputStream()) {
      process.getOutputStream().close();
      String said = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
      process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return new Result(true, said);
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * Returns whether a seccomp filter denies namespaces. The kernel itself makes none for one thread
   * of several and answers EINVAL before it looks at any right (kernel/fork.c,
   * check_unshare_flags).
   */
  private static boolean filtered() {
    return Arch.current()
        .map(arch -> new Kernel(arch).call(Syscall.UNSHARE, Constants.CLONE_NEWUSER))
        .filter(result -> result != -Errno.EINVAL.value())
        .isPresent();
  }
}
