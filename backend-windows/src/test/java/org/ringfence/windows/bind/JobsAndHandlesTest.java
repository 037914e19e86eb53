package org.ringfence.windows.bind;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.platform.win32.WinBase;
import com.sun.jna.platform.win32.WinDef.DWORD;
import com.sun.jna.platform.win32.WinNT.HANDLE;
import com.sun.jna.win32.StdCallLibrary;
import com.sun.jna.win32.W32APIOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.ringfence.windows.acl.AccessControlList;
import org.ringfence.windows.acl.AccessMask;
import org.ringfence.windows.acl.Ace;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.mitigation.ProcessMitigations;
import org.ringfence.windows.plan.CommandLine;
import org.ringfence.windows.plan.EnvironmentBlock;
import org.ringfence.windows.system.Handle;
import org.ringfence.windows.system.JobLimits;
import org.ringfence.windows.system.ObjectSecurity.Kind;
import org.ringfence.windows.system.ProcessRequest;
import org.ringfence.windows.system.Processes;
import org.ringfence.windows.system.WindowsCallException;

/** Checks the confinement of jobs and handle lists with real calls. */
@EnabledOnOs(value = OS.WINDOWS, disabledReason = "makes real Win32 calls; runs under Wine, too")
class JobsAndHandlesTest {
  private static final int CREATE_BREAKAWAY_FROM_JOB = 0x01000000;
  private static final JobLimits KILLED =
      new JobLimits(true, OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty(), 0);

  private final NativeWindows windows = new NativeWindows();

  /** A call that the product must never make on itself. */
  private interface Assigning extends StdCallLibrary {
    Assigning INSTANCE = Native.load("kernel32", Assigning.class, W32APIOptions.DEFAULT_OPTIONS);

    boolean AssignProcessToJobObject(HANDLE job, HANDLE process);
  }

  private String cmd() throws WindowsCallException {
    return windows.machine().systemDirectory() + "\\cmd.exe";
  }

  /** A command that waits for input on its own pipes. */
  private final class Waiting implements AutoCloseable {
    private final List<Handle> handles = new ArrayList<>();
    private final Processes.Started started;

    Waiting(Handle job) throws WindowsCallException {
      Processes.Pipe in = windows.processes().pipe();
      Processes.Pipe out = windows.processes().pipe();
      handles.addAll(List.of(in.read(), in.write(), out.read(), out.write()));
      List<Handle> standard = List.of(in.read(), out.write(), out.write());
      for (Handle handle : standard) {
        windows.processes().letInherit(handle);
      }
      started =
          windows
              .processes()
              .create(
                  new ProcessRequest(
                      Optional.empty(),
                      cmd(),
                      CommandLine.of(List.of(cmd(), "/d")),
                      EnvironmentBlock.of(System.getenv(), System.getenv("SystemRoot")),
                      System.getenv("SystemRoot"),
                      standard,
                      job,
                      false,
                      Optional.empty(),
                      Optional.empty(),
                      Optional.empty(),
                      ProcessMitigations.NONE));
      handles.addAll(List.of(started.process(), started.thread()));
      windows.processes().resume(started.thread());
    }

    @Override
    public void close() throws WindowsCallException {
      windows.processes().terminate(started.process(), 1);
      handles.forEach(Handle::close);
    }
  }

  /**
   * The test puts this JVM into a job, as a build server or an editor does; the sandbox's job nests
   * in it.
   */
  @Test
  void sandboxJobNestsInAnOuterJobAndBreakawayFails() throws Exception {
    Handle outer = windows.jobs().create();
    HANDLE self = Kernel32Calls.INSTANCE.GetCurrentProcess();
    assertThat(Assigning.INSTANCE.AssignProcessToJobObject(NativeWindows.handle(outer), self))
        .isTrue();
    try (Handle inner = windows.jobs().create()) {
      windows.jobs().limit(inner, KILLED);
      try (Waiting waiting = new Waiting(inner)) {
        assertThat(windows.jobs().contains(waiting.started.process(), inner)).isTrue();
        assertThat(windows.jobs().contains(waiting.started.process(), outer)).isTrue();
        // The console host may count, too.
        assertThat(windows.jobs().activeProcesses(inner)).isPositive();
        windows.jobs().terminate(inner, 77);
        assertThat(windows.processes().await(waiting.started.process(), 60_000)).isTrue();
        assertThat(windows.processes().exitCode(waiting.started.process())).isEqualTo(77);
      }
    }
    WinBase.STARTUPINFO startup = new WinBase.STARTUPINFO();
    WinBase.PROCESS_INFORMATION made = new WinBase.PROCESS_INFORMATION();
    boolean away =
        Kernel32Calls.INSTANCE.CreateProcess(
            cmd(),
            "cmd /d /c exit",
            null,
            null,
            false,
            new DWORD(CREATE_BREAKAWAY_FROM_JOB),
            Pointer.NULL,
            System.getenv("SystemRoot"),
            startup,
            made);
    assertThat(away).isFalse();
    assertThat(Native.getLastError()).isEqualTo(5);
  }

  /** If the command inherited the write end, the pipe would not end while the command lives. */
  @Test
  void unlistedHandleIsNotInherited() throws Exception {
    Processes.Pipe other = windows.processes().pipe();
    windows.processes().letInherit(other.write());
    try (Handle job = windows.jobs().create()) {
      windows.jobs().limit(job, KILLED);
      try (Waiting waiting = new Waiting(job)) {
        other.write().close();
        assertThat(windows.processes().read(other.read(), new byte[1], 0, 1)).isEqualTo(-1);
        assertThat(windows.processes().await(waiting.started.process(), 0)).isFalse();
      }
    }
    other.read().close();
  }

  @Test
  void kernelObjectKeepsTheAccessListThatWasSet() throws Exception {
    HANDLE event = Kernel32Calls.INSTANCE.CreateEvent(null, true, false, null);
    try (Handle handle = NativeWindows.owned(event)) {
      AccessControlList list =
          AccessControlList.ofDescriptor(windows.security().descriptor(handle))
              .orElse(AccessControlList.of());
      Ace added =
          new Ace(
              Ace.Type.ALLOW,
              Sid.synthetic(new byte[] {1}, "event"),
              AccessMask.SYNCHRONIZE,
              Ace.Scope.OBJECT);
      windows.security().setDacl(handle, Kind.KERNEL, list.with(added, false).bytes());
      assertThat(AccessControlList.ofDescriptor(windows.security().descriptor(handle)))
          .hasValueSatisfying(now -> assertThat(now.contains(added, false)).isTrue());
    }
  }
}
