package org.ringfence.windows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ringfence.SandboxException;
import org.ringfence.policy.path.PathStyle;
import org.ringfence.spi.MachineState;
import org.ringfence.windows.journal.Installation;
import org.ringfence.windows.sandbox.CrashRecovery;
import org.ringfence.windows.sandbox.WindowsSandboxes;
import org.ringfence.windows.system.WindowsSystem;

/** Reports and cleans up accounts, entries on writable roots, and remains of crashes. */
public final class WindowsMachineState implements MachineState {
  /** For {@link java.util.ServiceLoader}. */
  public WindowsMachineState() {}

  private interface Task {
    List<Finding> run(CrashRecovery recovery, DedicatedUsers users) throws IOException;
  }

  private static Installation installation() throws SandboxException {
    if (PathStyle.current() != PathStyle.WINDOWS) {
      throw new SandboxException("this is not Windows: nothing of it is kept on this machine");
    }
    return Installation.ofUser(System.getenv())
        .orElseThrow(() -> new SandboxException("LOCALAPPDATA is not set; set it"));
  }

  private static List<Finding> with(Task task) throws SandboxException {
    Installation installation = installation();
    WindowsSystem windows = UnprivilegedBackend.nativeWindows();
    WindowsSandboxes sandboxes = new WindowsSandboxes(windows, installation, System.getenv());
    DedicatedUsers users = new DedicatedUsers(windows, installation, System.getenv());
    try {
      return task.run(new CrashRecovery(windows, installation, sandboxes.grants()), users);
    } catch (SandboxException e) {
      throw e;
    } catch (IOException e) {
      throw new SandboxException("the recorded state cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<Finding> both(List<Finding> first, List<Finding> second) {
    List<Finding> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  private static List<Finding> swept(
      CrashRecovery recovery, List<Finding> first, List<Path> directories, boolean remove)
      throws IOException {
    List<Finding> all = new ArrayList<>(first);
    for (Path directory : directories) {
      all.addAll(recovery.sweep(directory, remove));
    }
    return all;
  }

  @Override
  public String system() {
    return "windows";
  }

  @Override
  public List<Finding> setup(Setup options) throws SandboxException {
    return with((recovery, users) -> users.setup(options));
  }

  @Override
  public List<Finding> status(List<Path> sweep) throws SandboxException {
    return with(
        (recovery, users) ->
            both(users.status(), swept(recovery, recovery.status(), sweep, false)));
  }

  @Override
  public List<Finding> repair(List<Path> sweep) throws SandboxException {
    return with(
        (recovery, users) ->
            both(swept(recovery, recovery.recover(), sweep, true), users.repair()));
  }

  @Override
  public List<Finding> collect() throws SandboxException {
    return with((recovery, users) -> recovery.collect());
  }

  /**
   * Removes entries that name the accounts first: without accounts their SIDs would name no
   * account.
   */
  @Override
  public List<Finding> teardown() throws SandboxException {
    return with((recovery, users) -> both(recovery.teardown(), users.teardown()));
  }
}
