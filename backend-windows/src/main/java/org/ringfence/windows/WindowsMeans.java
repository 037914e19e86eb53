package org.ringfence.windows;

import java.util.List;
import java.util.Optional;
import org.ringfence.policy.effective.EffectivePolicy;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.OtherMeans;
import org.ringfence.windows.wsb.WindowsSandboxFile;

/** Means of Windows that are no backends, with the reasons. */
public final class WindowsMeans implements OtherMeans {
  private static final String WINDOWS_SANDBOX = "windows-sandbox";

  private static final List<Means> ALL =
      List.of(
          new Means(
              "integrity-level",
              "Mandatory Integrity Control (a token of low integrity)",
              "it closes deleting through a directory, but each writable root needs a low label that"
                  + " has to be taken back, reading stays open, and PowerShell, MSYS and many"
                  + " installers do not start. A container has it already"),
          new Means(
              WINDOWS_SANDBOX,
              "Windows Sandbox (`.wsb`)",
              "Pro, Enterprise and Education alone; one instance, started in seconds to half a"
                  + " minute; before 24H2 no way to pass a command line, streams or an exit code."
                  + " For a person at its desktop `ringfence explain --backend windows-sandbox`"
                  + " writes the file"),
          new Means(
              "server-silo",
              "Server Silo",
              "needs an administrator, and Microsoft documents it for containers alone"),
          new Means(
              "hyper-v-container",
              "Hyper-V and Windows containers",
              "need an administrator, a container engine and an image with the tools; WSL2 gives a"
                  + " virtual machine without them"),
          new Means(
              "process-container",
              "the process containers of 25H2 and later",
              "no stable documentation yet; not looked for"));

  /** For {@link java.util.ServiceLoader}. */
  public WindowsMeans() {}

  @Override
  public HostSystem system() {
    return HostSystem.WINDOWS;
  }

  @Override
  public List<Means> all() {
    return ALL;
  }

  @Override
  public Optional<String> file(String id, EffectivePolicy policy, List<String> command) {
    return id.equals(WINDOWS_SANDBOX)
        ? Optional.of(WindowsSandboxFile.compile(policy, command).text())
        : Optional.empty();
  }
}
